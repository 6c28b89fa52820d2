import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { globsMeet } from '../../kernel/glob.ts';
import { present } from '../../kernel/assert.ts';
import { dayMs, hourMs, minuteMs, secondMs } from '../../kernel/instants.ts';
import type { Actor } from '../../kernel/entry.ts';
import type { Slices } from '../../kernel/slices.ts';
import { TaskBoard, visitor } from '../../testing/task-board.ts';
import { areas, initialSlices } from '../index.ts';
import { tasksArea } from './area.ts';
import { load, save } from './saved.ts';
import {
  type Task,
  type TasksSlice,
  holdIn,
  isHeld,
  isOpen,
  isReady,
  laneKey,
  readyPartition,
  rankOf,
} from './model/task.ts';

/** One step of a random run: an agent calls an operation, or something happens to its session, or time passes. */
type Step =
  | {
      readonly kind: 'call';
      readonly who: number;
      readonly name: string;
      readonly input: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'leave' | 'join'; readonly who: number }
  | { readonly kind: 'pass'; readonly ms: number };

const slugs = ['a', 'b', 'c', 'd', 'e'];
const files = ['src', 'src/a.ts', 'src/*.ts', 'docs/**', 'docs/a.md'];
const capabilities = ['rust', 'go'];

const id = fc.constantFrom(...slugs, 'p/a', 'p/b', 'T-7', 'T-8');
const some = <T>(values: readonly T[], maxLength = 2) =>
  fc.uniqueArray(fc.constantFrom(...values), { maxLength });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const revision = rarely(fc.integer({ min: 1, max: 8 }));

/** The board at the beginning of each run, so that references lead somewhere. */
const seeds = [
  ...['a', 'b', 'c', 'd', 'e'].map((slug) => ({ title: 'x', slug, files: slug < 'c' ? ['src/a.ts'] : [] })),
  { title: 'x', slug: 'a', project: 'p', requires: ['rust'], depends_on: ['b'] },
  { title: 'x', acceptance: ['one', 'two'] },
];

const newTask = fc.record({
  title: fc.constant('x'),
  slug: maybe(fc.constantFrom(...slugs)),
  project: maybe(fc.constant('p')),
  priority: maybe(fc.integer({ min: 1, max: 5 })),
  depends_on: rarely(fc.uniqueArray(id, { maxLength: 2 })),
  parent: rarely(id),
  requires: maybe(some(capabilities)),
  files: maybe(some(files)),
  acceptance: maybe(fc.constant(['one', 'two'])),
});

const update = fc.record({
  id,
  revision,
  title: maybe(fc.constantFrom('x', 'y')),
  depends_on: rarely(fc.uniqueArray(id, { maxLength: 2 })),
  parent: rarely(id),
  requires: maybe(some(capabilities)),
  files: maybe(some(files)),
  priority: maybe(fc.integer({ min: 1, max: 5 })),
  acceptance: maybe(fc.constantFrom(['one', 'two'], ['two'], [])),
  tick: rarely(fc.constantFrom([1], [2])),
  note: maybe(fc.constant('n')),
});

const move = fc.record({
  id,
  revision,
  status: fc.constantFrom('todo', 'in_progress', 'in_review', 'blocked', 'cancelled'),
  reason: fc.constant('r'),
});

const call = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant('task_add'), newTask) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant('task_add'),
      fc.record({ tasks: fc.array(newTask, { minLength: 1, maxLength: 4 }) }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.constant('task_claim'),
      fc.record({ id: maybe(id), reason: maybe(fc.constant('r')) }),
    ),
  },
  { weight: 3, arbitrary: fc.tuple(fc.constant('task_update'), update) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('task_update'), move) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant('task_done'),
      fc.record({ id, open_items_reason: maybe(fc.constant('r')) }),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant('task_release'), fc.record({ id })) },
);

const who = fc.nat({ max: 3 });
const spans = [secondMs, secondMs, 3 * minuteMs, 3 * minuteMs, hourMs, dayMs];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .tuple(who, call)
      .map(([by, [name, input]]): Step => ({ kind: 'call', who: by, name, input: given(input) })),
  },
  { weight: 1, arbitrary: who.map((by): Step => ({ kind: 'leave', who: by })) },
  { weight: 2, arbitrary: who.map((by): Step => ({ kind: 'join', who: by })) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...spans).map((ms): Step => ({ kind: 'pass', ms })),
  },
);

/** Without the members that have no value, as JSON carries it. */
const given = (input: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));

const wipLimit = 2;

/** Four sessions of three agents: the last two are of the same one. */
const join = (board: TaskBoard, n: number): Actor =>
  board.join(['ada', 'bob', 'eve', 'eve'][n] ?? 'ada', {
    capabilities: n === 0 ? capabilities : ['rust'],
    wipLimit,
    role: n === 1 ? 'approver' : 'worker',
    connection: `c${n}`,
  });

const run = (board: TaskBoard, actors: Actor[], one: Step): void => {
  switch (one.kind) {
    case 'pass':
      board.pass(one.ms);
      return;
    case 'leave':
      board.leave(present(actors[one.who], 'there are four'));
      return;
    case 'join':
      actors[one.who] = join(board, one.who);
      return;
    case 'call': {
      // The revision is right most of the time, so that the rules behind it are reached.
      const task = board.scenario.slices.tasks.tasks.get(String(one.input['id']));
      const guessed = task !== undefined && one.input['revision'] === undefined && one.name === 'task_update';
      const actor = speaker(board, actors, { who: one.who, task });
      const outcome = board.call(
        actor,
        one.name,
        guessed ? { ...one.input, revision: task.revision } : one.input,
      );
      assert.ok(outcome.ok || outcome.code !== 'internal', JSON.stringify([outcome, board.scenario.log]));
    }
  }
};

/** Mostly whoever holds the task; the last of the four does not come back by itself when its session has ended. */
const speaker = (
  board: TaskBoard,
  actors: Actor[],
  { who: n, task }: { readonly who: number; readonly task: Task | undefined },
): Actor => {
  const holder = task && actors.find(({ session }) => session === holdIn(task.state)?.session);
  if (holder !== undefined && n < 3) return holder;
  const actor = present(actors[n], 'there are four');
  const session = board.scenario.slices.agents.sessions.get(actor.session ?? '');
  if (session !== undefined && session.endedAt === undefined) return actor;
  if (n === 3) return { ...actor, session: undefined };
  const again = join(board, n);
  actors[n] = again;
  return again;
};

const orders = ['board', 'holder', 'parent'] as const;

/** Everything that a slice says, orders and index included, in a form that can be compared. */
const told = (slice: TasksSlice): unknown => ({
  tasks: [...slice.tasks.values()].toSorted((a, b) => a.number - b.number),
  orders: orders.map((order) =>
    [...slice.tasks.partitions(order)]
      .toSorted()
      .map((name) => [name, [...slice.tasks.scan(order, name)].map((task) => task.id)]),
  ),
  lanes: [...slice.lanes.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
  losses: [...slice.losses.values()].toSorted((a, b) => (a.agent < b.agent ? -1 : 1)),
  held: heldIn(slice),
  counted: slice.counted,
});

const heldIn = (slice: TasksSlice): readonly string[] => {
  assert.ok(slice.heldFiles !== undefined);
  return [...slice.heldFiles.values()]
    .flatMap(({ path, items }) =>
      items.map(({ task, holder, glob }) => `${path} ${task} ${holder} ${glob.text}`),
    )
    .toSorted();
};

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const reloaded = (slices: Slices): Slices => {
  const rows = [...save(slices.tasks)].map((row) => JSON.stringify(row));
  return tasksArea.settle({ ...slices, tasks: load(rows.map((row) => JSON.parse(row))) });
};

const check = (board: TaskBoard): void => {
  const { slices } = board.scenario;
  const all = [...slices.tasks.tasks.values()];
  for (const task of all) checkTask(slices.tasks, task);
  const open = new Map<string, number>();
  for (const task of all) {
    if (isOpen(task.state)) open.set(laneKey(task), (open.get(laneKey(task)) ?? 0) + 1);
  }
  assert.deepEqual(new Map([...slices.tasks.lanes.values()].map((lane) => [lane.key, lane.open])), open);
  checkHolds(slices, all);
};

const checkTask = (slice: TasksSlice, task: Task): void => {
  const at = (one: string): Task => present(slice.tasks.get(one), 'references lead somewhere');
  assert.equal(task.unmet, task.dependsOn.filter((one) => at(one).state.status !== 'done').length);
  assert.equal(task.readySince === undefined, task.unmet > 0);
  for (const one of task.dependsOn) assert.ok(at(one).dependents.includes(task.id));
  for (const one of task.dependents) assert.ok(at(one).dependsOn.includes(task.id));
  if (isReady(task)) assert.ok([...slice.tasks.scan('board', readyPartition(laneKey(task)))].includes(task));
};

const checkHolds = (slices: Slices, all: readonly Task[]): void => {
  const held = all.filter((task) => isHeld(task.state));
  const epochs = held.map((task) => holdIn(task.state)?.epoch);
  assert.equal(new Set(epochs).size, epochs.length, 'no entry grants two holds');
  for (const agent of slices.agents.agents.scan('all', 'all')) {
    const own = held.filter((task) => holdIn(task.state)?.holder === agent.name);
    assert.ok(own.length <= wipLimit, `${agent.name} holds ${own.length}`);
    assert.deepEqual(new Set(slices.tasks.tasks.scan('holder', agent.name)), new Set(own));
  }
  for (const task of held) {
    const hold = present(holdIn(task.state), 'it is held');
    assert.equal(
      slices.agents.sessions.get(hold.session)?.agent,
      hold.holder,
      'a hold is that of a living session',
    );
    for (const other of held) {
      if (holdIn(other.state)?.holder === hold.holder) continue;
      for (const one of task.files)
        for (const two of other.files) assert.ok(!globsMeet(one, two), `${one} and ${two}`);
    }
  }
};

/** The rank of everything that is ready, to see whether it stays. */
const ranks = (slice: TasksSlice): ReadonlyMap<string, string> =>
  new Map(
    [...slice.tasks.values()]
      .filter(isReady)
      .map((task) => [`${task.id} ${task.priority}`, String(rankOf(task))]),
  );

test('TA58 whatever is decided can be folded, in bulk as live, and the board stays in order', () => {
  let done = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 120 }), (steps) => {
      const board = new TaskBoard();
      const actors = [0, 1, 2, 3].map((n) => join(board, n));
      board.do(visitor, 'task_add', { tasks: seeds });
      for (const one of steps) {
        const before = ranks(board.scenario.slices.tasks);
        run(board, actors, one);
        check(board);
        const after = ranks(board.scenario.slices.tasks);
        for (const [key, rank] of after) {
          assert.ok(
            before.get(key) === undefined || before.get(key) === rank,
            'the rank is constant while ready',
          );
        }
      }
      const { slices } = board.scenario;
      const live = told(slices.tasks);
      assert.deepEqual(told(board.scenario.refolded(initialSlices).tasks), live);
      assert.deepEqual(plain(told(reloaded(slices).tasks)), plain(live));
      done += [...slices.tasks.tasks.values()].filter((task) => task.state.status === 'done').length;
    }),
    { numRuns: 250 },
  );
  assert.ok(done > 150, `the runs get somewhere: ${done} tasks were done`);
  assert.ok(areas.includes(tasksArea));
});
