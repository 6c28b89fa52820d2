import assert from 'node:assert/strict';
import fc from 'fast-check';
import { identify } from '../../src/areas/agents/model.ts';
import { areas, defaultSettings, initialSlices } from '../../src/areas/index.ts';
import { operations } from '../../src/areas/operations.ts';
import { Engine } from '../../src/engine/engine.ts';
import { Codec } from '../../src/journal/codec.ts';
import { Journal } from '../../src/journal/journal.ts';
import { sealerFor } from '../../src/journal/sealer.ts';
import { type AppendOutcome, type Store, StoreFailure } from '../../src/journal/store.ts';
import type { Entry } from '../../src/kernel/entry.ts';
import { refuse } from '../../src/kernel/errors.ts';
import type { Caller, PreparedCommand } from '../../src/kernel/operation.ts';
import {
  type MemoryVault,
  createMemoryVault,
  openMemoryStore,
} from '../../src/stores/memory/memory-store.ts';
import { answered as answerOf } from '../../src/testing/engine-harness.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

/** What one agent does. Plain values, so that counterexamples shrink. */
interface Step {
  readonly agent: 'ada' | 'bob' | 'cyd';
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** By which process it is called. Several calls are one and its repeats, under one request id, in any order. */
  readonly processes: readonly (0 | 1)[];
}

/**
 * What becomes of an append. `told` is the truth; otherwise the answer is lost, and whether the entries were stored has
 * to be looked up, or cannot be when they are `unseen`.
 */
type Fate = 'told' | 'stored' | 'lost' | 'stored unseen' | 'lost unseen';

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

const processArbitrary = fc.constantFrom<0 | 1>(0, 1);

const stepArbitrary: fc.Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom<Step['agent']>('ada', 'bob', 'cyd'),
    operationArbitrary,
    fc.oneof(
      { weight: 2, arbitrary: fc.tuple(processArbitrary) },
      { weight: 1, arbitrary: fc.array(processArbitrary, { minLength: 2, maxLength: 3 }) },
    ),
  )
  .map(([agent, what, processes]) => ({ agent, ...what, processes }));

const fateArbitrary = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Fate>('told') },
  { weight: 1, arbitrary: fc.constantFrom<Fate>('stored', 'lost', 'stored unseen', 'lost unseen') },
);

export interface Course {
  readonly steps: readonly Step[];
  /** One for each append, in order; those that follow are told. */
  readonly fates: readonly Fate[];
  /** Decides the order of calls, appends and looks at the head. */
  readonly scheduler: fc.Scheduler;
  /** How many turns of the loop pass between two of these, over and over. */
  readonly turns: readonly number[];
}

export const courseArbitrary: fc.Arbitrary<Course> = fc.record({
  steps: fc.array(stepArbitrary, { minLength: 2, maxLength: 12 }),
  fates: fc.array(fateArbitrary, { maxLength: 12 }),
  scheduler: fc.scheduler(),
  turns: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 8 }),
});

const prepare = (operation: string, input: unknown): PreparedCommand => {
  const prepared = operations.find(({ name }) => name === operation)?.prepare(input);
  assert.ok(prepared?.ok && prepared.value.kind === 'command', JSON.stringify(prepared));
  return prepared.value;
};

export const callerOf = (agent: string): Caller => ({
  principal: 'owner',
  role: 'admin',
  kind: 'person',
  agent: undefined,
  session: undefined,
  connection: agent,
  client: undefined,
});

/** One call and what came of it. */
export interface Answered {
  readonly step: Step;
  readonly request: string | undefined;
  readonly command: PreparedCommand;
  /** How much had been stored when the call began, and when it was answered. */
  readonly from: number;
  readonly until: number;
  readonly code: string;
  /** The first entry of the unit that it was told it wrote, if it wrote any. */
  readonly wrote: number | undefined;
  readonly replayed: boolean;
}

/**
 * Lets happen what the scheduler chooses, one by one with time between, until the work is done. Without that time all
 * calls would have begun before the first is answered, and nearly every answer would be true at some moment.
 */
const drive = async <T>({ scheduler, turns }: Course, work: Promise<T>): Promise<T> => {
  let over = false;
  const end = (): void => {
    over = true;
  };
  void work.then(end, end);
  for (let i = 0; !over; i += 1) {
    if (scheduler.count() > 0) await scheduler.waitOne();
    else await new Promise(setImmediate);
    for (let left = turns[i % turns.length] ?? 0; left > 0; left -= 1) await new Promise(setImmediate);
  }
  return work;
};

/** A store whose head is old when it is told, and whose appends meet their fates. */
const faulty = (store: Store, fates: Fate[], scheduler: fc.Scheduler): Store => {
  let unseen = false;
  const silence: AppendOutcome = { kind: 'unknown', code: 'outcome_unknown', reason: 'The answer is lost.' };
  return {
    ...store,
    capabilities: store.capabilities,
    identity: store.identity,
    openedAt: store.openedAt,
    head: async () => {
      const head = await store.head();
      await scheduler.schedule(Promise.resolve(), 'head');
      return head;
    },
    append: async (request) => {
      await scheduler.schedule(Promise.resolve(), 'append');
      const fate = fates.shift() ?? 'told';
      const outcome = fate.startsWith('lost') ? silence : await store.append(request);
      if (fate === 'told' || outcome.kind === 'moved') return outcome;
      unseen = fate.endsWith('unseen');
      return silence;
    },
    read: async (after, limit) => {
      if (!unseen) return store.read(after, limit);
      unseen = false;
      throw new StoreFailure(refuse('storage_failed', 'Nothing can be read for a moment.'));
    },
  };
};

const open = async (store: Store): Promise<Engine> => {
  const opened = await Engine.open({
    workspace: 'test',
    areas,
    settings: defaultSettings,
    initial: initialSlices,
    store,
    clock: new ManualClock(),
    log: new CollectedLog(),
    identify,
  });
  assert.ok(opened.ok);
  return opened.value;
};

/** Two engines over one journal with faults. */
const openBoth = (vault: MemoryVault, course: Course): Promise<readonly Engine[]> => {
  const left = [...course.fates];
  const store = (): Store => faulty(openMemoryStore(vault), left, course.scheduler);
  return drive(course, Promise.all([0, 1].map(() => open(store()))));
};

const entriesIn = async (vault: MemoryVault): Promise<readonly Entry[]> => {
  const store = openMemoryStore(vault);
  const codec = new Codec(areas, { sealer: sealerFor(store, areas) });
  const journal = new Journal(store, codec, { sink: () => undefined });
  return (await journal.entriesAfter(journal.head, vault.rows.length)).entries;
};

/** Runs the steps on two engines over one journal. */
export const race = async (course: Course) => {
  const { steps, scheduler } = course;
  const vault = createMemoryVault();
  const starter = await open(openMemoryStore(vault));
  for (const agent of ['ada', 'bob', 'cyd'])
    await starter.execute(callerOf(agent), prepare('start', { agent, wip_limit: 2 }));
  const before = vault.rows.length;
  const engines = await openBoth(vault, course);
  const call = async (step: Step, process: 0 | 1, request: string | undefined): Promise<Answered> => {
    await scheduler.schedule(Promise.resolve(), `${step.agent} ${step.operation}`);
    const answer: PreparedCommand['answer'] = (done) => answerOf(done.entries[0]?.seq);
    const command = { ...prepare(step.operation, step.input), answer };
    const from = vault.rows.length;
    const reply = await engines[process]?.execute(callerOf(step.agent), command, { requestId: request });
    const told = { step, request, command, from, until: vault.rows.length };
    if (!reply?.ok) return { ...told, code: reply?.code ?? '', wrote: undefined, replayed: false };
    const { value, replayed } = reply.value;
    return { ...told, code: 'ok', wrote: typeof value === 'number' ? value : undefined, replayed };
  };
  const calls = steps.flatMap((step, i) => {
    const request = step.processes.length > 1 ? `r${i}` : undefined;
    return step.processes.map((process) => call(step, process, request));
  });
  const answered = await drive(course, Promise.all(calls));
  const entries = await entriesIn(vault);
  return { entries, before, answered, live: engines.map(({ slices, seq }) => ({ slices, seq })) };
};
