import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { present } from '../../kernel/assert.ts';
import { type Actor, type Entry, entryGuard } from '../../kernel/entry.ts';
import { secondMs } from '../../kernel/instants.ts';
import {
  type RefHold,
  type RefMode,
  type RefOutcome,
  type RefRequest,
  ReferenceLocks,
  refNames,
} from '../../testing/reference-locks.ts';
import { TaskBoard } from '../../testing/task-board.ts';
import { toldLeases } from '../../testing/told-leases.ts';
import { leasesIntent } from './decide/index.ts';
import { initialSlices } from '../index.ts';
import type { LeasesEvent } from './model/events.ts';
import { type LeasesSlice, leasesIn } from './model/lease.ts';

/** Three agents, of which the last has two sessions. */
const agents = ['ada', 'bob', 'eve', 'eve'];

/** All runs begin with the same four sessions; joining anew each time would take most of the time. */
const joined = new TaskBoard();
const actors: readonly Actor[] = agents.map((agent, i) => joined.join(agent, { connection: `c${i}` }));
const sessions = actors.map(({ session }) => session);

class Yard {
  readonly board = new TaskBoard();
  /** The requests that were taken out of circles, until the reference agrees. */
  readonly refused: number[] = [];
  #noted = joined.scenario.entries.length;

  constructor() {
    this.board.scenario.slices = joined.scenario.slices;
    this.board.scenario.entries.push(...joined.scenario.entries);
  }

  get leases(): LeasesSlice {
    return this.board.scenario.slices.leases;
  }

  /** What became of a call, in the words of the reference. */
  call(who: number, name: string, input: Readonly<Record<string, unknown>>): RefOutcome {
    const outcome = this.board.call(present(actors[who], 'there are four'), name, input);
    const queued = this.#note().some(({ type }) => type === 'leases.queued');
    if (queued) return 'queued';
    if (outcome.ok) return name === 'lock_acquire' ? 'granted' : 'done';
    const { code } = outcome;
    assert.ok(isOutcome(code), JSON.stringify(outcome));
    return code;
  }

  do(who: number, command: Parameters<typeof leasesIntent>[0]): void {
    const outcome = this.board.scenario.when(leasesIntent(command), present(actors[who], 'there are four'));
    assert.ok(outcome.ok, JSON.stringify(outcome));
    this.#note();
  }

  leave(who: number): void {
    this.board.leave(present(actors[who], 'there are four'));
    this.#note();
  }

  pass(ms: number): void {
    this.board.pass(ms);
    this.#note();
  }

  /** What has been written since the last time. */
  #note(): readonly Entry[] {
    const fresh = this.board.scenario.entries.slice(this.#noted);
    this.#noted += fresh.length;
    for (const entry of fresh) {
      if (!isLeases(entry, 'leases.refused')) continue;
      this.refused.push(entry.data.ticket);
      count('taken out');
    }
    return fresh;
  }
}

const isLeases = entryGuard<LeasesEvent>();

const outcomes = ['held', 'deadlock', 'not_holder', 'not_found', 'invalid_input'] as const;

const isOutcome = (code: string): code is (typeof outcomes)[number] =>
  outcomes.some((outcome) => outcome === code);

const agree = (model: ReferenceLocks, { leases, board }: Yard): void => {
  assert.equal(board.scenario.now, model.now);
  const real = [...leases.leases.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const wanted = model.holds.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  assert.deepEqual(
    real.map(({ key, session, mode, count, state }) => ({
      key,
      session,
      mode,
      count,
      state: state.kind,
      until: state.kind === 'held' ? state.expiresAt : state.until,
    })),
    wanted.map((hold) => ({
      key: keyOf(hold),
      session: sessions[hold.session],
      mode: hold.mode,
      count: hold.count,
      state: hold.state,
      until: hold.until,
    })),
  );
  const tokened = wanted.map((hold, i) => ({ hold, token: real[i]?.epoch ?? 0 }));
  for (const { hold, token } of tokened.toSorted((a, b) => a.token - b.token))
    agreeOnToken(model, hold, token);
  assert.deepEqual(
    [...leases.tickets.scan('all', 'all')].map(({ seq, session, until }) => ({ seq, session, until })),
    model.queue.map(({ id, session, until }) => ({ seq: id, session: sessions[session], until })),
  );
};

const keyOf = ({ session, name, ticket }: RefHold): string =>
  ticket === undefined ? `${sessions[session]} ${name}` : `${ticket}\n${name}`;

/** A grant has a higher token than every one before it on the same lock, and keeps it. */
const agreeOnToken = (model: ReferenceLocks, hold: RefHold, token: number): void => {
  const highest = tokens.get(hold.name) ?? 0;
  if (hold.token === undefined) {
    const together = model.holds.some((one) => one !== hold && one.name === hold.name && one.token === token);
    assert.ok(token > highest || together, `${token} follows ${highest}`);
    tokens.set(hold.name, Math.max(highest, token));
    hold.token = token;
  }
  assert.equal(token, hold.token);
};

/** The highest token of each lock in the run under way. */
const tokens = new Map<string, number>();

type Command = fc.Command<ReferenceLocks, Yard>;

const command = (
  text: string,
  may: (model: ReferenceLocks) => boolean,
  run: (model: ReferenceLocks, real: Yard) => void,
): Command => ({
  check: may,
  run: (model, real) => {
    run(model, real);
    assert.deepEqual(model.refused, [], 'only who waits in a circle is refused');
    agree(model, real);
  },
  toString: () => text,
});

const who = fc.nat({ max: 3 });
const name = fc.constantFrom(...refNames);
const names = fc.oneof(
  { weight: 3, arbitrary: name.map((one) => [one]) },
  { weight: 2, arbitrary: fc.uniqueArray(name, { minLength: 2, maxLength: 3 }) },
);
const ttls = [5, 20, 60];

interface Asked {
  readonly who: number;
  readonly names: readonly string[];
  readonly mode: RefMode;
  readonly ttl: number;
  readonly delay: number;
  readonly wait: number;
}

const acquiring = (arbitrary: fc.Arbitrary<Asked>): fc.Arbitrary<Command> =>
  arbitrary.map((asked) =>
    command(`acquire ${JSON.stringify(asked)}`, isLive(asked.who), (model, real) => {
      const request: RefRequest = {
        id: Number.MAX_SAFE_INTEGER,
        session: asked.who,
        names: asked.names.toSorted(),
        mode: asked.mode,
        ttl: asked.ttl * secondMs,
        delay: asked.delay * secondMs,
        until: model.now + asked.wait * secondMs,
      };
      const input = {
        name: asked.names,
        mode: asked.mode,
        ttl: asked.ttl,
        delay_s: asked.delay,
        wait_ms: asked.wait * secondMs,
      };
      const outcome = real.call(asked.who, 'lock_acquire', input);
      assert.equal(outcome, model.acquire(request));
      if (outcome === 'queued') request.id = present(real.board.written[0]?.seq, 'it was written');
      count(outcome);
    }),
  );

const mode = fc.constantFrom<RefMode>('exclusive', 'shared');

const acquire = acquiring(
  fc.record({
    who,
    names,
    mode,
    ttl: fc.constantFrom(...ttls),
    delay: fc.constantFrom(0, 0, 0, 7),
    wait: fc.constantFrom(0, 15, 15, 60),
  }),
);

/** All want the same few things and wait for them, so that who waits for whom becomes involved. */
const crowd = acquiring(
  fc.record({
    who,
    names: fc.uniqueArray(fc.constantFrom('issue:42', 'pytest', 'wave:5c', 'wave:5c.1'), {
      minLength: 1,
      maxLength: 3,
    }),
    mode: fc.constantFrom<RefMode>('exclusive', 'exclusive', 'shared'),
    ttl: fc.constant(60),
    delay: fc.constant(0),
    wait: fc.constant(60),
  }),
);

const isLive =
  (session: number) =>
  (model: ReferenceLocks): boolean =>
    model.isLive(session);

const release = fc
  .record({ who, names: fc.option(names, { nil: undefined }), all: fc.boolean() })
  .map((asked) =>
    command(`release ${JSON.stringify(asked)}`, isLive(asked.who), (model, real) => {
      const input = { ...(asked.names && { name: asked.names }), all: asked.all };
      const outcome = real.call(asked.who, 'lock_release', input);
      assert.equal(outcome, model.release(asked.who, asked.names, asked.all));
    }),
  );

/** Gives back what is held, so that releases mostly find something. */
const give = fc.record({ who, all: fc.boolean() }).map((asked) =>
  command(
    `give ${JSON.stringify(asked)}`,
    (model) => model.isLive(asked.who) && model.holds.some((one) => isHeldBy(one, asked.who)),
    (model, real) => {
      const held = present(
        model.holds.find((one) => isHeldBy(one, asked.who)),
        'it holds something',
      );
      const outcome = real.call(asked.who, 'lock_release', { name: held.name, all: asked.all });
      assert.equal(outcome, model.release(asked.who, [held.name], asked.all));
    },
  ),
);

const isHeldBy = ({ session, state }: RefHold, by: number): boolean => session === by && state !== 'delayed';

const renew = fc.record({ who, name, ttl: fc.constantFrom(...ttls) }).map((asked) =>
  command(`renew ${JSON.stringify(asked)}`, isLive(asked.who), (model, real) => {
    const outcome = real.call(asked.who, 'lock_renew', { name: asked.name, ttl: asked.ttl });
    assert.equal(outcome, model.renew(asked.who, asked.name, asked.ttl * secondMs));
  }),
);

/** The requests to which something is offered. */
const offersIn = ({ holds }: ReferenceLocks): readonly (readonly [ticket: number, session: number])[] => [
  ...new Map(holds.flatMap(({ ticket, session }) => (ticket === undefined ? [] : [[ticket, session]]))),
];

const take = fc.nat({ max: 5 }).map((n) =>
  command(
    `take ${n}`,
    (model) => offersIn(model).length > 0,
    (model, real) => {
      const offers = offersIn(model);
      const [ticket, session] = present(offers[n % offers.length], 'something is offered');
      real.do(session, { type: 'take', ticket });
      model.take(ticket);
    },
  ),
);

const leave = fc.nat({ max: 5 }).map((n) =>
  command(
    `leave ${n}`,
    (model) => model.queue.length + offersIn(model).length > 0,
    (model, real) => {
      const all = [...model.queue.map(({ id, session }) => [id, session] as const), ...offersIn(model)];
      const [ticket, session] = present(all[n % all.length], 'somebody waits');
      real.do(session, { type: 'leave', ticket });
      model.leave(ticket);
    },
  ),
);

const end = who.map((by) =>
  command(`end ${by}`, isLive(by), (model, real) => {
    real.leave(by);
    model.end(by);
  }),
);

const pass = fc.constantFrom(1, 5, 5, 10, 15, 130).map((seconds) =>
  command(
    `pass ${seconds}`,
    () => true,
    (model, real) => {
      real.pass(seconds * secondMs);
      model.pass(seconds * secondMs);
    },
  ),
);

/** Two names for one lock; the part is refused, because its whole would not keep it out. */
const alias = fc
  .record({
    who,
    name: fc.constantFrom('issue:115', 'issue:115', 'wave:5c.1'),
    target: fc.constantFrom('wave:5c.2', 'pytest', null),
  })
  .map((asked) =>
    command(`alias ${JSON.stringify(asked)}`, isLive(asked.who), (model, real) => {
      const { name: alias, target } = asked;
      const outcome = real.call(asked.who, 'lock_alias', { name: alias, target });
      assert.equal(outcome, model.alias(alias, target));
    }),
  );

/** How often a request of each outcome was seen, over all runs, and how often one was taken out of a circle. */
const seen = new Map<RefOutcome | 'taken out', number>();

const count = (outcome: RefOutcome | 'taken out'): void => {
  seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
};

const times = <T>(number: number, one: T): readonly T[] => Array.from({ length: number }, () => one);

test('15. LE7 LE10 LE13 LE15 LE20 LE22 LE26 LE27 LE30 LE49 whatever is called, locks are as the reference says, and fold alike in bulk', (context) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  context.diagnostic(`SEED=${seed}`);
  const runs = { maxCommands: 24, size: 'max' } as const;
  const weighted = fc.oneof(
    fc.commands(
      [...times(5, acquire), alias, release, give, give, take, take, leave, renew, pass, pass, end],
      runs,
    ),
    fc.commands([...times(6, crowd), ...times(3, give), ...times(4, take), leave], runs),
  );
  fc.assert(
    fc.property(weighted, (commands) => {
      tokens.clear();
      const real = new Yard();
      const model = new ReferenceLocks(real.board.scenario.now, real.refused);
      fc.modelRun(() => ({ model, real }), commands);
      const { scenario } = real.board;
      assert.deepEqual(
        toldLeases(scenario.refolded(initialSlices).leases),
        toldLeases(scenario.slices.leases),
      );
      for (const session of sessions) {
        const epochs = leasesIn(real.leases, session ?? '').map(({ epoch }) => epoch);
        assert.ok(epochs.every((epoch) => epoch <= scenario.entries.length));
      }
    }),
    { numRuns: 10_000, seed },
  );
  for (const [outcome, least] of [
    ['granted', 100],
    ['queued', 100],
    ['held', 100],
    ['deadlock', 100],
    ['taken out', 20],
  ] as const)
    assert.ok((seen.get(outcome) ?? 0) > least, `the runs get somewhere: ${JSON.stringify([...seen])}`);
});
