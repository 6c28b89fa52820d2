/* Lines of the hub's log that the hub has not written. */
import assert from 'node:assert/strict';
import { isRecord } from '../../../src/kernel/json.ts';
import type { Attack, Family } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';
import { bytesOf, speak } from '../harness/wire.ts';

const forged = '\n{"level":"error","time":"2026-01-01T00:00:00.000Z","pid":1,"msg":"FORGED"}\n';
const breaking = `"},{"level":"error","msg":"FORGED"}${forged}\u001b[2J\r`;

const linesOf = ({ log }: Range): readonly unknown[] =>
  log
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));

/** Every line is one of the hub's own; nothing in them moves a cursor. */
const genuine = (range: Range): void => {
  assert.doesNotMatch(range.log, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  for (const line of linesOf(range)) {
    assert(isRecord(line));
    assert.notEqual(line['msg'], 'FORGED');
    assert.equal(line['pid'], range.hub.child.pid);
  }
};

/** Resolves once the hub has logged this request, which is when its connection is over. */
const mark = async (range: Range): Promise<void> => {
  const at = `/mark-${range.log.length}`;
  await range.ask({ target: at });
  while (!range.log.includes(at)) await new Promise((resolve) => setImmediate(resolve));
};

const attack = (name: string, work: (range: Range) => Promise<unknown>, stoppedBy: string): Attack => ({
  name,
  run: async (range) => {
    await work(range);
    await mark(range);
    genuine(range);
    return stoppedBy;
  },
});

const escaped = 'each line is one JSON object of the hub, with what came from outside as a string in it';
const unlogged = 'it is not logged';

const raw = (range: Range, line: string): Promise<string> =>
  speak(range, Buffer.from(`${line}\r\nHost: 127.0.0.1:${range.port}\r\nConnection: close\r\n\r\n`, 'utf8'));

const encode = (text: string): string => encodeURIComponent(text);

const mcpHeaders = ['Content-Type: application/json', 'Accept: application/json, text/event-stream'];
const mcp = (range: Range, body: string, headers: readonly string[] = []) =>
  range.ask({
    method: 'POST',
    target: '/mcp',
    headers: [range.authorization, ...mcpHeaders, ...headers],
    body,
  });

const secretIn = (name: string, target: (token: string) => string): Attack => ({
  name: `a token in ${name}`,
  run: async (range) => {
    await range.ask({ target: target(range.token) });
    await mark(range);
    assert(!range.log.includes(range.token.slice(4)));
    return 'the log has sbx_... for it, or nothing';
  },
});

export const log: Family = {
  name: 'log injection',
  aim: 'lines in the log that the hub did not write, or secrets in it.',
  control: {
    name: 'what is asked is in the log, down to debug',
    run: async (range) => {
      await mark(range);
      assert.match(range.log, /"msg":"answered"/);
      genuine(range);
      return 'it is there, as "answered"';
    },
  },
  attacks: [
    attack(
      'line breaks in an address, percent-encoded',
      (range) => range.ask({ target: `/${encode(forged).slice(0, 2000)}` }),
      escaped,
    ),
    attack(
      'quotes and braces in an address',
      (range) => raw(range, 'GET /"},{"level":"error","msg":"FORGED"} HTTP/1.1'),
      escaped,
    ),
    attack(
      'escapes of a terminal in an address',
      (range) => raw(range, 'GET /\u001b[2J\u0007 HTTP/1.1'),
      '400 invalid_input, and it is not logged',
    ),
    attack(
      'C1 and direction marks in an address',
      (range) => raw(range, 'GET /\u009b2J\u202e HTTP/1.1'),
      escaped,
    ),
    attack('line breaks in the name of an operation', (range) => range.call(encode(forged), {}), escaped),
    attack(
      'line breaks in the headers that say who calls',
      async (range) => {
        const request = bytesOf(range.port, {
          target: '/health',
          headers: ['User-Agent: x', `Signalbox-Client: a\u0085b`, 'Signalbox-Agent: "},{'],
        });
        return speak(range, request);
      },
      unlogged,
    ),
    attack(
      'quotes in headers of programs',
      (range) =>
        range.ask({
          target: '/health',
          headers: ['User-Agent: "}{"msg":"FORGED"', 'Referer: "}{"', 'X-Request-Id: "}{"'],
        }),
      unlogged,
    ),
    attack('line breaks in a body', (range) => range.call('task_add', { title: breaking }), unlogged),
    attack(
      'a body that is not JSON, and is quoted by its reader',
      (range) => range.call('task_add', breaking),
      unlogged,
    ),
    attack('names of members', (range) => range.call('task_add', { title: 'x', [breaking]: 1 }), unlogged),
    attack(
      'a message between agents',
      async (range) => {
        await range.must('start', { agent: 'ada' });
        await range.must('message_send', { to: 'ada', text: breaking });
      },
      unlogged,
    ),
    attack(
      'a method of MCP',
      (range) => mcp(range, JSON.stringify({ jsonrpc: '2.0', id: 1, method: breaking })),
      unlogged,
    ),
    attack(
      'an id of MCP',
      (range) => mcp(range, JSON.stringify({ jsonrpc: '2.0', id: breaking, method: 'ping' })),
      unlogged,
    ),
    attack(
      'a message of MCP that is none',
      (range) => mcp(range, JSON.stringify({ jsonrpc: breaking, method: 1 })),
      unlogged,
    ),
    attack(
      'an answer of MCP that nobody asked for',
      (range) => mcp(range, JSON.stringify({ jsonrpc: '2.0', id: breaking, result: {} })),
      unlogged,
    ),
    attack(
      'a revision of MCP',
      (range) =>
        mcp(range, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }), [
          'MCP-Protocol-Version: "},{"msg":"FORGED"}',
        ]),
      unlogged,
    ),
    attack(
      'a session of MCP',
      (range) =>
        mcp(range, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }), [
          'Mcp-Session-Id: "},{"msg":"FORGED"}',
        ]),
      unlogged,
    ),
    attack('bytes that are no HTTP', (range) => speak(range, `${forged}\r\n\r\n`), unlogged),
    secretIn('the path', (token) => `/${token}`),
    secretIn('the path, behind many others', (token) => `/${'x'.repeat(60)}/${token}`),
    secretIn('the query', (token) => `/v1/events?token=${token}`),
    secretIn('the name of an operation', (token) => `/v1/operations/${token}`),
    secretIn('a name and password in the request line', (token) => `http://owner:${token}@127.0.0.1/`),
  ],
};
