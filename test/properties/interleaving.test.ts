import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { identify } from '../../src/areas/agents/model.ts';
import { areas, initialSlices, operations } from '../../src/areas/index.ts';
import { Engine } from '../../src/engine/engine.ts';
import { decideUnit, rulesOf } from '../../src/engine/unit.ts';
import { trustedJson } from '../../src/kernel/json.ts';
import type { Entry } from '../../src/kernel/entry.ts';
import type { Caller, PreparedCommand } from '../../src/kernel/operation.ts';
import type { Slices } from '../../src/kernel/slices.ts';
import { createMemoryVault, openMemoryStore } from '../../src/stores/memory/memory-store.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

/** What one agent does, by number, so that counterexamples shrink. */
interface Step {
  readonly process: 0 | 1;
  readonly agent: 'ada' | 'bob' | 'cyd';
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const taskId = fc.constantFrom('T-1', 'T-2', 'T-3', 'T-4');

const operationArbitrary = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      operation: fc.constant('task_add'),
      input: fc.constant({ title: 'Something to do' }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      operation: fc.constant('task_claim'),
      input: fc.oneof(
        fc.constant({}),
        taskId.map((id) => ({ id })),
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      operation: fc.constantFrom('task_done', 'task_release'),
      input: taskId.map((id) => ({ id })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      operation: fc.constant('task_update'),
      input: taskId.map((id) => ({ id, note: 'Seen.' })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      operation: fc.constant('task_update'),
      input: fc
        .tuple(taskId, fc.integer({ min: 1, max: 4 }))
        .map(([id, revision]) => ({ id, revision, priority: 1 })),
    }),
  },
);

const stepArbitrary: fc.Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom<0 | 1>(0, 1),
    fc.constantFrom<Step['agent']>('ada', 'bob', 'cyd'),
    operationArbitrary,
  )
  .map(([process, agent, what]) => ({ process, agent, ...what }));

const prepare = (operation: string, input: unknown): PreparedCommand => {
  const prepared = operations.find(({ name }) => name === operation)?.prepare(input);
  assert.ok(prepared?.ok && prepared.value.kind === 'command', JSON.stringify(prepared));
  return prepared.value;
};

const callerOf = (agent: string): Caller => ({
  principal: 'owner',
  role: 'admin',
  agent: undefined,
  session: undefined,
  connection: agent,
  client: undefined,
});

interface Answered {
  readonly step: Step;
  readonly command: PreparedCommand;
  /** How much had been stored when the call began, and when it was answered. */
  readonly from: number;
  readonly until: number;
  readonly code: string;
  /** The first entry of the unit that it was told it wrote, if it wrote any. */
  readonly wrote: number | undefined;
}

/** Runs the steps on two engines over one journal, with the order of appends and calls left to the scheduler. */
const race = async (steps: readonly Step[], scheduler: fc.Scheduler) => {
  const vault = createMemoryVault();
  const engines = await Promise.all(
    [0, 1].map(async () => {
      const clock = new ManualClock();
      const options = {
        workspace: 'test',
        areas,
        initial: initialSlices,
        clock,
        log: new CollectedLog(),
        identify,
      };
      const opened = await Engine.open({ ...options, store: openMemoryStore(vault) });
      assert.ok(opened.ok);
      return opened.value;
    }),
  );
  for (const agent of ['ada', 'bob', 'cyd']) {
    await engines[0]?.execute(callerOf(agent), prepare('start', { agent, wip_limit: 2 }));
  }
  const before = vault.rows.length;
  vault.faults.beforeAppend = () => scheduler.schedule(Promise.resolve(), 'append');
  const calls = steps.map(async (step): Promise<Answered> => {
    await scheduler.schedule(Promise.resolve(), `${step.agent} ${step.operation}`);
    const prepared = prepare(step.operation, step.input);
    const answer: PreparedCommand['answer'] = (done) => ({ ok: true, value: done.entries[0]?.seq });
    const command = { ...prepared, answer };
    const from = vault.rows.length;
    const reply = await engines[step.process]?.execute(callerOf(step.agent), command);
    const wrote = reply?.ok && typeof reply.value.value === 'number' ? reply.value.value : undefined;
    const code = reply?.ok ? 'ok' : (reply?.code ?? '');
    return { step, command, from, until: vault.rows.length, code, wrote };
  });
  await scheduler.waitFor(Promise.all(calls));
  const entries = vault.rows.map(({ text }) => trustedJson<Entry>(text));
  return {
    entries,
    before,
    answered: await Promise.all(calls),
    live: engines.map(({ slices, seq }) => ({ slices, seq })),
  };
};

/** The state after each number of entries, folded one by one. */
const statesOf = (entries: readonly Entry[]): readonly Slices[] => {
  const states: Slices[] = [initialSlices];
  for (const entry of entries) {
    let slices = states.at(-1) ?? initialSlices;
    for (const area of areas) slices = area.evolve(slices, entry);
    states.push(slices);
  }
  return states;
};

/** All that a snapshot would hold of a state. */
const savedOf = (slices: Slices): unknown => areas.map((area) => [...area.save(slices)]);

const rules = rulesOf(areas);

/** What the command would come to on the state after `seq` entries. */
const decideAt = (
  states: readonly Slices[],
  seq: number,
  { answered, now }: { answered: Answered; now: number },
) => {
  const caller = callerOf(answered.step.agent);
  const slices = states[seq] ?? initialSlices;
  const actor = identify(slices, caller);
  assert.ok(actor.ok);
  const base = {
    slices,
    seq,
    now,
    actor: actor.value,
    by: answered.command.operation,
    request: undefined,
    entropy: () => new Uint8Array(10),
  };
  return decideUnit(rules, base, { intent: answered.command.intend(caller), log: new CollectedLog() });
};

const comparable = ({ seq, type, data, actor }: Entry): unknown => ({ seq, type, data, actor });

it('any interleaving of two processes equals some serial order, and refusals were true at some moment of the call', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stepArbitrary, { minLength: 2, maxLength: 14 }),
      fc.scheduler(),
      async (steps, scheduler) => {
        const { entries, before, answered, live } = await race(steps, scheduler);
        const states = statesOf(entries);
        for (const { slices, seq } of live)
          assert.deepEqual(savedOf(slices), savedOf(states[seq] ?? initialSlices));
        const units = entries.slice(before).filter(({ seq, cause }) => cause.unit === seq);
        for (const first of units) {
          const unit = entries.slice(first.seq - 1, first.seq - 1 + (first.cause.size ?? 1));
          const own = answered.filter(({ wrote }) => wrote === first.seq);
          assert.equal(own.length, 1, `the unit at ${first.seq} is the answer to one call`);
          for (const one of own) {
            assert.ok(
              first.seq > one.from && first.seq <= one.until,
              `the unit at ${first.seq} lies within its call`,
            );
            const again = decideAt(states, first.seq - 1, { answered: one, now: first.time });
            assert.deepEqual(again.ok && again.value.entries.map(comparable), unit.map(comparable));
          }
        }
        for (const one of answered) {
          if (one.wrote !== undefined) continue;
          const moments = Array.from({ length: one.until - one.from + 1 }, (_, i) => one.from + i);
          const wasTrue = moments.some((seq) => {
            const now = entries[seq - 1]?.time ?? 0;
            const outcome = decideAt(states, seq, { answered: one, now });
            return outcome.ok
              ? one.code === 'ok' && outcome.value.entries.length === 0
              : outcome.code === one.code;
          });
          assert.ok(
            wasTrue,
            `the answer ${one.code} to ${JSON.stringify(one.step)} was true at no moment of its call`,
          );
        }
      },
    ),
    { numRuns: 150 },
  );
});
