/* Sessions and connections of somebody else: guessed, stolen, or given to the victim beforehand. */
import assert from 'node:assert/strict';
import { type Attack, type Family, refusedBy } from '../harness/attack.ts';
import type { WireAnswer } from '../harness/wire.ts';
import { type Two, list, mcp, overMcp, people } from './mcp-sessions.ts';

const asMal = (
  name: string,
  call: (two: Two) => {
    readonly operation: string;
    readonly input: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  },
  refused: (answer: WireAnswer) => string,
): Attack => ({
  name,
  run: async (range) => {
    const two = await people(range);
    const { operation, input, headers = {} } = call(two);
    const reason = refused(await range.call(operation, input, { token: two.mal, headers }));
    const own = await range.call(
      'inbox',
      {},
      { token: two.bea, headers: { 'Signalbox-Session': two.handle } },
    );
    assert.equal(own.status, 200, `the victim's own session: ${own.text}`);
    return reason;
  },
});

const sessionEnded = (answer: WireAnswer): string => refusedBy(answer, 'session_ended', /./);
const forbidden = (answer: WireAnswer): string => refusedBy(answer, 'forbidden', /./);
const session = (handle: string) => ({ 'Signalbox-Session': handle });

const ofAgents: readonly Attack[] = [
  asMal(
    "the handle of somebody else's agent, to read its inbox",
    ({ handle }) => ({ operation: 'inbox', input: {}, headers: session(handle) }),
    sessionEnded,
  ),
  asMal(
    'the same handle, to take a task in its name',
    ({ handle }) => ({ operation: 'task_claim', input: {}, headers: session(handle) }),
    sessionEnded,
  ),
  asMal(
    'the same handle, to end its session',
    ({ handle }) => ({ operation: 'agent_leave', input: {}, headers: session(handle) }),
    sessionEnded,
  ),
  asMal(
    'the same handle, to resume it',
    ({ handle }) => ({ operation: 'start', input: { agent: 'bea-agent', session: handle } }),
    (answer) => (answer.code === 'forbidden' ? forbidden(answer) : sessionEnded(answer)),
  ),
  asMal(
    'a guessed handle',
    () => ({ operation: 'inbox', input: {}, headers: session('s-01M8038QBT9KNXK1K2CVH55NH8') }),
    sessionEnded,
  ),
  asMal(
    'starting as the agent of somebody else',
    () => ({ operation: 'start', input: { agent: 'bea-agent' } }),
    forbidden,
  ),
  asMal(
    'naming the agent of somebody else in a header',
    () => ({ operation: 'inbox', input: {}, headers: { 'Signalbox-Agent': 'bea-agent' } }),
    forbidden,
  ),
  asMal(
    "sending in the name of somebody else's agent",
    () => ({
      operation: 'message_send',
      input: { to: 'everyone', text: 'I am bea' },
      headers: { 'Signalbox-Agent': 'bea-agent' },
    }),
    forbidden,
  ),
  asMal(
    "one's own handle with the name of somebody else's agent",
    ({ malHandle }) => ({
      operation: 'inbox',
      input: {},
      headers: { ...session(malHandle), 'Signalbox-Agent': 'bea-agent' },
    }),
    forbidden,
  ),
  {
    name: 'telling a handle of somebody else from one that never was',
    run: async (range) => {
      const two = await people(range);
      const of = (handle: string) => range.call('inbox', {}, { token: two.mal, headers: session(handle) });
      const [theirs, none] = [await of(two.handle), await of('s-01M8038QBT9KNXK1K2CVH55NH8')];
      const without = (answer: WireAnswer, handle: string): string => answer.text.replaceAll(handle, '');
      assert.equal(without(theirs, two.handle), without(none, 's-01M8038QBT9KNXK1K2CVH55NH8'));
      return `the same words for both: ${sessionEnded(none)}`;
    },
  },
  {
    name: 'reporting the connection of somebody else as ended',
    run: async (range) => {
      const two = await people(range);
      const connection = 'mcp:stolen';
      const { session: kept } = await range.must(
        'start',
        { agent: 'bea-tied' },
        { token: two.bea, headers: { 'Signalbox-Connection': connection } },
      );
      const headers = [`Authorization: Bearer ${two.mal}`, `Signalbox-Connection: ${connection}`];
      const answer = await range.ask({ method: 'DELETE', target: '/v1/connection', headers });
      const own = await range.call('inbox', {}, { token: two.bea, headers: session(String(kept)) });
      assert.equal(own.status, 200, own.text);
      return `${answer.status}, and the session that was meant goes on: connections are known by principal`;
    },
  },
  {
    name: 'calling over the connection of somebody else',
    run: async (range) => {
      const two = await people(range);
      const connection = 'mcp:shared';
      await range.must(
        'start',
        { agent: 'bea-wired' },
        { token: two.bea, headers: { 'Signalbox-Connection': connection } },
      );
      const headers = { 'Signalbox-Connection': connection };
      const own = await range.call('agent_update', { wip_limit: 4 }, { token: two.bea, headers });
      assert.equal(own.status, 200, own.text);
      return refusedBy(
        await range.call('agent_update', { wip_limit: 9 }, { token: two.mal, headers }),
        'session_required',
        /./,
      );
    },
  },
];

/** What a token that is for one agent may do. */
const bound = (
  name: string,
  call: {
    readonly operation: string;
    readonly input: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Attack => ({
  name: `a token for one agent: ${name}`,
  run: async (range) => {
    await people(range);
    const { token } = await range.tokenFor({ for_agent: 'tied' });
    assert.equal((await range.call('start', { agent: 'tied' }, { token })).status, 200);
    const { session: other } = await range.must('start', { agent: 'other' });
    const { operation, input, headers = session(String(other)) } = call;
    return forbidden(await range.call(operation, input, { token, headers }));
  },
});

const raised = (
  name: string,
  call: {
    readonly operation: string;
    readonly input: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  },
  refused: (answer: WireAnswer) => string,
): Attack => ({
  name: `becoming more than one is: ${name}`,
  run: async (range) => {
    const { mal } = await people(range);
    const { operation, input, headers = {} } = call;
    return refused(await range.call(operation, input, { token: mal, headers }));
  },
});

const widening: readonly Attack[] = [
  bound('starting as another', { operation: 'start', input: { agent: 'other' }, headers: {} }),
  bound('with the handle of another of the same owner', { operation: 'task_claim', input: {} }),
  bound('naming another', { operation: 'inbox', input: {}, headers: { 'Signalbox-Agent': 'other' } }),
  bound('making a wider token', {
    operation: 'token_create',
    input: { role: 'admin', kind: 'person' },
    headers: {},
  }),
  bound('adding a principal', {
    operation: 'principal_add',
    input: { name: 'evil', kind: 'person', role: 'admin' },
    headers: {},
  }),
  raised(
    'a worker makes a token of an admin',
    { operation: 'token_create', input: { role: 'admin' } },
    forbidden,
  ),
  raised(
    'a worker makes a token of the owner',
    { operation: 'token_create', input: { principal: 'owner' } },
    forbidden,
  ),
  raised(
    'a worker adds an admin',
    { operation: 'principal_add', input: { name: 'evil', kind: 'person', role: 'admin' } },
    forbidden,
  ),
  raised(
    'a worker says that it is a person',
    { operation: 'task_list', input: {}, headers: { 'Signalbox-Kind': 'person' } },
    (answer) => refusedBy(answer, 'invalid_input', /nobody becomes more/),
  ),
  raised(
    'a header names another principal',
    {
      operation: 'principal_list',
      input: {},
      headers: { 'Signalbox-Principal': 'owner', 'X-Remote-User': 'owner', 'Signalbox-Role': 'admin' },
    },
    forbidden,
  ),
];

export const sessions: Family = {
  name: 'session fixation and hijack',
  aim: 'to act in a session, or as an agent, of somebody else.',
  control: {
    name: 'everybody in their own sessions',
    run: async (range) => {
      const { bea, mal, mcpSession, handle, malHandle } = await people(range);
      assert.equal((await mcp(range, { token: bea, session: mcpSession, body: list })).status, 200);
      for (const [token, own] of [
        [bea, handle],
        [mal, malHandle],
      ] as const)
        assert.equal((await range.call('inbox', {}, { token, headers: session(own) })).status, 200);
      return '200';
    },
  },
  attacks: [...overMcp, ...ofAgents, ...widening],
};
