/* Sessions and connections of somebody else: guessed, stolen, or given to the victim beforehand. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Attack, type Family, refusedBy, together } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';
import type { WireAnswer } from '../harness/wire.ts';

const version = '2025-06-18';
const rpc = (id: number, method: string, params: object = {}): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });
const initialize = rpc(0, 'initialize', {
  protocolVersion: version,
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
});

interface McpAsked {
  readonly token: string | undefined;
  readonly session?: string;
  readonly body?: string;
  readonly method?: string;
  readonly target?: string;
  readonly headers?: readonly string[];
}

const mcp = (range: Range, asked: McpAsked): Promise<WireAnswer> => {
  const { token, session, body = '', method = 'POST', target = '/mcp', headers = [] } = asked;
  return range.ask({
    method,
    target,
    body,
    headers: [
      'Content-Type: application/json',
      `Accept: ${method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream'}`,
      ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
      ...(session === undefined ? [] : [`Mcp-Session-Id: ${session}`, `MCP-Protocol-Version: ${version}`]),
      ...headers,
    ],
  });
};

const sessionIn = ({ head, text }: WireAnswer): string => {
  const id = /^mcp-session-id: (\S+)/im.exec(head)?.[1];
  assert(id !== undefined, text);
  return id;
};

/** Bea, who works, and mal, who has a token of his own and wants to be her. */
interface Two {
  readonly bea: string;
  readonly mal: string;
  /** Of bea. */
  readonly mcpSession: string;
  readonly handle: string;
  /** Of another token of bea. */
  readonly second: string;
  readonly malHandle: string;
}

const known = new WeakMap<Range, Promise<Two>>();

const people = (range: Range): Promise<Two> => {
  const before = known.get(range);
  if (before !== undefined) return before;
  const made = makePeople(range);
  known.set(range, made);
  return made;
};

const makePeople = async (range: Range): Promise<Two> => {
  const bea = await range.principal('bea');
  const mal = await range.principal('mal');
  const { token: second } = await range.tokenFor({ principal: 'bea' });
  const mcpSession = sessionIn(await mcp(range, { token: bea, body: initialize }));
  const { session } = await range.must('start', { agent: 'bea-agent' }, { token: bea });
  const { session: other } = await range.must('start', { agent: 'mal-agent' }, { token: mal });
  return { bea, mal, mcpSession, handle: String(session), second, malHandle: String(other) };
};

const list = rpc(1, 'tools/list');
const unknownSession = (answer: WireAnswer): string => {
  assert.equal(answer.status, 404, answer.text);
  assert.match(answer.text, /session/i);
  return '404: there is no such session';
};

const hijack = (name: string, asked: (two: Two) => McpAsked, refused = unknownSession): Attack => ({
  name,
  run: async (range) => {
    const two = await people(range);
    const reason = refused(await mcp(range, asked(two)));
    const still = await mcp(range, { token: two.bea, session: two.mcpSession, body: list });
    assert.equal(still.status, 200, `the victim's own session: ${still.text}`);
    return reason;
  },
});

const overMcp: readonly Attack[] = [
  hijack('the MCP session of somebody else, with a token of one\'s own', ({ mal, mcpSession }) => ({ token: mal, session: mcpSession, body: list })),
  hijack('the MCP session of another token of the same person', ({ second, mcpSession }) => ({ token: second, session: mcpSession, body: list })),
  hijack(
    'the MCP session of somebody else, without a token',
    ({ mcpSession }) => ({ token: undefined, session: mcpSession, body: list }),
    (answer) => refusedBy(answer, 'unauthenticated', /does not say/),
  ),
  hijack('ending the MCP session of somebody else', ({ mal, mcpSession }) => ({ token: mal, session: mcpSession, method: 'DELETE' })),
  hijack('reading the stream of somebody else', ({ mal, mcpSession }) => ({ token: mal, session: mcpSession, method: 'GET' })),
  hijack('reading on in the stream of somebody else', ({ mal, mcpSession }) => ({
    token: mal,
    session: mcpSession,
    method: 'GET',
    headers: ['Last-Event-ID: 1'],
  })),
  hijack('the same MCP session in another mode', ({ bea, mcpSession }) => ({ token: bea, session: mcpSession, target: '/mcp/full', body: list })),
  hijack('the same MCP session for another workspace', ({ bea, mcpSession }) => ({
    token: bea,
    session: mcpSession,
    headers: ['Signalbox-Workspace: elsewhere'],
    body: list,
  }), (answer) => {
    assert.equal(answer.status, 404, answer.text);
    return '404: there is no such session, or workspace';
  }),
  hijack('cancelling a request of somebody else', ({ mal, mcpSession }) => ({
    token: mal,
    session: mcpSession,
    body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }),
  })),
  {
    name: 'twenty guessed ids',
    run: async (range) => {
      const { mal } = await people(range);
      const ids = [...Array.from({ length: 16 }, () => randomUUID()), '0', '1', 'undefined', '__proto__'];
      const answers = await Promise.all(ids.map((session) => mcp(range, { token: mal, session, body: list })));
      return together(answers.map(unknownSession));
    },
  },
  {
    name: 'guessing from an id of one\'s own: 50 ids in a row',
    run: async (range) => {
      const { mal } = await people(range);
      const ids: string[] = [];
      for (let i = 0; i < 50; i += 1) ids.push(sessionIn(await mcp(range, { token: mal, body: initialize })));
      assert.equal(new Set(ids).size, 50);
      for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      for (const at of [0, 1, 2, 3, 4, 5, 6, 7]) assert(new Set(ids.map((id) => id[at])).size > 4, `place ${at}`);
      return '122 random bits in each, none alike';
    },
  },
  {
    name: 'session fixation: an id of the attacker\'s choice at the beginning',
    run: async (range) => {
      const { bea, mal } = await people(range);
      const fixed = randomUUID();
      const given = sessionIn(await mcp(range, { token: bea, session: fixed, body: initialize }));
      assert.notEqual(given, fixed);
      return `the hub draws another; of the one that was named: ${unknownSession(await mcp(range, { token: mal, session: fixed, body: list }))}`;
    },
  },
  {
    name: 'session fixation: a session that the attacker has begun, given to the victim',
    run: async (range) => {
      const { bea, mal } = await people(range);
      const begun = sessionIn(await mcp(range, { token: mal, body: initialize }));
      return `to the victim ${unknownSession(await mcp(range, { token: bea, session: begun, body: list }))}`;
    },
  },
];

const asMal = (
  name: string,
  call: (two: Two) => { readonly operation: string; readonly input: unknown; readonly headers?: Readonly<Record<string, string>> },
  refused: (answer: WireAnswer) => string,
): Attack => ({
  name,
  run: async (range) => {
    const two = await people(range);
    const { operation, input, headers = {} } = call(two);
    const reason = refused(await range.call(operation, input, { token: two.mal, headers }));
    const own = await range.call('inbox', {}, { token: two.bea, headers: { 'Signalbox-Session': two.handle } });
    assert.equal(own.status, 200, `the victim's own session: ${own.text}`);
    return reason;
  },
});

const sessionEnded = (answer: WireAnswer): string => refusedBy(answer, 'session_ended', /./);
const forbidden = (answer: WireAnswer): string => refusedBy(answer, 'forbidden', /./);
const session = (handle: string) => ({ 'Signalbox-Session': handle });

const ofAgents: readonly Attack[] = [
  asMal('the handle of somebody else\'s agent, to read its inbox', ({ handle }) => ({ operation: 'inbox', input: {}, headers: session(handle) }), sessionEnded),
  asMal('the same handle, to take a task in its name', ({ handle }) => ({ operation: 'task_claim', input: {}, headers: session(handle) }), sessionEnded),
  asMal('the same handle, to end its session', ({ handle }) => ({ operation: 'agent_leave', input: {}, headers: session(handle) }), sessionEnded),
  asMal('the same handle, to resume it', ({ handle }) => ({ operation: 'start', input: { agent: 'bea-agent', session: handle } }), (answer) =>
    answer.code === 'forbidden' ? forbidden(answer) : sessionEnded(answer)),
  asMal('a guessed handle', () => ({ operation: 'inbox', input: {}, headers: session('s-01M8038QBT9KNXK1K2CVH55NH8') }), sessionEnded),
  asMal('starting as the agent of somebody else', () => ({ operation: 'start', input: { agent: 'bea-agent' } }), forbidden),
  asMal('naming the agent of somebody else in a header', () => ({ operation: 'inbox', input: {}, headers: { 'Signalbox-Agent': 'bea-agent' } }), forbidden),
  asMal('sending in the name of somebody else\'s agent', () => ({
    operation: 'message_send',
    input: { to: 'everyone', text: 'I am bea' },
    headers: { 'Signalbox-Agent': 'bea-agent' },
  }), forbidden),
  asMal('one\'s own handle with the name of somebody else\'s agent', ({ malHandle }) => ({
    operation: 'inbox',
    input: {},
    headers: { ...session(malHandle), 'Signalbox-Agent': 'bea-agent' },
  }), forbidden),
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
      const { session: kept } = await range.must('start', { agent: 'bea-tied' }, { token: two.bea, headers: { 'Signalbox-Connection': connection } });
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
      await range.must('start', { agent: 'bea-wired' }, { token: two.bea, headers: { 'Signalbox-Connection': connection } });
      const headers = { 'Signalbox-Connection': connection };
      const own = await range.call('agent_update', { wip_limit: 4 }, { token: two.bea, headers });
      assert.equal(own.status, 200, own.text);
      return refusedBy(await range.call('agent_update', { wip_limit: 9 }, { token: two.mal, headers }), 'session_required', /./);
    },
  },
];

/** What a token that is for one agent may do. */
const bound = (
  name: string,
  call: { readonly operation: string; readonly input: unknown; readonly headers?: Readonly<Record<string, string>> },
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

const raised = (name: string, call: { readonly operation: string; readonly input: unknown; readonly headers?: Readonly<Record<string, string>> }, refused: (answer: WireAnswer) => string): Attack => ({
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
  bound('making a wider token', { operation: 'token_create', input: { role: 'admin', kind: 'person' }, headers: {} }),
  bound('adding a principal', {
    operation: 'principal_add',
    input: { name: 'evil', kind: 'person', role: 'admin' },
    headers: {},
  }),
  raised('a worker makes a token of an admin', { operation: 'token_create', input: { role: 'admin' } }, forbidden),
  raised('a worker makes a token of the owner', { operation: 'token_create', input: { principal: 'owner' } }, forbidden),
  raised('a worker adds an admin', { operation: 'principal_add', input: { name: 'evil', kind: 'person', role: 'admin' } }, forbidden),
  raised('a worker says that it is a person', { operation: 'task_list', input: {}, headers: { 'Signalbox-Kind': 'person' } }, (answer) =>
    refusedBy(answer, 'invalid_input', /nobody becomes more/)),
  raised('a header names another principal', { operation: 'principal_list', input: {}, headers: { 'Signalbox-Principal': 'owner', 'X-Remote-User': 'owner', 'Signalbox-Role': 'admin' } }, forbidden),
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
