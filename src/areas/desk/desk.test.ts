import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { Actor } from '../../kernel/entry.ts';
import { graceMs } from '../../kernel/hold.ts';
import { isoTime, minuteMs } from '../../kernel/instants.ts';
import { LockYard } from '../../testing/lock-yard.ts';
import { TaskBoard, visitor } from '../../testing/task-board.ts';
import { start as operation } from './operations/start.ts';

const startedSchema = z.looseObject({
  agent: z.string(),
  session: z.string(),
  resumed: z.boolean(),
  holding: z.array(z.looseObject({ id: z.string(), epoch: z.number() })),
  lost: z.array(z.unknown()),
  waiting: z.array(z.looseObject({ kind: z.string(), ref: z.string(), text: z.string() })),
  next_task: z.looseObject({ id: z.string() }).nullable(),
});

type Started = z.infer<typeof startedSchema> & { readonly actor: Actor };

/** Calls start as somebody who has said nothing of himself yet. */
const start = (given: TaskBoard, input: Readonly<Record<string, unknown>>): Started => {
  const answer = startedSchema.parse(given.do(visitor, 'start', input));
  return { ...answer, actor: { ...visitor, agent: answer.agent, session: answer.session } };
};

const boardWith = (...tasks: readonly Readonly<Record<string, unknown>>[]): TaskBoard => {
  const given = new TaskBoard();
  given.do(visitor, 'task_add', { tasks: tasks.map((task) => ({ title: 'x', ...task })) });
  return given;
};

test('DE1 says who the caller is now, in which session and workspace', () => {
  const given = new TaskBoard();
  const ada = start(given, { agent: 'ada', capabilities: ['rust'], wip_limit: 3, branch: 'main' });
  assert.equal(ada.agent, 'ada');
  assert.equal(ada.resumed, false);
  assert.equal(ada['workspace'], 'test');
  assert.equal(ada['wip_limit'], 3);
  assert.equal(given.scenario.slices.agents.sessions.get(ada.session)?.agent, 'ada');
  assert.deepEqual(given.scenario.slices.agents.agents.get('ada')?.metadata, { branch: 'main' });
  const other = start(given, { agent: 'bob' });
  assert.notEqual(other.session, ada.session);
});

test('DE1 names whoever gives no name', () => {
  const given = new TaskBoard();
  assert.equal(start(given, { client: 'Claude Code' }).agent, 'claude-code-1');
  assert.equal(start(given, { client: 'Claude Code' }).agent, 'claude-code-2');
  assert.equal(start(given, {}).agent, 'agent-1');
});

test('DE1 says that a session was resumed, and that another one is new', () => {
  const given = new TaskBoard();
  const ada = start(given, { agent: 'ada' });
  const again = start(given, { session: ada.session });
  assert.deepEqual([again.agent, again.session, again.resumed], ['ada', ada.session, true]);
  const beside = start(given, { agent: 'ada' });
  assert.equal(beside.resumed, false);
  assert.notEqual(beside.session, ada.session);
  given.refused(visitor, 'start', { code: 'session_ended', input: { session: 's-unknown' } });
});

test('DE2 lists what the agent holds, with epochs that its calls may name', () => {
  const given = boardWith({ title: 'one' }, { title: 'two' }, {}, {});
  const ada = start(given, { agent: 'ada' });
  const bob = start(given, { agent: 'bob' });
  const epochs = ['T-1', 'T-2'].map((id) => given.do(ada.actor, 'task_claim', { id })['epoch']);
  given.do(bob.actor, 'task_claim', { id: 'T-3' });
  given.do(ada.actor, 'task_update', { id: 'T-2', status: 'in_review' });
  const { holding } = start(given, { session: ada.session });
  assert.deepEqual(holding, [
    { id: 'T-1', title: 'one', status: 'in_progress', epoch: epochs[0], revision: 2 },
    { id: 'T-2', title: 'two', status: 'in_review', epoch: epochs[1], revision: 3 },
  ]);
  for (const { id, epoch } of holding) given.do(ada.actor, 'task_done', { id, epoch });
  assert.deepEqual(start(given, { session: ada.session }).holding, []);
});

test('DE2 names the locks of the session, with their tokens, and of very many how many more there are', () => {
  const given = new TaskBoard();
  const ada = start(given, { agent: 'ada' });
  assert.ok(!('locks' in ada), 'nothing is said of locks where there are none');
  given.do(ada.actor, 'lock_acquire', { name: ['pytest', 'wave:5c.1'] });
  const [{ seq: token } = { seq: 0 }] = given.written;
  const again = start(given, { session: ada.session });
  assert.deepEqual(
    [again['locks'], again['more_locks']],
    [['pytest', 'wave:5c.1'].map((name) => ({ name, token })), undefined],
  );
  for (let i = 0; i < 20; i += 1) given.do(ada.actor, 'lock_acquire', { name: `issue:${i}` });
  const many = z.array(z.unknown()).parse(start(given, { session: ada.session })['locks']);
  assert.deepEqual([many.length, start(given, { session: ada.session })['more_locks']], [20, 2]);
  given.do(ada.actor, 'lock_release');
  assert.ok(!('locks' in start(given, { session: ada.session })));
});

test('DE2 coming back within the grace resumes the session with its hold', () => {
  const given = boardWith({}, {});
  const ada = start(given, { agent: 'ada' });
  const { epoch } = given.do(ada.actor, 'task_claim', { id: 'T-1' });
  given.do(ada.actor, 'agent_leave');
  assert.deepEqual(given.pass(graceMs - 1), []);
  const back = start(given, { agent: 'ada' });
  assert.deepEqual([back.resumed, back.session], [true, ada.session]);
  assert.deepEqual(
    back.holding.map((held) => [held.id, held.epoch]),
    [['T-1', epoch]],
  );
  assert.deepEqual([back.lost, back.waiting], [[], []]);
  assert.deepEqual(given.pass(graceMs), [], 'the time of grace is over for good');
  given.do(back.actor, 'task_done', { id: 'T-1', epoch });
});

test('DE3 leaving releases what was held after the grace, in the unit of the expiry', () => {
  const given = boardWith({}, {});
  const ada = start(given, { agent: 'ada' });
  for (const id of ['T-1', 'T-2']) given.do(ada.actor, 'task_claim', { id });
  given.do(ada.actor, 'agent_leave');
  assert.equal(given.task('T-1').state.status, 'in_progress');
  const written = given.pass(graceMs);
  assert.deepEqual(
    written.map(({ type }) => type),
    ['agents.session_expired', 'tasks.expired'],
  );
  assert.equal(new Set(written.map(({ cause }) => cause.unit)).size, 1);
  for (const id of ['T-1', 'T-2']) assert.equal(given.task(id).state.status, 'todo');
  given.refused(visitor, 'start', { code: 'session_ended', input: { session: ada.session } });
  assert.equal(start(given, { agent: 'bob' }).next_task?.id, 'T-1');
});

test('DE3 tells once what was lost while the agent was away, and to whom', () => {
  const given = boardWith({}, {}, {}, {});
  const ada = start(given, { agent: 'ada' });
  for (const id of ['T-1', 'T-2', 'T-3']) given.do(ada.actor, 'task_claim', { id });
  given.do(ada.actor, 'agent_leave');
  given.pass(minuteMs);
  const bob = start(given, { agent: 'bob' });
  const takenAt = isoTime(given.scenario.now);
  given.do(bob.actor, 'task_claim', { id: 'T-1', reason: 'ada has left' });
  given.pass(graceMs);
  const expiredAt = isoTime(given.scenario.now);
  given.do(bob.actor, 'task_claim', { id: 'T-2' });

  const back = start(given, { agent: 'ada' });
  assert.equal(back.resumed, false);
  assert.deepEqual(back.holding, []);
  assert.deepEqual(back.lost, [
    { task: 'T-1', why: 'taken_over', by: 'bob', reason: 'ada has left', at: takenAt },
    { task: 'T-2', why: 'expired', by: 'bob', reason: null, at: expiredAt },
    { task: 'T-3', why: 'expired', by: null, reason: null, at: expiredAt },
  ]);
  assert.deepEqual(
    back.waiting.map(({ kind, ref }) => [kind, ref]),
    [
      ['task_lost', 'T-1'],
      ['task_lost', 'T-2'],
      ['task_lost', 'T-3'],
    ],
  );
  assert.match(back.waiting[1]?.text ?? '', /now held by bob/);

  const later = start(given, { session: back.session });
  assert.deepEqual([later.lost, later.waiting], [[], []]);
  assert.deepEqual(start(given, { agent: 'bob' }).lost, []);
});

test('DE3 what was lost to somebody who has finished it since is told so too', () => {
  const given = boardWith({});
  const ada = start(given, { agent: 'ada' });
  given.do(ada.actor, 'task_claim');
  given.do(ada.actor, 'agent_leave');
  given.pass(graceMs);
  given.do(start(given, { agent: 'bob' }).actor, 'task_done', { id: 'T-1' });
  assert.match(JSON.stringify(start(given, { agent: 'ada' }).lost), /"by":"bob"/);
});

test('DE4 suggests the task that task_claim would take', () => {
  const given = boardWith(
    { slug: 'low', priority: 4 },
    { slug: 'gpu', priority: 1, requires: ['gpu'] },
    { slug: 'top', title: 'Do me', priority: 2 },
    { slug: 'waits', priority: 1, depends_on: ['low'] },
  );
  const ada = start(given, { agent: 'ada' });
  assert.deepEqual(ada.next_task, { id: 'top', title: 'Do me', priority: 2 });
  assert.equal(given.do(ada.actor, 'task_claim')['id'], 'top');
  const bob = start(given, { agent: 'bob', capabilities: ['gpu'] });
  assert.equal(bob.next_task?.id, 'gpu');
  assert.equal(given.do(bob.actor, 'task_claim')['id'], 'gpu');
});

test('DE4 suggests nothing when nothing is ready', () => {
  const given = boardWith({ slug: 'a' }, { slug: 'b', depends_on: ['a'] });
  const ada = start(given, { agent: 'ada' });
  given.do(ada.actor, 'task_claim');
  assert.equal(start(given, { agent: 'bob' }).next_task, null);
  given.do(ada.actor, 'task_done', { id: 'a' });
  assert.equal(start(given, { agent: 'bob' }).next_task?.id, 'b');
  assert.equal(start(new TaskBoard(), { agent: 'ada' }).next_task, null);
});

test('DE4 suggests nothing at the WIP limit', () => {
  const given = boardWith({ slug: 'a' }, { slug: 'b' });
  const ada = start(given, { agent: 'ada', wip_limit: 1 });
  given.do(ada.actor, 'task_claim');
  assert.equal(start(given, { agent: 'ada', session: ada.session }).next_task, null);
});

const open = (count: number) => Object.fromEntries([['todo', count]]);

test('DE5 counts the tasks by status and the agents by how lively they are, and nothing that there is none of', () => {
  const given = boardWith({ slug: 'a' }, { slug: 'b' }, { slug: 'c' }, { slug: 'd', depends_on: ['a'] });
  assert.deepEqual(new TaskBoard().do(visitor, 'status'), { workspace: 'test', tasks: {}, agents: {} });
  const ada = start(given, { agent: 'ada' });
  for (const id of ['a', 'b']) given.do(ada.actor, 'task_claim', { id });
  given.do(ada.actor, 'task_update', { id: 'a', status: 'in_review' });
  given.pass(6 * minuteMs);
  const bob = start(given, { agent: 'bob' });
  const counted = (): unknown => given.do(visitor, 'status')['tasks'];
  const tasks = { in_progress: 1, in_review: 1, ready: 1, ...open(2) };
  assert.deepEqual(given.do(bob.actor, 'status'), {
    workspace: 'test',
    tasks,
    agents: { active: 1, idle: 1 },
  });
  assert.deepEqual(counted(), tasks);
  given.do(ada.actor, 'task_done', { id: 'a' });
  given.do(ada.actor, 'task_update', { id: 'b', status: 'blocked', reason: 'no key' });
  given.do(ada.actor, 'task_update', { id: 'c', revision: 1, status: 'cancelled', reason: 'x' });
  assert.deepEqual(counted(), { ready: 1, blocked: 1, done: 1, cancelled: 1, ...open(1) });
});

test('DE15 names what is going on to whoever speaks for no agent', () => {
  const given = boardWith({ slug: 'a', title: 'Mend it' }, { slug: 'b' }, { slug: 'c' });
  const ada = start(given, { agent: 'ada' });
  given.do(ada.actor, 'task_claim', { id: 'a' });
  given.do(ada.actor, 'lock_acquire', { name: 'pytest', purpose: 'to see' });
  const since = isoTime(given.scenario.now);
  given.pass(2 * minuteMs);
  const bob = start(given, { agent: 'bob' });
  given.do(bob.actor, 'lock_acquire', { name: 'vitest' });
  given.do(bob.actor, 'message_send', { to: 'ada', text: 'x' });
  const at = isoTime(given.scenario.now);
  const asked = given.do(visitor, 'status');
  assert.deepEqual(asked['in_progress'], {
    items: [{ id: 'a', title: 'Mend it', holder: 'ada', since }],
    total: 1,
  });
  assert.deepEqual(asked['locks'], {
    items: [
      { name: 'pytest', holder: 'ada', since },
      { name: 'vitest', holder: 'bob', since: at },
    ],
    total: 2,
  });
  assert.deepEqual(asked['active'], {
    items: [
      { agent: 'bob', last_seen: at },
      { agent: 'ada', last_seen: since },
    ],
    total: 2,
  });
  assert.equal(asked['undelivered_messages'], 1);
  const own = given.do(ada.actor, 'status');
  assert.deepEqual(Object.keys(own), ['workspace', 'tasks', 'agents', 'unread_messages']);
  assert.equal(own['unread_messages'], 1);
});

test('DE15 says how many wait for a lock, its parts or its whole', () => {
  const yard = new LockYard();
  const [ada, bob, eve] = [yard.join('ada'), yard.join('bob'), yard.join('eve')];
  yard.lock(ada, 'wave:5c.1');
  yard.lock(ada, 'free');
  yard.queue(bob, 'wave:5c');
  yard.queue(eve, 'wave:5c.1');
  const { items } = z
    .object({ items: z.array(z.object({ name: z.string(), waiting: z.number().optional() })) })
    .parse(yard.do(visitor, 'status')['locks']);
  assert.deepEqual(items, [{ name: 'wave:5c.1', waiting: 2 }, { name: 'free' }]);
});

test('DE15 names ten of each, and says how many there are', () => {
  const slugs = Array.from({ length: 12 }, (_, i) => `t${i}`);
  const given = boardWith(...slugs.map((slug) => ({ slug })));
  for (const slug of slugs) {
    const { actor } = start(given, { agent: slug });
    given.do(actor, 'task_claim', { id: slug });
    given.do(actor, 'lock_acquire', { name: slug });
  }
  const asked = given.do(visitor, 'status');
  for (const list of ['in_progress', 'locks', 'active']) {
    const { items, total } = z.object({ items: z.array(z.unknown()), total: z.number() }).parse(asked[list]);
    assert.deepEqual([items.length, total], [10, 12], list);
  }
});

test('the examples of start are understood', () => {
  for (const { input } of operation.examples) start(new TaskBoard(), input);
});
