import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activeMs, graceMs, idleMs } from '../../kernel/hold.ts';
import { dayMs, minuteMs } from '../../kernel/instants.ts';
import { TaskBoard, visitor } from '../../testing/task-board.ts';
import { blockersNamedMax, skippedCandidatesMax } from './model/limits.ts';
import { lossesSince } from './model/task.ts';
import { taskClaim } from './operations/claim.ts';

/** A board with these tasks. */
const boardWith = (...tasks: readonly Readonly<Record<string, unknown>>[]): TaskBoard => {
  const given = new TaskBoard();
  given.do(visitor, 'task_add', { tasks: tasks.map((task) => ({ title: 'x', ...task })) });
  return given;
};

test('TA17 needs a session', () => {
  const given = boardWith({});
  given.refused(visitor, 'task_claim', { code: 'session_required', input: { id: 'T-1' } });
  given.refused({ ...visitor, agent: 'ada' }, 'task_claim', { code: 'session_required' });
});

test('TA18 gives the task, with the epoch of the entry that granted it', () => {
  const given = boardWith({ body: 'all of it', acceptance: ['one'] });
  const ada = given.join('ada');
  const claimed = given.do(ada, 'task_claim', { id: 'T-1' });
  assert.equal(claimed['epoch'], given.written[0]?.seq);
  assert.equal(claimed['revision'], 2);
  assert.equal(claimed['status'], 'in_progress');
  assert.equal(claimed['body'], 'all of it');
  assert.deepEqual(claimed['acceptance'], [{ n: 1, text: 'one', done: false }]);
});

test('TA18 names the dependencies that are not done', () => {
  const given = boardWith({ slug: 'a' }, { slug: 'b' }, { slug: 'c', depends_on: ['a', 'b'] });
  const ada = given.join('ada');
  given.do(ada, 'task_claim', { id: 'a' });
  const refusal = given.refused(ada, 'task_claim', { code: 'not_ready', input: { id: 'c' } });
  assert.match(refusal.message, /a \(in_progress\), b \(todo\)/);
});

test('TA18 nothing closed or blocked is claimed', () => {
  const given = boardWith({}, {}, {});
  const ada = given.join('ada');
  given.do(ada, 'task_done', { id: 'T-1' });
  given.do(ada, 'task_update', { id: 'T-2', revision: 1, status: 'cancelled', reason: 'no' });
  given.do(ada, 'task_update', { id: 'T-3', revision: 1, status: 'blocked', reason: 'no key' });
  given.refused(ada, 'task_claim', { code: 'invalid_state', input: { id: 'T-1' } });
  given.refused(ada, 'task_claim', { code: 'invalid_state', input: { id: 'T-2' } });
  const refusal = given.refused(ada, 'task_claim', { code: 'invalid_state', input: { id: 'T-3' } });
  assert.match(refusal.message, /blocked by ada 0 s ago \("no key"\)/);
  given.refused(ada, 'task_claim', { code: 'not_found', input: { id: 'T-4' } });
});

test('TA19 the agent must be capable', () => {
  const given = boardWith({ requires: ['rust', 'gpu'] });
  const ada = given.join('ada', { capabilities: ['rust'] });
  const refusal = given.refused(ada, 'task_claim', { code: 'not_capable', input: { id: 'T-1' } });
  assert.deepEqual(refusal.details, { task: 'T-1', missing: ['gpu'] });
  const eve = given.join('eve', { capabilities: ['gpu', 'rust', 'go'] });
  given.do(eve, 'task_claim', { id: 'T-1' });
});

test('TA20 files of another agent are not touched', () => {
  const given = boardWith(
    { files: ['src/login/**'] },
    { files: ['src/login/a.ts'] },
    { files: ['src/other.ts'] },
  );
  const ada = given.join('ada');
  const eve = given.join('eve');
  given.do(ada, 'task_claim', { id: 'T-1' });
  const refusal = given.refused(eve, 'task_claim', { code: 'held', input: { id: 'T-2' } });
  assert.deepEqual(refusal.details['blocker'], { task: 'T-1', files: 'src/login/**', holder: 'ada' });
  given.do(eve, 'task_claim', { id: 'T-3' });
  given.do(ada, 'task_claim', { id: 'T-2' });
  given.do(ada, 'task_done', { id: 'T-1' });
  given.do(ada, 'task_release', { id: 'T-2' });
  given.do(eve, 'task_claim', { id: 'T-2' });
});

test('TA21 nor come to be touched by changing the files of a held task', () => {
  const given = boardWith({ files: ['src/a.ts'] }, { files: ['src/b.ts'] });
  const ada = given.join('ada');
  const eve = given.join('eve');
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.do(eve, 'task_claim', { id: 'T-2' });
  given.refused(eve, 'task_update', {
    code: 'held',
    input: { id: 'T-2', revision: 2, files: ['src/b.ts', 'src/*.ts'] },
  });
  given.do(eve, 'task_update', { id: 'T-2', revision: 2, files: ['src/c.ts'] });
  given.do(ada, 'task_update', { id: 'T-1', revision: 2, files: ['src/b.ts'] });
});

test('TA22 what another holds is refused with who, since when and how lively', () => {
  const given = boardWith({});
  const ada = given.join('ada');
  const eve = given.join('eve');
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.pass(10 * minuteMs);
  const refusal = given.refused(eve, 'task_claim', { code: 'held', input: { id: 'T-1', reason: 'mine' } });
  assert.match(refusal.message, /held by ada \(session idle\) for 10 min/);
  assert.equal(refusal.details['holder'], 'ada');
  assert.equal(refusal.details['tier'], 'idle');
});

test('TA23 a stale hold is taken over with a reason, which is a loss', () => {
  const given = boardWith({});
  const ada = given.join('ada');
  const before = given.scenario.entries.length;
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.do(ada, 'task_update', { id: 'T-1', status: 'in_review' });
  given.pass(idleMs);
  const eve = given.join('eve');
  const refusal = given.refused(eve, 'task_claim', { code: 'held', input: { id: 'T-1' } });
  assert.match(refusal.message, /with a reason/);
  const claimed = given.do(eve, 'task_claim', { id: 'T-1', reason: 'ada is gone' });
  assert.equal(claimed['taken_over_from'], 'ada');
  assert.equal(claimed['status'], 'in_review');
  const losses = lossesSince(given.scenario.slices.tasks, 'ada', before);
  assert.deepEqual(
    losses.map(({ task, why, by, reason }) => ({ task, why, by, reason })),
    [{ task: 'T-1', why: 'taken_over', by: 'eve', reason: 'ada is gone' }],
  );
  given.refused(ada, 'task_done', { code: 'not_holder', input: { id: 'T-1' } });
});

test('TA23 so is that of a session in its grace', () => {
  const given = boardWith({});
  const ada = given.join('ada');
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.leave(ada);
  const eve = given.join('eve');
  given.refused(eve, 'task_claim', { code: 'held', input: { id: 'T-1' } });
  given.do(eve, 'task_claim', { id: 'T-1', reason: 'left' });
});

test('TA24 an agent takes over from its own other session once that is not active', () => {
  const given = boardWith({});
  const first = given.join('ada');
  given.do(first, 'task_claim', { id: 'T-1' });
  const second = given.join('ada', { connection: 'other' });
  const refusal = given.refused(second, 'task_claim', { code: 'held', input: { id: 'T-1', reason: 'x' } });
  assert.match(refusal.message, /your own other session/);
  given.pass(activeMs);
  given.do(second, 'task_claim', { id: 'T-1' });
  assert.equal(given.task('T-1').revision, 3);
  assert.deepEqual(lossesSince(given.scenario.slices.tasks, 'ada', 0), []);
  given.refused(first, 'task_done', { code: 'not_holder', input: { id: 'T-1' } });
});

test('TA25 the WIP limit counts what is in progress and in review', () => {
  const given = boardWith({}, {}, {}, {});
  const ada = given.join('ada', { wipLimit: 2 });
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.do(ada, 'task_update', { id: 'T-1', status: 'in_review' });
  given.do(ada, 'task_claim', {});
  const refusal = given.refused(ada, 'task_claim', { code: 'wip_limit', input: { id: 'T-3' } });
  assert.match(refusal.message, /T-1 \(in_review\), T-2 \(in_progress\)/);
  given.refused(ada, 'task_claim', { code: 'wip_limit', input: {} });
  assert.equal(given.do(ada, 'task_claim', { id: 'T-1' })['status'], 'in_review');
  given.pass(activeMs);
  const again = given.join('ada', { connection: 'other' });
  given.do(again, 'task_claim', { id: 'T-1' });
  given.do(again, 'task_done', { id: 'T-1' });
  given.do(again, 'task_claim', { id: 'T-3' });
});

test('TA25 who holds hundreds is told ten of them, and how many there are', () => {
  const given = boardWith(...Array.from({ length: 13 }, () => ({})));
  const ada = given.join('ada', { wipLimit: 12 });
  for (let id = 1; id <= 12; id += 1) given.do(ada, 'task_claim', { id: `T-${id}` });
  const { message, details } = given.refused(ada, 'task_claim', { code: 'wip_limit', input: {} });
  assert.match(
    message,
    /^ada holds 12 tasks, and its WIP limit is 12: T-1 \(in_progress\), .* and 2 more\. /,
  );
  assert.deepEqual([details['held_total'], (details['held'] as string[]).length], [12, 10]);
});

test('TA26 claiming what one holds writes nothing', () => {
  const given = boardWith({});
  const ada = given.join('ada');
  const first = given.do(ada, 'task_claim', { id: 'T-1' });
  const second = given.do(ada, 'task_claim', { id: 'T-1' });
  assert.deepEqual(given.written, []);
  assert.deepEqual(second, first);
});

test('TA27 a day of waiting weighs as much as one step of priority', () => {
  const given = boardWith({ priority: 3 });
  given.pass(dayMs - 1);
  given.do(visitor, 'task_add', { title: 'urgent', priority: 2 });
  const ada = given.join('ada');
  assert.equal(given.do(ada, 'task_claim')['id'], 'T-2');
  given.do(ada, 'task_release', { id: 'T-2' });
  given.do(visitor, 'task_update', { id: 'T-1', revision: 1, priority: 2 });
  assert.equal(given.do(ada, 'task_claim')['id'], 'T-1');
});

test('TA27 ties go by number, and only fitting lanes count', () => {
  const given = boardWith({ requires: ['rust'], priority: 1 }, { project: 'shop' }, {}, { requires: ['go'] });
  const ada = given.join('ada', { capabilities: ['go'] });
  assert.equal(given.do(ada, 'task_claim')['id'], 'T-2');
  assert.equal(given.do(ada, 'task_claim')['id'], 'T-3');
  assert.equal(given.do(ada, 'task_claim')['id'], 'T-4');
  const refusal = given.refused(ada, 'task_claim', { code: 'nothing_free' });
  assert.equal(refusal.details['needing_other_capabilities'], 1);
  assert.deepEqual(refusal.details['missing_capabilities'], ['rust']);
});

test('TA27 a project narrows the choice', () => {
  const given = boardWith({ priority: 1 }, { project: 'shop' });
  const ada = given.join('ada');
  assert.equal(given.do(ada, 'task_claim', { project: 'shop' })['id'], 'T-2');
  const refusal = given.refused(ada, 'task_claim', { code: 'nothing_free', input: { project: 'shop' } });
  assert.equal(refusal.details['in_other_projects'], 1);
  given.refused(ada, 'task_claim', { code: 'invalid_input', input: { id: 'T-1', project: 'shop' } });
});

test('TA28 a contestable hold is taken only when nothing is ready, the oldest first', () => {
  const given = boardWith({}, {}, {});
  const ada = given.join('ada');
  const bob = given.join('bob');
  given.do(bob, 'task_claim', { id: 'T-2' });
  given.do(ada, 'task_claim', { id: 'T-1' });
  given.pass(minuteMs);
  given.see(ada);
  given.pass(idleMs);
  const eve = given.join('eve');
  assert.equal(given.do(eve, 'task_claim')['taken_over_from'], undefined);
  const second = given.do(eve, 'task_claim');
  assert.deepEqual([second['id'], second['taken_over_from']], ['T-2', 'bob']);
  assert.equal(given.do(eve, 'task_claim')['taken_over_from'], 'ada');
  given.refused(eve, 'task_claim', { code: 'nothing_free' });
});

test('TA28 a session that has ended counts from its end', () => {
  const given = boardWith({});
  const ada = given.join('ada');
  given.do(ada, 'task_claim', { id: 'T-1' });
  const eve = given.join('eve');
  given.refused(eve, 'task_claim', { code: 'nothing_free' });
  given.leave(ada);
  given.pass(graceMs - 1);
  assert.equal(given.do(eve, 'task_claim')['taken_over_from'], 'ada');
});

test('TA29 tasks in the way are passed over and named', () => {
  const given = boardWith(
    { files: ['src'] },
    { files: ['src/a.ts'], priority: 1 },
    { files: ['docs/a.md'], priority: 5 },
    { slug: 'w', depends_on: ['T-1'] },
  );
  const ada = given.join('ada');
  const eve = given.join('eve');
  given.do(ada, 'task_claim', { id: 'T-1' });
  assert.equal(given.do(eve, 'task_claim')['id'], 'T-3');
  const refusal = given.refused(eve, 'task_claim', { code: 'nothing_free' });
  assert.deepEqual(refusal.details, {
    skipped: 1,
    blockers: [{ task: 'T-1', files: 'src', holder: 'ada' }],
    needing_other_capabilities: 0,
    missing_capabilities: [],
    in_other_projects: 0,
    waiting: 1,
    blocked: 0,
    held: 2,
  });
});

test('TA29 at most 200 are passed over, and at most 10 in the way are named', () => {
  const given = new TaskBoard();
  const ada = given.join('ada', { wipLimit: 100 });
  for (let n = 0; n < blockersNamedMax + 2; n += 1) {
    given.do(visitor, 'task_add', { title: 'x', files: [`src/${n}`] });
    given.do(ada, 'task_claim', {});
  }
  for (let n = 0; n < skippedCandidatesMax; n += 100) {
    const tasks = Array.from({ length: 100 }, (_, i) => ({
      title: 'x',
      files: [`src/${(n + i) % (blockersNamedMax + 2)}/x`],
    }));
    given.do(visitor, 'task_add', { tasks });
  }
  given.do(visitor, 'task_add', { title: 'free', priority: 4 });
  const eve = given.join('eve');
  const refusal = given.refused(eve, 'task_claim', { code: 'nothing_free' });
  assert.equal(refusal.details['skipped'], skippedCandidatesMax);
  const { blockers } = refusal.details;
  assert.ok(Array.isArray(blockers) && blockers.length === blockersNamedMax);
  given.do(ada, 'task_claim', { id: `T-${blockersNamedMax + 3}` });
  assert.equal(given.do(eve, 'task_claim')['title'], 'free');
});

test('TA29 an empty board says so', () => {
  const given = new TaskBoard();
  const refusal = given.refused(given.join('ada'), 'task_claim', { code: 'nothing_free' });
  assert.match(refusal.message, /no open task/);
});

/** Takes long to be compared with another of these, and does not meet it. */
const costly = (letter: string, n: number): string => `**/*${letter}${n}*${'x'.repeat(32)}*/**/${letter}*`;

test('TA20 TA21 whether files meet depends on the two tasks only, however many others are held', () => {
  const given = new TaskBoard();
  const ada = given.join('ada', { wipLimit: 100 });
  for (let n = 0; n < 20; n += 1) {
    const files = Array.from({ length: 10 }, (_, i) => costly('a', n * 10 + i));
    given.do(visitor, 'task_add', { title: 'x', files });
    given.do(ada, 'task_claim', {});
  }
  const files = [...Array.from({ length: 10 }, (_, i) => costly('b', i)), '**/b*'];
  given.do(visitor, 'task_add', { title: 'y', files });
  given.do(given.join('eve'), 'task_claim', { id: 'T-21' });
});

test('TA29 comparing files ends after 500,000 steps', () => {
  const given = new TaskBoard();
  const ada = given.join('ada', { wipLimit: 100 });
  const wild = costly;
  for (let n = 0; n < 20; n += 1) {
    given.do(visitor, 'task_add', {
      title: 'x',
      files: Array.from({ length: 10 }, (_, i) => wild('a', n * 10 + i)),
    });
    given.do(ada, 'task_claim', {});
  }
  // All but the last are compared with everything, in vain.
  const files = [...Array.from({ length: 10 }, (_, i) => wild('b', i)), '**'];
  given.do(visitor, 'task_add', { tasks: Array.from({ length: 100 }, () => ({ title: 'x', files })) });
  const eve = given.join('eve');
  const begun = performance.now();
  const refusal = given.refused(eve, 'task_claim', { code: 'nothing_free' });
  assert.ok(performance.now() - begun < 2_000);
  assert.ok(Number(refusal.details['skipped']) < 100);
});

test('TA52 a claim may wait, under the key that rings when something is free', () => {
  const prepared = taskClaim.prepare({ wait_ms: 500 });
  assert.ok(prepared.ok && prepared.value.kind === 'command');
  assert.equal(prepared.value.limitMs, 500);
  assert.deepEqual(prepared.value.retry, {
    key: 'tasks.ready',
    codes: ['nothing_free', 'held', 'not_ready'],
  });
  assert.equal(taskClaim.prepare({ wait_ms: 55_001 }).ok, false);
});
