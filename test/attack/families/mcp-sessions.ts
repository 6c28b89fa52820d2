/* Two people, and the MCP sessions of one of them in the hands of the other. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Attack, refusedBy, together } from '../harness/attack.ts';
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

export const mcp = (range: Range, asked: McpAsked): Promise<WireAnswer> => {
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
export interface Two {
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

export const people = (range: Range): Promise<Two> => {
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

export const list = rpc(1, 'tools/list');
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

export const overMcp: readonly Attack[] = [
  hijack("the MCP session of somebody else, with a token of one's own", ({ mal, mcpSession }) => ({
    token: mal,
    session: mcpSession,
    body: list,
  })),
  hijack('the MCP session of another token of the same person', ({ second, mcpSession }) => ({
    token: second,
    session: mcpSession,
    body: list,
  })),
  hijack(
    'the MCP session of somebody else, without a token',
    ({ mcpSession }) => ({ token: undefined, session: mcpSession, body: list }),
    (answer) => refusedBy(answer, 'unauthenticated', /does not say/),
  ),
  hijack('ending the MCP session of somebody else', ({ mal, mcpSession }) => ({
    token: mal,
    session: mcpSession,
    method: 'DELETE',
  })),
  hijack('reading the stream of somebody else', ({ mal, mcpSession }) => ({
    token: mal,
    session: mcpSession,
    method: 'GET',
  })),
  hijack('reading on in the stream of somebody else', ({ mal, mcpSession }) => ({
    token: mal,
    session: mcpSession,
    method: 'GET',
    headers: ['Last-Event-ID: 1'],
  })),
  hijack('the same MCP session in another mode', ({ bea, mcpSession }) => ({
    token: bea,
    session: mcpSession,
    target: '/mcp/full',
    body: list,
  })),
  hijack(
    'the same MCP session for another workspace',
    ({ bea, mcpSession }) => ({
      token: bea,
      session: mcpSession,
      headers: ['Signalbox-Workspace: elsewhere'],
      body: list,
    }),
    (answer) => {
      assert.equal(answer.status, 404, answer.text);
      return '404: there is no such session, or workspace';
    },
  ),
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
      const answers = await Promise.all(
        ids.map((session) => mcp(range, { token: mal, session, body: list })),
      );
      return together(answers.map(unknownSession));
    },
  },
  {
    name: "guessing from an id of one's own: 50 ids in a row",
    run: async (range) => {
      const { mal } = await people(range);
      const ids: string[] = [];
      for (let i = 0; i < 50; i += 1) ids.push(sessionIn(await mcp(range, { token: mal, body: initialize })));
      assert.equal(new Set(ids).size, 50);
      for (const id of ids)
        assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      for (const at of [0, 1, 2, 3, 4, 5, 6, 7])
        assert(new Set(ids.map((id) => id[at])).size > 4, `place ${at}`);
      return '122 random bits in each, none alike';
    },
  },
  {
    name: "session fixation: an id of the attacker's choice at the beginning",
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
