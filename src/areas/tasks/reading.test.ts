import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idleMs } from '../../kernel/hold.ts';
import { hourMs } from '../../kernel/instants.ts';
import { TaskBoard, visitor } from '../../testing/task-board.ts';
import { tasksArea } from './area.ts';
import { bodyKeptCharactersMax } from './model/limits.ts';
import { taskOperations } from './operations/index.ts';

const boardWith = (...tasks: readonly Readonly<Record<string, unknown>>[]): TaskBoard => {
  const given = new TaskBoard();
  given.do(visitor, 'task_add', { tasks: tasks.map((task) => ({ title: 'x', ...task })) });
  return given;
};

const rows = (value: unknown): readonly Readonly<Record<string, unknown>>[] => {
  assert.ok(Array.isArray(value));
  return value;
};

const idsOf = (value: unknown): readonly unknown[] => rows(value).map(({ id }) => id);

test('TA52 an entry wakes those whom it concerns', () => {
  const given = boardWith({ slug: 'a' }, { slug: 'b', depends_on: ['a'] }, { slug: 'c' });
  const keys = (): readonly string[] => given.written.flatMap((entry) => tasksArea.concerns(entry));
  assert.deepEqual(keys(), ['task:a', 'tasks.ready', 'task:b', 'tasks.ready', 'task:c', 'tasks.ready']);
  const ada = given.join('ada');
  const eve = given.join('eve', { role: 'approver' });
  given.do(ada, 'task_claim', { id: 'a' });
  assert.deepEqual(keys(), ['task:a']);
  given.do(eve, 'task_update', { id: 'a', note: 'n' });
  assert.deepEqual(keys(), ['task:a', 'agent:ada']);
  given.do(eve, 'task_update', { id: 'a', revision: 2, title: 'y' });
  assert.deepEqual(keys(), ['task:a', 'agent:ada']);
  given.do(ada, 'task_update', { id: 'a', status: 'in_review', revision: 3, files: ['src'] });
  assert.deepEqual(keys(), ['task:a', 'tasks.ready', 'task:a']);
  given.do(ada, 'task_done', { id: 'a' });
  assert.deepEqual(keys(), ['task:a', 'task:b', 'tasks.ready']);
  given.do(ada, 'task_update', { id: 'a', revision: 6, status: 'todo' });
  assert.deepEqual(keys(), ['task:a', 'tasks.ready']);
  given.do(ada, 'task_claim', { id: 'a' });
  given.do(ada, 'task_update', { id: 'a', status: 'blocked', reason: 'r' });
  assert.deepEqual(keys(), ['task:a', 'agent:ada', 'tasks.ready']);
  given.do(ada, 'task_claim', { id: 'c' });
  given.pass(idleMs);
  given.see(eve);
  given.do(eve, 'task_claim', { id: 'c', reason: 'stale' });
  assert.deepEqual(keys(), ['task:c', 'agent:ada']);
  given.do(ada, 'task_update', { id: 'a', revision: 9, status: 'cancelled', reason: 'r' });
  assert.deepEqual(keys(), ['task:a', 'task:b', 'tasks.ready']);
  given.leave(eve);
  assert.deepEqual(
    given.pass(hourMs).flatMap((entry) => tasksArea.concerns(entry)),
    ['task:c', 'agent:eve', 'tasks.ready'],
  );
});

test('TA53 a repeat is answered as the first time, although much has happened since', () => {
  const given = boardWith({ slug: 'a' }, { slug: 'b', depends_on: ['a'] });
  const ada = given.join('ada');
  const claim = {
    input: { id: 'a' },
    first: given.do(ada, 'task_claim', { id: 'a' }),
    entries: given.written,
  };
  const input = { id: 'a', status: 'in_review' };
  const update = { input, first: given.do(ada, 'task_update', input), entries: given.written };
  const done = {
    input: { id: 'a' },
    first: given.do(ada, 'task_done', { id: 'a' }),
    entries: given.written,
  };
  given.do(ada, 'task_update', { id: 'a', revision: 4, status: 'todo' });
  const claimed = given.repeat(ada, 'task_claim', claim);
  for (const member of ['id', 'status', 'revision', 'epoch'])
    assert.equal(claimed[member], claim.first[member]);
  const updated = given.repeat(ada, 'task_update', update);
  assert.deepEqual([updated['status'], updated['revision']], ['in_review', 3]);
  assert.deepEqual(given.repeat(ada, 'task_done', done), done.first);
});

test('TA2 TA56 a task is read with its texts, of which the state holds short bodies only', () => {
  const long = 'b'.repeat(bodyKeptCharactersMax + 1);
  const short = long.slice(1);
  const given = boardWith(
    { slug: 'p', title: 'parent' },
    {
      slug: 'a',
      title: 'A',
      body: long,
      links: ['https://example.org/1'],
      parent: 'p',
      files: ['src/a.ts'],
    },
    { slug: 'b', depends_on: ['a'] },
  );
  const ada = given.join('ada');
  given.do(ada, 'task_claim', { id: 'a' });
  for (let n = 1; n <= 7; n += 1) given.do(ada, 'task_update', { id: 'a', note: `note ${n}` });
  const got = given.do(ada, 'task_get', { id: 'a' });
  assert.equal(got['body'], long);
  assert.equal(typeof given.task('a').body, 'number');
  assert.deepEqual(got['links'], ['https://example.org/1']);
  assert.deepEqual(got['dependents'], { items: [{ id: 'b', status: 'todo' }], total: 1 });
  assert.deepEqual(
    rows(got['notes']).map(({ text }) => text),
    ['note 3', 'note 4', 'note 5', 'note 6', 'note 7'],
  );
  assert.equal(got['notes_total'], 7);
  const { hold } = got;
  assert.ok(typeof hold === 'object' && hold !== null && 'yours' in hold && hold.yours === true);
  assert.deepEqual(given.do(ada, 'task_get', { id: 'p' })['children'], {
    items: [{ id: 'a', status: 'in_progress' }],
    total: 1,
  });
  given.do(ada, 'task_update', { id: 'a', revision: 2, body: short });
  assert.equal(given.task('a').body, short);
  assert.equal(given.do(ada, 'task_get', { id: 'a', notes: 0 })['body'], short);
});

test('TA56 the history comes newest first, in pages', () => {
  const given = boardWith({ title: 'A', acceptance: ['one'] });
  const ada = given.join('ada');
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.do(ada, 'task_update', {
    id: 'T-1',
    revision: 2,
    title: 'B',
    body: 'four',
    priority: 1,
    due: '2031-01-01T00:00:00Z',
    labels: [],
    files: ['src'],
    tick: [1],
    note: 'n',
    status: 'in_review',
  });
  given.do(ada, 'task_update', { id: 'T-1', status: 'in_progress', untick: [1] });
  given.do(ada, 'task_update', { id: 'T-1', status: 'blocked', reason: 'no key' });
  given.do(ada, 'task_update', { id: 'T-1', revision: 6, status: 'todo' });
  given.do(ada, 'task_done', { id: 'T-1', open_items_reason: 'later', result: 'r' });
  given.do(ada, 'task_update', { id: 'T-1', revision: 9, status: 'todo', reason: 'again' });
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.do(ada, 'task_release', { id: 'T-1' });
  given.do(ada, 'task_update', { id: 'T-1', revision: 12, status: 'cancelled', reason: 'no' });
  const pages: string[] = [];
  let before: unknown;
  for (;;) {
    const { history } = given.do(visitor, 'task_get', {
      id: 'T-1',
      history: true,
      limit: 5,
      ...(before !== undefined && { before }),
    });
    assert.ok(
      typeof history === 'object' && history !== null && 'items' in history && 'next_before' in history,
    );
    pages.push(...rows(history.items).map(({ what }) => String(what)));
    before = history.next_before;
    if (before === null) break;
  }
  assert.deepEqual(pages.toReversed(), [
    'added as "A"',
    'claimed by ada',
    'set title "B"; body (4 characters); priority 1; files src; due 2031-01-01T00:00:00.000Z',
    'ticked 1',
    'noted: n',
    'asked for review',
    'unticked 1',
    'went on after review',
    'blocked: no key',
    'unblocked',
    'claimed by ada',
    'finished: r; items left open: later',
    'reopened: again',
    'claimed by ada',
    'released',
    'cancelled: no',
  ]);
  given.refused(visitor, 'task_get', { code: 'invalid_input', input: { id: 'T-1', limit: 5 } });
});

const shop = (): TaskBoard =>
  boardWith(
    { slug: 'a', project: 'shop', labels: ['ui'], sprint: 's1', title: 'Search BOX', priority: 4 },
    { slug: 'b', depends_on: ['shop/a'], requires: ['rust'] },
    { slug: 'c', parent: 'b', due: '2031-01-01T00:00:00Z' },
    { slug: 'd', parent: 'b', priority: 1, due: '2030-01-01T00:00:00Z' },
  );

test('TA55 the open tasks come by rank, with the total', () => {
  const given = shop();
  given.do(visitor, 'task_update', { id: 'c', revision: 1, status: 'cancelled', reason: 'r' });
  const listed = given.do(visitor, 'task_list', {});
  assert.deepEqual(idsOf(listed['items']), ['d', 'b', 'shop/a']);
  assert.deepEqual([listed['total'], listed['next_cursor']], [3, null]);
});

test('TA55 all filters must fit', () => {
  const given = shop();
  const ada = given.join('ada');
  given.do(ada, 'task_claim', { id: 'd' });
  const ids = (input: Readonly<Record<string, unknown>>): readonly unknown[] =>
    idsOf(given.do(visitor, 'task_list', input)['items']);
  assert.deepEqual(ids({ project: 'shop' }), ['shop/a']);
  assert.deepEqual(ids({ label: 'ui', sprint: 's1' }), ['shop/a']);
  assert.deepEqual(ids({ label: 'ui', sprint: 's2' }), []);
  assert.deepEqual(ids({ requires: 'rust' }), ['b']);
  assert.deepEqual(ids({ holder: 'ada' }), ['d']);
  assert.deepEqual(ids({ parent: 'b' }), ['d', 'c']);
  assert.deepEqual(ids({ ready: true }), ['c', 'shop/a']);
  assert.deepEqual(ids({ ready: false }), ['d', 'b']);
  assert.deepEqual(ids({ ready: true, project: 'shop' }), ['shop/a']);
  assert.deepEqual(ids({ ready: true, status: 'blocked' }), []);
  assert.deepEqual(ids({ text: 'box' }), ['shop/a']);
  assert.deepEqual(ids({ id: 'SHOP/' }), ['shop/a']);
  assert.deepEqual(ids({ id: 'hop' }), []);
  assert.deepEqual(ids({ status: ['in_progress', 'done'] }), ['d']);
  assert.deepEqual(ids({ status: 'done' }), []);
  assert.deepEqual(ids({ flagged: true }), []);
});

test('TA55 every sort is another order', () => {
  const given = shop();
  given.pass(1_000);
  given.do(visitor, 'task_update', { id: 'b', note: 'n' });
  const ids = (sort: string): readonly unknown[] => idsOf(given.do(visitor, 'task_list', { sort })['items']);
  assert.deepEqual(ids('rank'), ['d', 'b', 'c', 'shop/a']);
  assert.deepEqual(ids('priority'), ['d', 'b', 'c', 'shop/a']);
  assert.deepEqual(ids('created'), ['d', 'c', 'b', 'shop/a']);
  assert.deepEqual(ids('updated'), ['b', 'd', 'c', 'shop/a']);
  assert.deepEqual(ids('due'), ['d', 'c', 'shop/a', 'b']);
});

test('TA54 pages join without gap or repetition, in every sort', () => {
  const given = new TaskBoard();
  for (let n = 0; n < 30; n += 1) {
    given.do(visitor, 'task_add', { title: `x${n}`, priority: (n % 5) + 1, project: `p${n % 3}` });
    given.pass((n % 4) * 1_000);
  }
  for (const filter of [
    {},
    { ready: true },
    { sort: 'created' },
    { sort: 'priority' },
    { sort: 'due' },
    { text: 'x' },
  ]) {
    const whole = idsOf(given.do(visitor, 'task_list', { ...filter, limit: 100 })['items']);
    assert.equal(whole.length, 30);
    const joined: unknown[] = [];
    let cursor: unknown;
    do {
      const page = given.do(visitor, 'task_list', {
        ...filter,
        limit: 7,
        ...(cursor !== undefined && { cursor }),
      });
      joined.push(...idsOf(page['items']));
      assert.equal(page['total'], 30);
      cursor = page['next_cursor'];
    } while (cursor !== null);
    assert.deepEqual(joined, whole);
  }
});

test('TA54 a cursor of another history or sort is refused', () => {
  const given = boardWith({}, {});
  const cursor = String(given.do(visitor, 'task_list', { limit: 1 })['next_cursor']);
  given.refused(visitor, 'task_list', {
    code: 'history_changed',
    input: { cursor: cursor.replace('journal.1', 'journal.2') },
  });
  given.refused(visitor, 'task_list', { code: 'invalid_input', input: { cursor, sort: 'due' } });
  for (const nonsense of ['x', 'journal.1 rank m x 1', 'journal.1 nope m 1 1', `${cursor} 1`, '']) {
    given.refused(visitor, 'task_list', { code: 'invalid_input', input: { cursor: nonsense } });
  }
});

test('TA54 a cursor of other filters is refused, and none of the same filters in other words', () => {
  const given = boardWith({ project: 'shop' }, { project: 'shop' }, { labels: ['ui'] }, {});
  const cursorOf = (input: Readonly<Record<string, unknown>>): unknown => {
    const cursor = given.do(visitor, 'task_list', { ...input, limit: 1 })['next_cursor'];
    assert.equal(typeof cursor, 'string');
    return cursor;
  };
  const open = cursorOf({});
  const ofShop = cursorOf({ project: 'shop' });
  for (const input of [
    { cursor: open, project: 'shop' },
    { cursor: open, status: 'todo' },
    { cursor: open, ready: true },
    { cursor: open, text: 'x' },
    { cursor: ofShop },
    { cursor: ofShop, project: 'shop', ready: true },
    { cursor: ofShop, project: 'shops' },
  ]) {
    const { message } = given.refused(visitor, 'task_list', { code: 'invalid_input', input });
    assert.match(message, /without a cursor/);
  }
  const page = given.do(visitor, 'task_list', { cursor: ofShop, project: 'shop', limit: 9 });
  assert.deepEqual(idsOf(page['items']), ['T-2']);
  const both = cursorOf({ status: ['todo', 'in_progress'] });
  const turned = { cursor: both, status: ['in_progress', 'todo', 'todo'], limit: 9 };
  assert.deepEqual(idsOf(given.do(visitor, 'task_list', turned)['items']), ['T-2', 'T-3', 'T-4']);
});

test('their examples run in order on an empty board', () => {
  const given = new TaskBoard();
  const ada = given.join('ada');
  for (const { name, examples } of taskOperations) {
    for (const { title, input } of examples) {
      const outcome = given.call(ada, name, input);
      assert.ok(outcome.ok, `${name} "${title}": ${JSON.stringify(outcome)}`);
    }
  }
});

test('unknown members are refused by name', () => {
  const nested = { tasks: [{ title: 'x', nonsense: 1 }] };
  const inside = new TaskBoard().refused(visitor, 'task_add', { code: 'invalid_input', input: nested });
  assert.match(inside.message, /tasks\.0: .*nonsense/);
  for (const { name } of taskOperations) {
    const refusal = new TaskBoard().refused(visitor, name, {
      code: 'invalid_input',
      input: { nonsense: 1 },
    });
    assert.match(refusal.message, /nonsense/);
  }
});
