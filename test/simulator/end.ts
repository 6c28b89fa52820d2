import type { Engine } from '../../src/engine/engine.ts';
import type { Clock } from '../../src/engine/clock.ts';
import { verify } from '../../src/journal/journal.ts';
import type { Slices } from '../../src/kernel/slices.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { differenceOf } from './content.ts';
import { openEngine } from './hub.ts';
import type { Stage } from './stage.ts';
import { SimulatedStore } from './store.ts';
import { Life } from './timeline.ts';

/** Does something that takes turns, letting the world go on until it is done; undefined when the world ended first. */
export const perform = async <T>(
  stage: Pick<Stage, 'world' | 'step'>,
  life: Life,
  work: () => Promise<T>,
): Promise<T | undefined> => {
  const done: T[] = [];
  let failed: unknown;
  stage.world.timeline.after(0, life, () => {
    work().then(
      (result) => void done.push(result),
      (failure: unknown) => {
        failed = failure;
        stage.world.fail(String(failure));
      },
    );
  });
  while (done.length === 0 && failed === undefined) if (!(await stage.step())) return undefined;
  return done[0];
};

/** A store and a clock for somebody who only looks. */
const observer = ({ world }: Pick<Stage, 'world'>) => {
  const life = new Life();
  const line = { name: 'observer', life, cut: () => false, keptBusy: () => {}, crash: () => {} };
  const store = new SimulatedStore(world, line, { openedAt: 0, watchers: new Set() });
  const clock: Clock = {
    monotonic: () => world.timeline.now,
    after: (ms, call) => world.timeline.after(ms, life, call),
    pause: (ms) => new Promise((resolve) => void world.timeline.after(ms, life, () => resolve())),
  };
  return { life, store, clock };
};

/** All has come to rest: everybody sees the same, and it is what the journal says from its first entry on. */
export const checkEnd = async (stage: Stage): Promise<void> => {
  const { ledger, hubs, agents, world } = stage;
  const { checks } = ledger;
  const { life, store, clock } = observer(stage);
  for (const { name, received } of agents)
    for (const { seq, to, expires } of ledger.mail.messages.values())
      if (!expires && to.includes(name))
        checks.holds(
          'messages arrive whole and reach their recipients',
          received.has(seq),
          () => `${name} never got M-${seq}`,
        );
  // Time may make something due while one is asked after another: then all are asked again.
  for (;;) {
    const { seq } = ledger;
    const states = new Map<string, Slices>();
    for (const hub of hubs) {
      const { engine } = hub;
      if (engine === undefined) return world.fail(`${hub.name} is not there at the end`);
      await perform(stage, hub.life, () => engine.refresh());
      states.set(hub.name, engine.slices);
    }
    const opened = await perform(stage, life, () =>
      openEngine({ store, clock, log: new CollectedLog(), snapshot: undefined }),
    );
    if (opened === undefined) return;
    if (!opened.ok) return world.fail(`the journal cannot be opened at the end: ${opened.message}`);
    const verified = await perform(stage, life, () => verify(store));
    if (ledger.seq !== seq) continue;
    checks.holds(
      'the chain fits',
      verified?.ok === true && verified.value.entries === seq,
      () => `verify says ${JSON.stringify(verified)} of ${seq} entries`,
    );
    const replayed = opened.value.slices;
    const [first = replayed] = states.values();
    for (const [name, state] of states) {
      const fromOthers = differenceOf(state, first);
      checks.holds(
        'hubs agree',
        fromOthers === undefined,
        () => `${name} has another state than ${hubs[0]?.name}: ${fromOthers}`,
      );
      const fromJournal = differenceOf(state, replayed);
      checks.holds(
        'replay equals live',
        fromJournal === undefined,
        () => `${name} has another state than the journal gives: ${fromJournal}`,
      );
    }
    return compare(stage, opened.value);
  }
};

/** The engine's state against the second account of it. */
const compare = ({ ledger }: Stage, { slices }: Engine): void => {
  const { checks, locks, tasks } = ledger;
  const byKey = (one: string, other: string): number => (one < other ? -1 : 1);
  const holds = locks.holds.map(({ session, lock, mode, state, token, count }) =>
    [lock, session, mode, state, state === 'offered' ? 0 : token, count].join(' '),
  );
  const leases = [...slices.leases.leases.values()].map(({ session, lock, mode, state, epoch, count }) =>
    [lock, session, mode, state.kind, state.kind === 'offered' ? 0 : epoch, count].join(' '),
  );
  checks.holds(
    'replay equals live',
    JSON.stringify(holds.toSorted(byKey)) === JSON.stringify(leases.toSorted(byKey)),
    () => `the engine has the locks ${leases.join('; ')} and the journal ${holds.join('; ')}`,
  );
  const board = [...tasks.tasks].map(([id, { status, hold, revision }]) =>
    [id, status, revision, hold?.session, hold?.epoch].join(' '),
  );
  const held = [...slices.tasks.tasks.values()].map(({ id, state, revision }) =>
    [
      id,
      state.status,
      revision,
      ...('hold' in state ? [state.hold.session, state.hold.epoch] : ['', '']),
    ].join(' '),
  );
  checks.holds(
    'replay equals live',
    JSON.stringify(board.toSorted(byKey)) === JSON.stringify(held.toSorted(byKey)),
    () => `the engine has the tasks ${held.join('; ')} and the journal ${board.join('; ')}`,
  );
};
