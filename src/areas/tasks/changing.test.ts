import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor } from '../../kernel/entry.ts';
import { TaskBoard, visitor } from '../../testing/task-board.ts';
import { lossesSince } from './model/task.ts';

const boardWith = (...tasks: readonly Readonly<Record<string, unknown>>[]): TaskBoard => {
  const given = new TaskBoard();
  given.do(visitor, 'task_add', { tasks: tasks.map((task) => ({ title: 'x', ...task })) });
  return given;
};

/** A task that ada holds, and eve, who does not. */
const heldBoard = (
  task: Readonly<Record<string, unknown>> = {},
): { given: TaskBoard; ada: Actor; eve: Actor } => {
  const given = boardWith(task);
  const ada = given.join('ada');
  const eve = given.join('eve');
  given.do(ada, 'task_claim', { id: 'T-1' });
  return { given, ada, eve };
};

test('TA30 needs the revision that the caller has seen, and the role worker', () => {
  const given = boardWith({});
  const missing = given.refused(visitor, 'task_update', {
    code: 'revision_required',
    input: { id: 'T-1', title: 'y' },
  });
  assert.match(missing.message, /now 1/);
  const reader: Actor = { ...visitor, role: 'reader' };
  given.refused(reader, 'task_update', {
    code: 'forbidden',
    input: { id: 'T-1', revision: 1, title: 'y' },
  });
  given.refused(visitor, 'task_update', {
    code: 'revision_required',
    input: { id: 'T-1', status: 'blocked', reason: 'x' },
  });
  assert.equal(given.do(visitor, 'task_update', { id: 'T-1', revision: 1, title: 'y' })['revision'], 2);
  assert.equal(given.task('T-1').title, 'y');
});

test('TA31 a stale revision is refused with the current one', () => {
  const { given, eve } = heldBoard();
  const refusal = given.refused(eve, 'task_update', {
    code: 'stale_revision',
    input: { id: 'T-1', revision: 1, title: 'y' },
  });
  assert.deepEqual(refusal.details, { task: 'T-1', given: 1, current: 2 });
  given.refused(eve, 'task_update', {
    code: 'stale_revision',
    input: { id: 'T-1', revision: 1, note: 'y' },
  });
});

test('TA32 lists replace, null clears, and what stays the same is no change', () => {
  const given = boardWith({
    labels: ['a'],
    sprint: 's1',
    due: '2031-01-01T00:00:00Z',
    body: 'b',
    links: ['https://example.org'],
    parent: undefined,
    acceptance: ['one', 'two'],
  });
  const ada = given.join('ada');
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.do(ada, 'task_update', { id: 'T-1', tick: [2] });
  const same = {
    labels: ['a'],
    sprint: 's1',
    due: '2031-01-01T01:00:00+01:00',
    acceptance: ['one', 'two'],
  };
  given.do(ada, 'task_update', { id: 'T-1', revision: 2, ...same });
  assert.deepEqual(given.written, []);
  given.do(ada, 'task_update', {
    id: 'T-1',
    revision: 2,
    labels: ['b', 'b', 'c'],
    sprint: null,
    due: null,
    body: null,
    links: [],
    acceptance: ['two', 'three'],
  });
  const { labels, sprint, due, body, linksSeq, acceptance } = given.task('T-1');
  assert.deepEqual(
    { labels, sprint, due, body, linksSeq },
    {
      labels: ['b', 'c'],
      sprint: undefined,
      due: undefined,
      body: undefined,
      linksSeq: undefined,
    },
  );
  assert.deepEqual(acceptance, [
    { text: 'two', done: true, by: 'ada' },
    { text: 'three', done: false },
  ]);
});

test('TA41 the revision rises with plan, status and hold; notes and ticks leave it', () => {
  const { given, ada } = heldBoard({ acceptance: ['one'] });
  const revision = (): number => given.task('T-1').revision;
  assert.equal(revision(), 2);
  given.do(ada, 'task_update', { id: 'T-1', tick: [1], note: 'n' });
  assert.equal(revision(), 2);
  given.do(ada, 'task_update', { id: 'T-1', status: 'in_review' });
  given.do(ada, 'task_update', { id: 'T-1', status: 'in_progress', revision: 3, title: 'y' });
  assert.equal(revision(), 5);
  given.do(ada, 'task_release', { id: 'T-1' });
  assert.equal(revision(), 6);
  given.do(ada, 'task_done', { id: 'T-1' });
  assert.equal(revision(), 8);
});

test('TA43 one call may change everything, all or nothing', () => {
  const { given, ada } = heldBoard({ acceptance: ['one'] });
  given.do(ada, 'task_update', {
    id: 'T-1',
    revision: 2,
    title: 'y',
    acceptance: ['one', 'two'],
    tick: [2],
    status: 'in_review',
    note: 'n',
    epoch: given.task('T-1').trail.seqs[1],
  });
  assert.deepEqual(given.types, ['tasks.edited', 'tasks.ticked', 'tasks.noted', 'tasks.submitted']);
  given.refused(ada, 'task_update', { code: 'invalid_input', input: { id: 'T-1', note: 'n', tick: [3] } });
  given.refused(ada, 'task_update', {
    code: 'stale_revision',
    input: { id: 'T-1', revision: 2, tick: [1], title: 'z' },
  });
  given.refused(ada, 'task_update', { code: 'invalid_input', input: { id: 'T-1' } });
  given.refused(ada, 'task_update', {
    code: 'invalid_input',
    input: { id: 'T-1', note: 'n', reason: 'r' },
  });
  given.refused(ada, 'task_update', { code: 'not_found', input: { id: 'T-9', note: 'n' } });
});

test('TA33 the holder asks for review and goes on', () => {
  const { given, ada, eve } = heldBoard();
  given.refused(eve, 'task_update', { code: 'not_holder', input: { id: 'T-1', status: 'in_review' } });
  assert.equal(given.do(ada, 'task_update', { id: 'T-1', status: 'in_review' })['status'], 'in_review');
  given.do(ada, 'task_update', { id: 'T-1', status: 'in_review' });
  assert.deepEqual(given.written, []);
  const back = given.do(ada, 'task_update', { id: 'T-1', status: 'in_progress' });
  assert.deepEqual([back['status'], back['epoch']], ['in_progress', given.task('T-1').trail.seqs[1]]);
});

test('TA33 nothing else leads there', () => {
  const given = boardWith({});
  const ada = given.join('ada');
  const refusal = given.refused(ada, 'task_update', {
    code: 'invalid_state',
    input: { id: 'T-1', status: 'in_progress' },
  });
  assert.match(refusal.message, /task_claim/);
  given.refused(ada, 'task_update', { code: 'invalid_state', input: { id: 'T-1', status: 'in_review' } });
  given.refused(ada, 'task_update', { code: 'invalid_input', input: { id: 'T-1', status: 'done' } });
});

test('TA34 a blocked task goes on', () => {
  const given = boardWith({});
  given.do(visitor, 'task_update', { id: 'T-1', revision: 1, status: 'blocked', reason: 'no key' });
  given.refused(visitor, 'task_update', {
    code: 'invalid_state',
    input: { id: 'T-1', revision: 2, status: 'blocked', reason: 'again' },
  });
  const back = given.do(visitor, 'task_update', {
    id: 'T-1',
    revision: 2,
    status: 'todo',
    reason: 'key found',
  });
  assert.deepEqual(back, { id: 'T-1', status: 'todo', revision: 3 });
});

test('TA34 a closed task is reopened without its result, and its dependents wait again', () => {
  const given = boardWith({ slug: 'a' }, { slug: 'b', depends_on: ['a'] }, { slug: 'c' });
  const ada = given.join('ada');
  given.do(ada, 'task_done', { id: 'a', result: 'r' });
  given.do(ada, 'task_claim', { id: 'b' });
  given.do(ada, 'task_update', { id: 'a', revision: 3, status: 'todo' });
  assert.equal(given.task('a').resultSeq, undefined);
  assert.deepEqual([given.task('b').unmet, given.task('b').state.status], [1, 'in_progress']);
  given.do(ada, 'task_release', { id: 'b' });
  given.refused(ada, 'task_claim', { code: 'not_ready', input: { id: 'b' } });
  given.do(ada, 'task_update', { id: 'c', revision: 1, status: 'cancelled', reason: 'r' });
  given.do(ada, 'task_update', { id: 'c', revision: 2, status: 'todo' });
  given.do(ada, 'task_claim', { id: 'c' });
  const refusal = given.refused(ada, 'task_update', {
    code: 'invalid_state',
    input: { id: 'c', revision: 4, status: 'todo' },
  });
  assert.match(refusal.message, /task_release/);
});

test('TA35 blocking ends the hold, and is up to the holder', () => {
  const { given, ada, eve } = heldBoard();
  given.refused(eve, 'task_update', {
    code: 'not_holder',
    input: { id: 'T-1', revision: 2, status: 'blocked', reason: 'r' },
  });
  given.refused(ada, 'task_update', { code: 'invalid_input', input: { id: 'T-1', status: 'blocked' } });
  const blocked = given.do(ada, 'task_update', { id: 'T-1', status: 'blocked', reason: 'no key' });
  assert.deepEqual(blocked, { id: 'T-1', status: 'blocked', revision: 3 });
  assert.deepEqual(given.task('T-1').state, {
    status: 'blocked',
    reason: 'no key',
    by: 'ada',
    since: given.scenario.now,
  });
  assert.deepEqual(lossesSince(given.scenario.slices.tasks, 'ada', 0), []);
});

test('TA36 cancelling needs a reason, and names what it flags', () => {
  const given = boardWith({ slug: 'a' }, { slug: 'b', depends_on: ['a'] });
  given.refused(visitor, 'task_update', {
    code: 'invalid_input',
    input: { id: 'a', revision: 1, status: 'cancelled' },
  });
  const cancelled = given.do(visitor, 'task_update', {
    id: 'a',
    revision: 1,
    status: 'cancelled',
    reason: 'r',
  });
  assert.deepEqual(cancelled, { id: 'a', status: 'cancelled', revision: 2, flagged: ['b'] });
  given.refused(visitor, 'task_update', {
    code: 'invalid_state',
    input: { id: 'a', revision: 2, status: 'cancelled', reason: 'r' },
  });
});

test('TA37 cancelling what another holds needs an approver, and is a loss', () => {
  const { given, ada, eve } = heldBoard();
  const input = { id: 'T-1', revision: 2, status: 'cancelled', reason: 'not needed' };
  given.refused(eve, 'task_update', { code: 'forbidden', input });
  given.do({ ...eve, role: 'approver' }, 'task_update', input);
  assert.equal(lossesSince(given.scenario.slices.tasks, 'ada', 0)[0]?.why, 'cancelled');
  given.do(visitor, 'task_add', { title: 'y' });
  given.do(ada, 'task_claim', { id: 'T-2' });
  given.do(ada, 'task_update', { ...input, id: 'T-2' });
  assert.equal(lossesSince(given.scenario.slices.tasks, 'ada', 0).length, 1);
});

test('TA38 items are ticked and unticked by the holder', () => {
  const { given, ada, eve } = heldBoard({ acceptance: ['one', 'two'] });
  given.refused(eve, 'task_update', { code: 'not_holder', input: { id: 'T-1', tick: [1] } });
  given.refused(visitor, 'task_update', { code: 'session_required', input: { id: 'T-1', tick: [1] } });
  given.do(ada, 'task_update', { id: 'T-1', tick: [1, 2, 2] });
  given.do(ada, 'task_update', { id: 'T-1', tick: [1], untick: [2] });
  assert.deepEqual(given.task('T-1').acceptance, [
    { text: 'one', done: true, by: 'ada' },
    { text: 'two', done: false },
  ]);
  given.do(ada, 'task_update', { id: 'T-1', tick: [1] });
  assert.deepEqual(given.written, []);
  given.refused(ada, 'task_update', {
    code: 'invalid_input',
    input: { id: 'T-1', tick: [1], untick: [1] },
  });
});

test('TA39 only the session that holds it', () => {
  const { given, ada } = heldBoard();
  const other = given.join('ada', { connection: 'other' });
  const refusal = given.refused(other, 'task_update', {
    code: 'not_holder',
    input: { id: 'T-1', status: 'in_review' },
  });
  assert.match(refusal.message, /another session of yours/);
  given.refused(other, 'task_release', { code: 'not_holder', input: { id: 'T-1' } });
  given.do(ada, 'task_release', { id: 'T-1' });
  const nobody = given.refused(ada, 'task_update', { code: 'not_holder', input: { id: 'T-1', tick: [1] } });
  assert.match(nobody.message, /nobody holds it/);
});

test('TA40 an epoch must be the current one', () => {
  const { given, ada } = heldBoard();
  const epoch = given.task('T-1').trail.seqs[1] ?? 0;
  given.do(ada, 'task_update', { id: 'T-1', epoch, note: 'n' });
  for (const [name, more] of [
    ['task_update', { note: 'n' }],
    ['task_done', {}],
    ['task_release', {}],
  ] as const) {
    const refusal = given.refused(ada, name, {
      code: 'stale_epoch',
      input: { id: 'T-1', epoch: epoch + 1, ...more },
    });
    assert.equal(refusal.details['current'], epoch);
  }
  given.do(ada, 'task_release', { id: 'T-1', epoch });
  for (const name of ['task_release', 'task_done']) {
    given.refused(ada, name, { code: 'stale_epoch', input: { id: 'T-1', epoch } });
  }
});

test('TA42 anybody leaves a note, whatever the status', () => {
  const { given, ada, eve } = heldBoard();
  given.do(eve, 'task_update', { id: 'T-1', note: 'have you seen #3?' });
  given.do(visitor, 'task_update', { id: 'T-1', note: 'me too' });
  given.do(ada, 'task_done', { id: 'T-1' });
  given.do(visitor, 'task_update', { id: 'T-1', note: 'thanks' });
  const { notes, notes_total } = given.do(visitor, 'task_get', { id: 'T-1', notes: 2 });
  assert.equal(notes_total, 3);
  assert.ok(Array.isArray(notes));
  assert.deepEqual(
    notes.map(({ by, text }) => [by, text]),
    [
      ['owner', 'me too'],
      ['owner', 'thanks'],
    ],
  );
});
