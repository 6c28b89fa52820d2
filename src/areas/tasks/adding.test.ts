import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayMs, hourMs } from '../../kernel/instants.ts';
import { TaskBoard, visitor } from '../../testing/task-board.ts';
import { ancestorsMax, dependentsMax, lanesMax, tasksPerAddMax } from './model/limits.ts';

const board = (): TaskBoard => new TaskBoard();

test('TA3 TA5 a new task is todo at revision 1 with priority 3, and is called T-1', () => {
  const given = board();
  const added = given.do(visitor, 'task_add', { title: 'First' });
  assert.deepEqual(added, { tasks: [{ id: 'T-1', ready: true, revision: 1 }] });
  const { state, revision, priority } = given.task('T-1');
  assert.deepEqual({ state, revision, priority }, { state: { status: 'todo' }, revision: 1, priority: 3 });
});

test('TA5 numbers count all tasks, and are understood in lower case', () => {
  const given = board();
  given.do(visitor, 'task_add', { tasks: [{ title: 'a' }, { title: 'b', slug: 'named' }, { title: 'c' }] });
  assert.equal(given.do(visitor, 'task_get', { id: 't-3' })['title'], 'c');
  given.refused(visitor, 'task_get', { code: 'not_found', input: { id: 'T-2' } });
  const bare = given.refused(visitor, 'task_get', { code: 'not_found', input: { id: '3' } });
  assert.equal(bare.message, 'There is no task 3 here. Did you mean T-3?');
  assert.match(
    given.refused(visitor, 'task_get', { code: 'not_found', input: { id: '9' } }).message,
    /task_list/,
  );
  given.do(visitor, 'task_add', { title: 'd', project: 'shop', depends_on: ['t-1'] });
  assert.deepEqual(given.task('T-4').dependsOn, ['T-1']);
});

test('TA6 a slug is unique in its project', () => {
  const given = board();
  given.do(visitor, 'task_add', { title: 'a', slug: 'x' });
  given.do(visitor, 'task_add', { title: 'b', slug: 'x', project: 'shop' });
  assert.equal(given.task('shop/x').title, 'b');
  const refusal = given.refused(visitor, 'task_add', {
    code: 'exists',
    input: { title: 'c', slug: 'x', project: 'shop' },
  });
  assert.match(refusal.message, /shop\/x exists already/);
  given.refused(visitor, 'task_add', {
    code: 'exists',
    input: {
      tasks: [
        { title: 'a', slug: 'y' },
        { title: 'b', slug: 'y' },
      ],
    },
  });
});

test('TA6 a slug may not look like a number, hold a path or control characters', () => {
  for (const slug of ['T-7', 't-7', '../x', 'a/b', 'a\u0000', 'a b', '']) {
    board().refused(visitor, 'task_add', { code: 'invalid_input', input: { title: 'a', slug } });
  }
  for (const id of ['../x', 'a/b/c', 'a\u0007', '/etc', 'a..b']) {
    board().refused(visitor, 'task_get', { code: 'invalid_input', input: { id } });
  }
});

test('TA4 many tasks depend on each other in any order, and are numbered as given', () => {
  const given = board();
  const added = given.do(visitor, 'task_add', {
    tasks: [
      { title: 'last', slug: 'last', depends_on: ['middle'] },
      { title: 'middle', slug: 'middle', depends_on: ['first'] },
      { title: 'first', slug: 'first' },
    ],
  });
  assert.deepEqual(added['tasks'], [
    { id: 'last', ready: false, waits_for: ['middle'], revision: 1 },
    { id: 'middle', ready: false, waits_for: ['first'], revision: 1 },
    { id: 'first', ready: true, revision: 1 },
  ]);
  assert.deepEqual(given.task('first').dependents, ['middle']);
  assert.equal(given.task('last').number, 1);
});

test('TA4 all or none are added', () => {
  const given = board();
  given.refused(visitor, 'task_add', {
    code: 'not_found',
    input: { tasks: [{ title: 'a' }, { title: 'b', parent: 'nowhere' }] },
  });
  assert.equal(given.scenario.slices.tasks.counted, 0);
});

test('TA4 TA57 a call adds one task or at most 100, never both forms at once', () => {
  const many = Array.from({ length: tasksPerAddMax + 1 }, () => ({ title: 'x' }));
  const tooMany = board().refused(visitor, 'task_add', { code: 'invalid_input', input: { tasks: many } });
  assert.match(tooMany.message, /100/);
  const both = { title: 'a', tasks: [{ title: 'b' }] };
  assert.match(
    board().refused(visitor, 'task_add', { code: 'invalid_input', input: both }).message,
    /either/,
  );
  const beside = { body: 'x', tasks: [{ title: 'b' }] };
  assert.match(
    board().refused(visitor, 'task_add', { code: 'invalid_input', input: beside }).message,
    /inside/,
  );
  board().refused(visitor, 'task_add', { code: 'invalid_input', input: {} });
});

test('TA7 a slug means the one of the own project first', () => {
  const given = board();
  given.do(visitor, 'task_add', {
    tasks: [
      { title: 'a', slug: 'api' },
      { title: 'c', slug: 'db' },
    ],
  });
  given.do(visitor, 'task_add', { title: 'b', slug: 'api', project: 'shop' });
  given.do(visitor, 'task_add', { title: 'd', slug: 'ui', project: 'shop', depends_on: ['api', 'db'] });
  assert.deepEqual(given.task('shop/ui').dependsOn, ['shop/api', 'db']);
});

test('TA8 what is missing is named', () => {
  const refusal = board().refused(visitor, 'task_add', {
    code: 'not_found',
    input: { title: 'a', depends_on: ['nope', 'T-9'] },
  });
  assert.match(refusal.message, /nope, T-9/);
  assert.deepEqual(refusal.details, { missing: ['nope', 'T-9'] });
});

test('TA10 circles are refused and named', () => {
  const given = board();
  const tasks = [
    { title: 'a', slug: 'a', depends_on: ['b'] },
    { title: 'b', slug: 'b', depends_on: ['c'] },
    { title: 'c', slug: 'c', depends_on: ['a'] },
  ];
  const refusal = given.refused(visitor, 'task_add', { code: 'cycle', input: { tasks } });
  assert.match(refusal.message, /a -> b -> c -> a/);
  const parents = [
    { title: 'a', slug: 'a', parent: 'b' },
    { title: 'b', slug: 'b', parent: 'a' },
  ];
  const circle = given.refused(visitor, 'task_add', { code: 'cycle', input: { tasks: parents } });
  assert.match(circle.message, /parent .*a -> b -> a/);
  given.refused(visitor, 'task_add', {
    code: 'cycle',
    input: { tasks: [{ title: 'a', slug: 'a', depends_on: ['a'] }] },
  });
});

test('TA10 a later change cannot close a circle either', () => {
  const given = board();
  given.do(visitor, 'task_add', {
    tasks: [
      { title: 'a', slug: 'a' },
      { title: 'b', slug: 'b', depends_on: ['a'], parent: 'a' },
      { title: 'c', slug: 'c', depends_on: ['b'], parent: 'b' },
    ],
  });
  const refusal = given.refused(visitor, 'task_update', {
    code: 'cycle',
    input: { id: 'a', revision: 1, depends_on: ['c'] },
  });
  assert.deepEqual(refusal.details, { path: ['a', 'c', 'b', 'a'], relation: 'depends_on' });
  const parent = given.refused(visitor, 'task_update', {
    code: 'cycle',
    input: { id: 'a', revision: 1, parent: 'c' },
  });
  assert.deepEqual(parent.details, { path: ['a', 'c', 'b', 'a'], relation: 'parent' });
  given.refused(visitor, 'task_update', {
    code: 'cycle',
    input: { id: 'a', revision: 1, depends_on: ['a'] },
  });
});

test('TA11 TA57 at most 1,000 tasks depend on one', () => {
  const given = board();
  given.do(visitor, 'task_add', { title: 'root', slug: 'root' });
  for (let n = 0; n < dependentsMax; n += tasksPerAddMax) {
    const tasks = Array.from({ length: tasksPerAddMax }, () => ({ title: 'x', depends_on: ['root'] }));
    given.do(visitor, 'task_add', { tasks });
  }
  const refusal = given.refused(visitor, 'task_add', {
    code: 'limit_exceeded',
    input: { title: 'x', depends_on: ['root'] },
  });
  assert.deepEqual(refusal.details, { limit: dependentsMax });
  given.do(visitor, 'task_add', { title: 'free', slug: 'free' });
  given.refused(visitor, 'task_update', {
    code: 'limit_exceeded',
    input: { id: 'free', revision: 1, depends_on: ['root'] },
  });
  const worker = given.join('ada');
  const done = given.do(worker, 'task_done', { id: 'root' });
  assert.equal(z1000(done['now_ready']), dependentsMax);
});

test('TA12 TA57 at most 100 parents stand above a task', () => {
  const given = board();
  given.do(visitor, 'task_add', { title: 'top' });
  for (let n = 1; n <= ancestorsMax; n += 1) given.do(visitor, 'task_add', { title: 'x', parent: `T-${n}` });
  given.refused(visitor, 'task_add', {
    code: 'limit_exceeded',
    input: { title: 'x', parent: `T-${ancestorsMax + 1}` },
  });
});

test('TA16 TA57 open tasks have at most 512 lanes', () => {
  const given = board();
  const laneOf = (n: number) => ({ title: 'x', project: `p${n}` });
  for (let n = 0; n < lanesMax; n += 64) {
    given.do(visitor, 'task_add', { tasks: Array.from({ length: 64 }, (_, i) => laneOf(n + i)) });
  }
  const input = laneOf(lanesMax);
  assert.match(given.refused(visitor, 'task_add', { code: 'limit_exceeded', input }).message, /512/);
  given.refused(visitor, 'task_update', {
    code: 'limit_exceeded',
    input: { id: 'T-1', revision: 1, requires: ['rust'] },
  });
  given.do(visitor, 'task_add', laneOf(5));
  given.do(visitor, 'task_update', { id: 'T-1', revision: 1, status: 'cancelled', reason: 'no' });
  given.do(visitor, 'task_add', input);
  given.refused(visitor, 'task_update', {
    code: 'limit_exceeded',
    input: { id: 'T-1', revision: 2, status: 'todo' },
  });
});

test('TA15 of the files of a task 16 may be globs', () => {
  const given = new TaskBoard();
  const globs = Array.from({ length: 17 }, (_, i) => `d${i}/*.ts`);
  const plain = Array.from({ length: 34 }, (_, i) => `d${i}/a.ts`);
  const input = { title: 'x', files: [...globs, ...plain.slice(1)] };
  const { message } = given.refused(visitor, 'task_add', { code: 'invalid_input', input });
  assert.match(message, /at most 16 of the files may be globs/);
  given.do(visitor, 'task_add', { title: 'x', files: [...globs.slice(1), ...plain] });
});

test('TA15 files are relative patterns', () => {
  const given = board();
  given.do(visitor, 'task_add', {
    title: 'a',
    files: ['./src/a.ts', 'docs/', 'src/a.ts', 'app/[id]/*.{ts,tsx}'],
  });
  assert.deepEqual(given.task('T-1').files, ['src/a.ts', 'docs/**', 'app/[id]/*.{ts,tsx}']);
  for (const file of [
    '/etc/passwd',
    '../x',
    'a/../b',
    'a//b',
    'a\\b',
    'a\u0007',
    '.',
    '/',
    'a/./b',
    'a/{../b,c}',
    '{,x}/a',
  ]) {
    given.refused(visitor, 'task_add', { code: 'invalid_input', input: { title: 'a', files: [file] } });
  }
});

test('TA57 over-long values are refused with the limit', () => {
  const inputs = [
    { title: 'x'.repeat(201) },
    { title: 'a', body: 'x'.repeat(20_001) },
    { title: 'a', labels: Array.from({ length: 21 }, (_, i) => `l${i}`) },
    { title: 'a', files: ['x'.repeat(301)] },
    { title: 'a', depends_on: Array.from({ length: 51 }, (_, i) => `T-${i}`) },
    { title: 'a', acceptance: Array.from({ length: 51 }, () => 'x') },
    { title: 'a', priority: 6 },
  ];
  for (const input of inputs) {
    assert.match(board().refused(visitor, 'task_add', { code: 'invalid_input', input }).message, /\d/);
  }
});

test('TA1 TA9 TA13 waiting is derived from what is done', () => {
  const given = board();
  const ada = given.join('ada');
  given.do(visitor, 'task_add', {
    tasks: [
      { title: 'a', slug: 'a' },
      { title: 'b', slug: 'b' },
      { title: 'c', slug: 'c', depends_on: ['a', 'b'] },
    ],
  });
  assert.equal(given.task('c').unmet, 2);
  given.do(ada, 'task_done', { id: 'a' });
  assert.equal(given.task('c').state.status, 'todo');
  assert.equal(given.task('c').unmet, 1);
  given.do(visitor, 'task_update', { id: 'b', revision: 1, status: 'cancelled', reason: 'not needed' });
  assert.equal(given.task('c').unmet, 1);
  const listed = given.do(visitor, 'task_list', { flagged: true });
  assert.deepEqual(listed['items'], [
    {
      id: 'c',
      title: 'c',
      status: 'todo',
      priority: 3,
      ready: false,
      waits_for: ['b'],
      cancelled_dependencies: ['b'],
    },
  ]);
  given.do(visitor, 'task_update', { id: 'c', revision: 1, depends_on: ['a'] });
  assert.equal(given.task('c').unmet, 0);
  assert.deepEqual(given.task('b').dependents, []);
});

test('TA14 ready-since is set anew after waiting or reopening, and kept over claim, release and expiry', () => {
  const given = board();
  const ada = given.join('ada');
  const since = (id: string): number | undefined => given.task(id).readySince;
  given.do(visitor, 'task_add', {
    tasks: [
      { title: 'a', slug: 'a' },
      { title: 'b', slug: 'b', depends_on: ['a'] },
    ],
  });
  const first = given.scenario.now;
  assert.deepEqual([since('a'), since('b')], [first, undefined]);
  given.pass(1_000);
  given.do(ada, 'task_claim', { id: 'a' });
  given.do(ada, 'task_release', { id: 'a' });
  assert.equal(since('a'), first);
  given.do(ada, 'task_claim', { id: 'a' });
  given.pass(2 * dayMs);
  assert.equal(given.task('a').state.status, 'todo');
  assert.equal(since('a'), first);
  const again = given.join('ada');
  given.do(again, 'task_done', { id: 'a' });
  assert.equal(since('b'), given.scenario.now);
  given.pass(hourMs);
  given.do(visitor, 'task_update', { id: 'a', revision: given.task('a').revision, status: 'todo' });
  assert.deepEqual([since('a'), since('b')], [given.scenario.now, undefined]);
});

const z1000 = (list: unknown): number => (Array.isArray(list) ? list.length : 0);
