import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Actor } from '../../kernel/entry.ts';
import { abandonMs, activeMs, graceMs, idleMs } from '../../kernel/hold.ts';
import { present } from '../../kernel/assert.ts';
import { minuteMs, secondMs } from '../../kernel/instants.ts';
import type { Caller } from '../../kernel/operation.ts';
import { Scenario } from '../../testing/scenario.ts';
import { TaskBoard, visitor } from '../../testing/task-board.ts';
import { areas, initialSlices } from '../index.ts';
import { tasksHeldBy } from '../tasks/model/index.ts';
import { type StartCommand, agentsIntent } from './decide.ts';
import {
  type Session,
  agentTier,
  identify,
  metadataMembersMax,
  sessionsOf,
  sessionsPerAgentMax,
  wipLimitDefault,
} from './model.ts';

const owner: Actor = {
  principal: 'owner',
  role: 'admin',
  kind: 'person',
  agent: undefined,
  session: undefined,
};
const stranger: Actor = { ...owner, principal: 'stranger' };

const start = (over: Partial<StartCommand> = {}) =>
  agentsIntent({
    type: 'start',
    agent: undefined,
    handle: undefined,
    connection: undefined,
    client: undefined,
    ...over,
  });

const caller = (over: Partial<Caller> = {}): Caller => ({
  principal: 'owner',
  role: 'admin',
  kind: 'person',
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
  ...over,
});

const scenario = () => new Scenario(areas, initialSlices);

/** Starts and gives back the session as it stands. */
const started = (given: Scenario, over: Partial<StartCommand> = {}, actor = owner): Session => {
  const outcome = given.when(start(over), actor);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  const data = outcome.value.find(({ type }) => type === 'agents.started')?.data;
  assert.ok(
    typeof data === 'object' && data !== null && 'session' in data && typeof data.session === 'string',
  );
  const session = given.slices.agents.sessions.get(data.session);
  assert.ok(session);
  return session;
};

const actorOf = (session: Session): Actor => ({
  principal: session.principal,
  role: 'admin',
  kind: 'person',
  agent: session.agent,
  session: session.id,
});

const refusedWith = (outcome: { readonly ok: boolean; readonly code?: string }, code: string): void =>
  assert.equal(outcome.ok ? 'accepted' : outcome.code, code);

describe('joining', () => {
  it('AG1 creates the named agent and resumes it the next time', () => {
    const given = scenario();
    started(given, { agent: 'ada', capabilities: ['review'] });
    started(given, { agent: 'ada' });
    const ada = given.slices.agents.agents.get('ada');
    assert.equal(given.slices.agents.agents.size, 1);
    assert.deepEqual(ada?.capabilities, ['review']);
    assert.equal(ada?.wipLimit, wipLimitDefault);
  });

  it('AG2 names an unnamed agent after its client, lowest free number first', () => {
    const given = scenario();
    const first = started(given, { client: 'Claude Code', connection: 'a' });
    const second = started(given, { client: 'Claude Code', connection: 'b' });
    assert.deepEqual([first.agent, second.agent], ['claude-code-1', 'claude-code-2']);
    given.when(agentsIntent({ type: 'leave' }), actorOf(first));
    assert.equal(started(given, { client: 'Claude Code', connection: 'c' }).agent, 'claude-code-1');
    assert.equal(started(given, { client: '../../☃', connection: 'd' }).agent, 'agent-1');
  });

  it('AG3 refuses another principal the name', () => {
    const given = scenario();
    started(given, { agent: 'ada' });
    refusedWith(given.when(start({ agent: 'ada' }), stranger), 'forbidden');
    refusedWith(identify(given.slices, caller({ principal: 'stranger', agent: 'ada' })), 'forbidden');
    assert.notEqual(started(given, { client: 'x' }, stranger).agent, 'ada');
  });

  it('AG4 two connections of one agent are two sessions', () => {
    const given = scenario();
    const a = started(given, { agent: 'ada', connection: 'a' });
    const b = started(given, { agent: 'ada', connection: 'b' });
    assert.notEqual(a.id, b.id);
    assert.equal(sessionsOf(given.slices.agents, 'ada').length, 2);
  });

  it('AG5 a second start from the same connection goes on with its session', () => {
    const given = scenario();
    const a = started(given, { agent: 'ada', connection: 'a' });
    assert.equal(started(given, { agent: 'ada', connection: 'a' }).id, a.id);
    assert.equal(started(given, { connection: 'a' }).id, a.id);
    assert.notEqual(started(given, { agent: 'bob', connection: 'a' }).id, a.id);
  });

  it('AG17 limits metadata', () => {
    const given = scenario();
    started(given, { agent: 'ada' });
    const metadata = Object.fromEntries(
      Array.from({ length: metadataMembersMax + 1 }, (_, i) => [`m${i}`, 'x']),
    );
    refusedWith(
      given.when(agentsIntent({ type: 'update', metadata }), { ...owner, agent: 'ada' }),
      'limit_exceeded',
    );
  });
});

describe('one session too many', () => {
  /** As many sessions of ada as there may be, the first opened first, a second apart; some hold a task. */
  const full = (holding: (index: number) => boolean) => {
    const board = new TaskBoard();
    const sessions = Array.from({ length: sessionsPerAgentMax }, (_, index) => {
      const actor = board.join('ada', { connection: String(index), wipLimit: sessionsPerAgentMax });
      if (holding(index)) {
        const { id } = board.do(actor, 'task_add', { title: 'x' });
        board.do(actor, 'task_claim', { id });
      }
      board.scenario.now += secondMs;
      return present(actor.session, 'who joins has a session');
    });
    return { board, given: board.scenario, sessions };
  };

  it('AG19 takes the place of the one that has been silent longest and holds nothing', () => {
    const { board, given, sessions } = full((index) => index === 0);
    const [holder, called, silent] = sessions;
    given.when(agentsIntent({ type: 'see', sessions: [called ?? ''] }));
    const more = started(given, { agent: 'ada', connection: 'more' });
    const left = sessionsOf(given.slices.agents, 'ada').map(({ id }) => id);
    assert.deepEqual(left, [...sessions.filter((id) => id !== silent), more.id]);
    assert.equal(tasksHeldBy(given.slices.tasks, 'ada').length, 1);
    assert.deepEqual(given.entries.at(-2)?.data, { agent: 'ada', session: silent, reason: 'displaced' });
    refusedWith(identify(given.slices, caller({ session: silent })), 'session_ended');
    assert(identify(given.slices, caller({ session: holder })).ok);
    assert.deepEqual(board.scenario.refolded(initialSlices).agents.sessions.size, sessionsPerAgentMax);
  });

  it('AG19 opens sessions for ever for who throws them away, and never two for one', () => {
    const { given } = full(() => false);
    const opened = Array.from({ length: 2 * sessionsPerAgentMax }, () => started(given, { agent: 'ada' }).id);
    assert.equal(new Set(opened).size, opened.length);
    assert.equal(sessionsOf(given.slices.agents, 'ada').length, sessionsPerAgentMax);
  });

  it('AG17 AG19 is refused when all of them hold something, with the limit named', () => {
    const { board, given, sessions } = full(() => true);
    const refused = given.when(start({ agent: 'ada', connection: 'more' }), owner);
    refusedWith(refused, 'limit_exceeded');
    assert.match(
      refused.ok ? '' : refused.message,
      new RegExp(`\\b${sessionsPerAgentMax}\\b.*all of them hold`),
    );
    const [first] = sessions;
    assert.equal(started(given, { agent: 'ada', handle: first }).id, first, 'coming back opens none');
    assert.equal(started(given, { agent: 'bob' }).agent, 'bob');
    assert.equal(tasksHeldBy(board.scenario.slices.tasks, 'ada').length, sessionsPerAgentMax);
  });
});

describe('coming back', () => {
  it('AG6 resumes a session by its handle, also during its grace', () => {
    const given = scenario();
    const a = started(given, { agent: 'ada', connection: 'a' });
    given.when(agentsIntent({ type: 'disconnect', connection: 'a' }), owner);
    assert.notEqual(given.slices.agents.sessions.get(a.id)?.endedAt, undefined);
    given.pass(graceMs - 1);
    const again = started(given, { handle: a.id, connection: 'b' });
    assert.equal(again.id, a.id);
    assert.equal(again.endedAt, undefined);
    assert.equal(again.connection, 'b');
  });

  it('AG7 resumes by name the session that ended last', () => {
    const given = scenario();
    const a = started(given, { agent: 'ada', connection: 'a' });
    const b = started(given, { agent: 'ada', connection: 'b' });
    given.when(agentsIntent({ type: 'leave' }), actorOf(b));
    given.pass(1);
    given.when(agentsIntent({ type: 'leave' }), actorOf(a));
    assert.equal(started(given, { agent: 'ada', connection: 'c' }).id, a.id);
  });

  it('AG8 answers unknown, expired and foreign handles in the same words', () => {
    const given = scenario();
    const a = started(given, { agent: 'ada' });
    const foreign = identify(given.slices, caller({ principal: 'stranger', session: a.id }));
    const unknown = identify(given.slices, caller({ session: 's-nothing' }));
    given.pass(abandonMs);
    const expired = identify(given.slices, caller({ session: a.id }));
    refusedWith(unknown, 'session_ended');
    assert.deepEqual(foreign, unknown);
    assert.deepEqual(expired, unknown);
    const startedForeign = given.when(start({ handle: a.id }), stranger);
    assert.deepEqual(startedForeign, given.when(start({ handle: 's-nothing' }), owner));
  });

  it('AG18 remembers the start before this one', () => {
    const given = scenario();
    started(given, { agent: 'ada', connection: 'a' });
    const first = given.slices.agents.agents.get('ada')?.startedSeq;
    started(given, { agent: 'ada', connection: 'b' });
    assert.equal(given.slices.agents.agents.get('ada')?.toldSeq, first);
  });
});

describe('speaking', () => {
  it('AG9 speaks for the agent of the session and for no other', () => {
    const given = scenario();
    const a = started(given, { agent: 'ada', connection: 'a' });
    started(given, { agent: 'bob', connection: 'b' });
    const actor = identify(given.slices, caller({ connection: 'a' }));
    assert.equal(actor.ok ? actor.value.session : '', a.id);
    refusedWith(identify(given.slices, caller({ session: a.id, agent: 'bob' })), 'forbidden');
    refusedWith(given.when(start({ handle: a.id, agent: 'bob' }), owner), 'forbidden');
  });

  it('AG10 names an agent without a session, and refuses one that does not exist', () => {
    const given = scenario();
    started(given, { agent: 'ada' });
    const actor = identify(given.slices, caller({ agent: 'ada' }));
    assert.deepEqual(actor.ok && [actor.value.agent, actor.value.session], ['ada', undefined]);
    refusedWith(identify(given.slices, caller({ agent: 'nobody' })), 'agent_unknown');
  });

  it('AG15 AG16 replaces capabilities, merges metadata by update, replaces it by start', () => {
    const given = scenario();
    const ada = { ...owner, agent: 'ada' };
    started(given, { agent: 'ada', capabilities: ['a'], metadata: { branch: 'x', model: 'm' }, wipLimit: 3 });
    given.when(
      agentsIntent({ type: 'update', capabilities: ['b'], metadata: { branch: null, os: 'linux' } }),
      ada,
    );
    const updated = given.slices.agents.agents.get('ada');
    assert.deepEqual(updated?.capabilities, ['b']);
    assert.deepEqual(updated?.metadata, { model: 'm', os: 'linux' });
    assert.equal(updated?.wipLimit, 3);
    started(given, { agent: 'ada', metadata: { branch: 'y' } });
    assert.deepEqual(given.slices.agents.agents.get('ada')?.metadata, { branch: 'y' });
  });
});

describe('leaving', () => {
  it('AG11 ends the session of the caller or of the connection, once', () => {
    const given = scenario();
    const a = started(given, { agent: 'ada', connection: 'a' });
    refusedWith(given.when(agentsIntent({ type: 'leave' }), owner), 'session_required');
    given.when(agentsIntent({ type: 'leave' }), actorOf(a));
    assert.equal(given.entries.at(-1)?.type, 'agents.session_ended');
    const count = given.entries.length;
    given.when(agentsIntent({ type: 'disconnect', connection: 'a' }), owner);
    given.when(agentsIntent({ type: 'disconnect', connection: 'unknown' }), owner);
    assert.equal(given.entries.length, count);
  });

  it('AG12 expires two minutes after the end, or a day after the last call, not earlier', () => {
    const given = scenario();
    const a = started(given, { agent: 'ada', connection: 'a' });
    started(given, { agent: 'bob', connection: 'b' });
    given.when(agentsIntent({ type: 'leave' }), actorOf(a));
    assert.deepEqual(given.pass(graceMs - 1), []);
    assert.deepEqual(
      given.pass(1).map(({ type, data }) => [type, data]),
      [['agents.session_expired', { agent: 'ada', session: a.id }]],
    );
    assert.deepEqual(given.pass(abandonMs - graceMs - 1), []);
    assert.equal(given.pass(1).length, 1);
    assert.equal(given.slices.agents.sessions.size, 0);
  });

  it('AG13 computes the tier from silence', () => {
    const given = scenario();
    started(given, { agent: 'ada' });
    const tierAfter = (ms: number) => {
      const ada = given.slices.agents.agents.get('ada');
      return ada && agentTier(given.slices.agents, ada, given.now + ms);
    };
    assert.deepEqual(
      [0, activeMs - 1, activeMs, idleMs - 1, idleMs, abandonMs - 1, abandonMs].map(tierAfter),
      ['active', 'active', 'idle', 'idle', 'stale', 'stale', 'abandoned'],
    );
  });

  it('AG14 moves last-seen for sessions that are there and skips the others', () => {
    const given = scenario();
    const a = started(given, { agent: 'ada', connection: 'a' });
    const b = started(given, { agent: 'bob', connection: 'b' });
    given.when(agentsIntent({ type: 'leave' }), actorOf(b));
    given.now += minuteMs;
    given.when(agentsIntent({ type: 'see', sessions: [a.id, b.id, 's-gone'] }));
    assert.deepEqual(given.entries.at(-1)?.data, { sessions: [a.id] });
    assert.equal(given.slices.agents.sessions.get(a.id)?.lastSeen, given.now);
    const count = given.entries.length;
    given.when(agentsIntent({ type: 'see', sessions: ['s-gone'] }));
    assert.equal(given.entries.length, count);
  });
});

describe('the list of agents', () => {
  it('AG20 leaves out who has no live session, unless all or a tier is asked for', () => {
    const given = new TaskBoard();
    const [, bert] = ['ada', 'bert', 'cyd'].map((name) => given.join(name));
    assert.ok(bert);
    const namesOf = (input: Readonly<Record<string, unknown>>) => {
      const { items, total } = given.do(visitor, 'agent_list', input);
      assert.ok(Array.isArray(items));
      assert.equal(total, items.length);
      return items.map(({ name }) => String(name));
    };
    assert.deepEqual(namesOf({}), ['ada', 'bert', 'cyd']);
    given.leave(bert);
    assert.deepEqual(namesOf({}), ['ada', 'cyd']);
    assert.deepEqual(namesOf({ all: true }), ['ada', 'bert', 'cyd']);
    assert.deepEqual(namesOf({ tier: 'active' }), ['ada', 'bert', 'cyd']);
  });

  it('comes in pages that join, and a cursor of another history or of other filters is refused', () => {
    const given = new TaskBoard();
    for (const name of ['ada', 'bert', 'cyd', 'dora']) given.join(name, { capabilities: ['review'] });
    const pageOf = (input: Readonly<Record<string, unknown>>) => {
      const { items, next_cursor: cursor } = given.do(visitor, 'agent_list', input);
      assert.ok(Array.isArray(items));
      return { names: items.map(({ name }) => String(name)), cursor };
    };
    const first = pageOf({ capability: 'review', limit: 3 });
    assert.deepEqual(first.names, ['ada', 'bert', 'cyd']);
    const { cursor } = first;
    const second = pageOf({ capability: 'review', limit: 1, cursor });
    assert.deepEqual(second, { names: ['dora'], cursor: null });
    for (const input of [{ cursor }, { cursor, capability: 'review', name: 'a' }])
      given.refused(visitor, 'agent_list', { code: 'invalid_input', input });
    const elsewhere = String(cursor).replace('journal.1', 'journal.2');
    const input = { cursor: elsewhere, capability: 'review' };
    given.refused(visitor, 'agent_list', { code: 'history_changed', input });
  });
});
