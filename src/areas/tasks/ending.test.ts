import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graceMs, idleMs } from '../../kernel/hold.ts';
import { dayMs, minuteMs } from '../../kernel/instants.ts';
import { TaskBoard, visitor } from '../../testing/task-board.ts';
import { lossesPerAgentMax } from './model/limits.ts';
import { lossesSince } from './model/task.ts';

const boardWith = (...tasks: readonly Readonly<Record<string, unknown>>[]): TaskBoard => {
  const given = new TaskBoard();
  given.do(visitor, 'task_add', { tasks: tasks.map((task) => ({ title: 'x', ...task })) });
  return given;
};

test('TA44 keeps the result and names what became ready', () => {
  const given = boardWith(
    { slug: 'a' },
    { slug: 'b', depends_on: ['a'] },
    { slug: 'c', depends_on: ['a', 'b'] },
    { slug: 'd', depends_on: ['a'] },
  );
  const ada = given.join('ada');
  given.do(visitor, 'task_update', { id: 'd', revision: 1, status: 'blocked', reason: 'r' });
  given.do(ada, 'task_claim', { id: 'a' });
  const done = given.do(ada, 'task_done', { id: 'a', result: 'all of it' });
  assert.deepEqual(done, { id: 'a', status: 'done', revision: 3, now_ready: ['b'] });
  const { result, closed } = given.do(visitor, 'task_get', { id: 'a' });
  assert.equal(result, 'all of it');
  assert.deepEqual(closed, { by: 'ada', at: new Date(given.scenario.now).toISOString() });
  given.refused(ada, 'task_done', { code: 'invalid_state', input: { id: 'a' } });
  given.refused(ada, 'task_done', { code: 'invalid_state', input: { id: 'd' } });
  given.refused(visitor, 'task_done', { code: 'session_required', input: { id: 'b' } });
  given.refused(ada, 'task_done', { code: 'not_found', input: { id: 'nope' } });
});

test('TA45 open items need a reason', () => {
  const given = boardWith({ acceptance: ['one', 'two'] });
  const ada = given.join('ada');
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.do(ada, 'task_update', { id: 'T-1', tick: [1] });
  const refusal = given.refused(ada, 'task_done', { code: 'checklist_open', input: { id: 'T-1' } });
  assert.match(refusal.message, /2\. two/);
  given.do(ada, 'task_done', { id: 'T-1', open_items_reason: 'later' });
  assert.deepEqual(given.written[0]?.data, { id: 'T-1', revision: 3, openItemsReason: 'later' });
});

test('TA46 what nobody holds is claimed and finished at once, beyond the WIP limit', () => {
  const given = boardWith({}, {}, { depends_on: ['T-2'] }, { requires: ['rust'] }, { files: ['src'] });
  const ada = given.join('ada', { wipLimit: 1 });
  given.do(ada, 'task_claim', { id: 'T-1' });
  const done = given.do(ada, 'task_done', { id: 'T-2' });
  assert.deepEqual(given.types, ['tasks.claimed', 'tasks.finished']);
  assert.deepEqual(done, { id: 'T-2', status: 'done', revision: 3, now_ready: ['T-3'] });
  given.do(visitor, 'task_update', { id: 'T-2', revision: 3, status: 'todo' });
  given.refused(ada, 'task_done', { code: 'not_ready', input: { id: 'T-3' } });
  given.refused(ada, 'task_done', { code: 'not_capable', input: { id: 'T-4' } });
  const eve = given.join('eve');
  given.do(visitor, 'task_add', { title: 'y', files: ['src/a.ts'] });
  given.do(eve, 'task_claim', { id: 'T-6' });
  given.refused(ada, 'task_done', { code: 'held', input: { id: 'T-5' } });
  given.refused(ada, 'task_done', { code: 'not_holder', input: { id: 'T-6' } });
});

test('TA47 releasing makes it todo, with a note', () => {
  const given = boardWith({});
  const ada = given.join('ada');
  given.do(ada, 'task_claim', { id: 'T-1' });
  const released = given.do(ada, 'task_release', { id: 'T-1', note: 'half done' });
  assert.deepEqual(released, { id: 'T-1', status: 'todo', revision: 3 });
  assert.deepEqual(given.types, ['tasks.noted', 'tasks.released']);
  given.refused(ada, 'task_release', { code: 'not_holder', input: { id: 'T-1' } });
  given.refused(visitor, 'task_release', { code: 'session_required', input: { id: 'T-1' } });
  given.refused(ada, 'task_release', { code: 'not_found', input: { id: 'T-2' } });
});

test('TA48 an expired session loses everything in one entry', () => {
  const given = boardWith({}, { files: ['src'] }, {});
  const ada = given.join('ada');
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.do(ada, 'task_claim', { id: 'T-2' });
  given.leave(ada);
  const entries = given.pass(graceMs);
  assert.deepEqual(
    entries.map(({ type }) => type),
    ['agents.session_expired', 'tasks.expired'],
  );
  assert.deepEqual(entries[1]?.data, {
    agent: 'ada',
    session: ada.session,
    released: [
      { id: 'T-1', revision: 3 },
      { id: 'T-2', revision: 3 },
    ],
  });
  const eve = given.join('eve');
  given.do(eve, 'task_claim', { id: 'T-2' });
  given.leave(eve);
  given.do(given.join('bob'), 'task_claim', { id: 'T-3' });
  given.pass(dayMs);
  assert.equal(given.task('T-3').state.status, 'todo');
});

test('TA48 a session that held nothing writes nothing more', () => {
  const given = boardWith({});
  given.leave(given.join('ada'));
  assert.deepEqual(
    given.pass(graceMs).map(({ type }) => type),
    ['agents.session_expired'],
  );
});

test('TA49 the last 50 losses are remembered', () => {
  const given = boardWith(...Array.from({ length: lossesPerAgentMax + 5 }, () => ({})));
  const ada = given.join('ada', { wipLimit: 100 });
  for (let n = 0; n < lossesPerAgentMax + 5; n += 1) given.do(ada, 'task_claim', {});
  given.leave(ada);
  given.pass(graceMs);
  const losses = lossesSince(given.scenario.slices.tasks, 'ada', 0);
  assert.equal(losses.length, lossesPerAgentMax);
  assert.equal(losses.at(-1)?.task, `T-${lossesPerAgentMax + 5}`);
  assert.deepEqual(lossesSince(given.scenario.slices.tasks, 'ada', losses[0]?.seq ?? 0), []);
});

test('TA50 losses are there after coming back, without what is held again', () => {
  const given = boardWith({}, {});
  const ada = given.join('ada');
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.do(ada, 'task_claim', { id: 'T-2' });
  given.leave(ada);
  given.pass(graceMs);
  const again = given.join('ada');
  assert.deepEqual(
    given.attention('ada').map(({ kind, ref }) => [kind, ref]),
    [
      ['task_lost', 'T-1'],
      ['task_lost', 'T-2'],
    ],
  );
  given.do(again, 'task_claim', { id: 'T-1' });
  assert.deepEqual(
    given.attention('ada').map(({ ref }) => ref),
    ['T-2'],
  );
  given.join('ada');
  assert.deepEqual(given.attention('ada'), []);
  assert.deepEqual(given.attention('nobody'), []);
});

test('TA50 what became of a task after its session expired is told as it is now', () => {
  const given = boardWith({}, {}, {});
  const ada = given.join('ada');
  for (const id of ['T-1', 'T-2', 'T-3']) given.do(ada, 'task_claim', { id });
  given.leave(ada);
  given.pass(graceMs);
  const bob = given.join('bob');
  given.do(bob, 'task_claim', { id: 'T-2' });
  given.do(bob, 'task_done', { id: 'T-3' });
  given.join('ada');
  assert.deepEqual(
    given.attention('ada').map(({ text }) => text),
    [
      'Your session expired, and T-1 is free again. Claim it again if you go on with it.',
      'Your session expired, and T-2 is now held by bob. Do not go on with it.',
      'Your session expired, and T-3 is done. Do not go on with it.',
    ],
  );
});

test('TA50 taken over and cancelled tasks say by whom and why', () => {
  const given = boardWith({}, {});
  const ada = given.join('ada');
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.do(ada, 'task_claim', { id: 'T-2' });
  given.pass(idleMs);
  const eve = given.join('eve', { role: 'approver' });
  given.do(eve, 'task_claim', { id: 'T-1', reason: 'stale' });
  given.do(eve, 'task_update', { id: 'T-2', revision: 2, status: 'cancelled', reason: 'no' });
  assert.deepEqual(
    given.attention('ada').map(({ text }) => text),
    [
      'eve took over your task T-1: "stale". Do not go on with it.',
      'eve cancelled your task T-2: "no". Do not go on with it.',
    ],
  );
});

test('TA51 review, cancelled dependencies and holds of a former session want something', () => {
  const given = boardWith({ slug: 'a' }, { slug: 'b', depends_on: ['a'] });
  const ada = given.join('ada');
  given.do(ada, 'task_done', { id: 'a' });
  given.do(ada, 'task_claim', { id: 'b' });
  assert.deepEqual(given.attention('ada'), []);
  given.do(ada, 'task_update', { id: 'a', revision: 3, status: 'todo' });
  given.do(ada, 'task_update', { id: 'a', revision: 4, status: 'cancelled', reason: 'r' });
  given.do(ada, 'task_update', { id: 'b', status: 'in_review' });
  given.pass(6 * minuteMs);
  const kinds = (): readonly string[] => given.attention('ada').map(({ kind, ref }) => `${kind} ${ref}`);
  assert.deepEqual(kinds(), ['task_in_review b', 'task_flagged b']);
  given.join('ada', { connection: 'other' });
  assert.deepEqual(kinds(), ['task_held_elsewhere b', 'task_in_review b', 'task_flagged b']);
});
