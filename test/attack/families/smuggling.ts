/* Requests that two readers of HTTP would divide differently, and headers of answers made from what others wrote. */
import assert from 'node:assert/strict';
import { type Attack, type Family, together } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';
import { answerIn, speak } from '../harness/wire.ts';

const path = '/v1/operations/task_add';
const smuggledBody = '{"title":"smuggled"}';
const hidden = ({ port, authorization }: Range): string =>
  [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    authorization,
    `Content-Length: ${smuggledBody.length}`,
    '',
    smuggledBody,
  ].join('\r\n');

const tasksNamed = async (range: Range, title: string): Promise<boolean> => {
  const { items } = await range.must('task_list', { limit: 100 });
  return JSON.stringify(items).includes(`"${title}"`);
};

interface Odd {
  readonly name: string;
  readonly headers: (inner: string) => readonly string[];
  /** What comes behind the headers; what is hidden is in it. */
  readonly body: (inner: string) => string;
  /** Between lines. */
  readonly end?: string;
}

const smuggle = ({ name, headers, body, end = '\r\n' }: Odd): Attack => ({
  name,
  run: async (range) => {
    const inner = hidden(range);
    const lines = [
      'POST /v1/operations/task_list HTTP/1.1',
      `Host: 127.0.0.1:${range.port}`,
      range.authorization,
      ...headers(inner),
      '',
      body(inner),
    ];
    const text = await speak(range, lines.join(end));
    const answers = text.split('HTTP/1.1 ').length - 1;
    const answer = answerIn(text);
    assert(answer.status >= 400 && answer.status < 500, text.slice(0, 300));
    assert.equal(answers, 1, text);
    assert.match(answer.head, /^connection: close\r?$/im);
    assert.equal(await tasksNamed(range, 'smuggled'), false);
    return `${answer.status} ${answer.code}, and the connection ends`;
  },
});

const length = (inner: string): string => `Content-Length: ${2 + inner.length}`;
const ended = (inner: string): string => `0\r\n\r\n${inner}`;

const odd: readonly Odd[] = [
  {
    name: 'Content-Length and Transfer-Encoding',
    headers: (inner) => [length(inner), 'Transfer-Encoding: chunked'],
    body: ended,
  },
  {
    name: 'Transfer-Encoding and Content-Length',
    headers: () => ['Transfer-Encoding: chunked', 'Content-Length: 4'],
    body: ended,
  },
  {
    name: 'two lengths that differ',
    headers: (inner) => ['Content-Length: 2', length(inner)],
    body: (inner) => `{}${inner}`,
  },
  {
    name: 'two lengths in one header',
    headers: (inner) => [`Content-Length: 2, ${2 + inner.length}`],
    body: (inner) => `{}${inner}`,
  },
  {
    name: 'two equal lengths',
    headers: () => ['Content-Length: 2', 'Content-Length: 2'],
    body: (inner) => `{}${inner}`,
  },
  { name: 'a length with a plus', headers: () => ['Content-Length: +2'], body: (inner) => `{}${inner}` },
  { name: 'a negative length', headers: () => ['Content-Length: -2'], body: (inner) => `{}${inner}` },
  { name: 'a length in hex', headers: () => ['Content-Length: 0x2'], body: (inner) => `{}${inner}` },
  {
    name: 'a length beyond 64 bits',
    headers: () => ['Content-Length: 18446744073709551618'],
    body: (inner) => `{}${inner}`,
  },
  { name: 'an unknown encoding', headers: () => ['Transfer-Encoding: xchunked'], body: ended },
  {
    name: 'chunked that is not the last encoding',
    headers: () => ['Transfer-Encoding: chunked, identity'],
    body: ended,
  },
  {
    name: 'chunked twice, and a length',
    headers: () => ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked', 'Content-Length: 4'],
    body: ended,
  },
  {
    name: 'a space before the colon',
    headers: (inner) => ['Transfer-Encoding : chunked', length(inner)],
    body: ended,
  },
  {
    name: 'a header that goes on in the next line, as old ones did',
    headers: () => ['Transfer-Encoding:', ' chunked', 'Content-Length: 4'],
    body: ended,
  },
  {
    name: 'a line that begins with a space',
    headers: () => ['X-A: b', ' Content-Length: 4'],
    body: (inner) => `{}${inner}`,
  },
  {
    name: 'NUL in a header',
    headers: () => ['X-A: a\0b', 'Content-Length: 2'],
    body: (inner) => `{}${inner}`,
  },
  {
    name: 'a carriage return alone in a header',
    headers: () => ['X-A: a\rContent-Length: 2'],
    body: (inner) => `{}${inner}`,
  },
  { name: 'a header without a colon', headers: () => ['Content-Length 2'], body: (inner) => `{}${inner}` },
  {
    name: 'a name of a header with control characters',
    headers: () => ['Content\u0001-Length: 2'],
    body: (inner) => `{}${inner}`,
  },
  {
    name: 'a chunk with a size beyond 64 bits',
    headers: () => ['Transfer-Encoding: chunked'],
    body: (inner) => `fffffffffffffffff\r\n${inner}`,
  },
  {
    name: 'a chunk with a size that is no number',
    headers: () => ['Transfer-Encoding: chunked'],
    body: (inner) => `-1\r\n${inner}`,
  },
  {
    name: 'a chunk that is longer than it says',
    headers: () => ['Transfer-Encoding: chunked'],
    body: (inner) => `1\r\n{}${inner}`,
  },
  {
    name: 'lines that end with a line feed alone',
    end: '\n',
    headers: (inner) => [length(inner), 'Transfer-Encoding: chunked'],
    body: (inner) => `0\n\n${inner}`,
  },
];

const version = (name: string, line: string): Attack => ({
  name,
  run: async (range) => {
    const answer = answerIn(
      await speak(
        range,
        `${line}\r\nHost: 127.0.0.1:${range.port}\r\n${range.authorization}\r\nConnection: close\r\n\r\n`,
      ),
    );
    assert([400, 404, 405].includes(answer.status), answer.head);
    return `${answer.status} ${answer.code ?? answer.message ?? ''}`.trim();
  },
});

const tunnel: Attack = {
  name: 'CONNECT, as to a proxy',
  run: async (range) => {
    const text = await speak(
      range,
      `CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:${range.port}\r\n${range.authorization}\r\n\r\n`,
    );
    assert.equal(text, '');
    return 'the connection is closed without an answer';
  },
};

const upgrade: Attack = {
  name: 'an upgrade to HTTP/2 or to a web socket',
  run: async (range) => {
    for (const to of ['h2c', 'websocket']) {
      const answer = await range.ask({
        target: '/health',
        headers: ['Connection: Upgrade', `Upgrade: ${to}`, 'HTTP2-Settings: AAMAAABk'],
      });
      assert.equal(answer.status, 200, answer.head);
    }
    return 'answered as if it had not been asked for';
  },
};

/** Texts that would be a header of their own if they got into one. */
const injections = [
  'x\r\nX-Injected: yes',
  'x\nX-Injected: yes',
  'x\u010d\u010aX-Injected: yes',
  'x%0d%0aX-Injected: yes',
  '雪\r\n\r\n<script>',
];

const stored: Attack = {
  name: 'line breaks in a message, of which the next answer tells in Signalbox-Waiting',
  run: async (range) => {
    const { session } = await range.must('start', { agent: 'reads-headers' });
    for (const text of injections)
      await range.must(
        'message_send',
        { to: 'reads-headers', text, subject: 'x' },
        { headers: { 'Signalbox-Agent': await writer(range) } },
      );
    const answer = await range.ask({
      method: 'POST',
      target: '/v1/operations/task_list',
      headers: [range.authorization, `Signalbox-Session: ${String(session)}`],
      body: '{}',
    });
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.head, /^signalbox-waiting: /im);
    assert.doesNotMatch(answer.head, /^x-injected/im);
    assert.doesNotMatch(answer.head, /<script>/);
    return 'the header is there, in our words, without the text';
  },
};

const writer = async (range: Range): Promise<string> => {
  await range.must('start', { agent: 'writes-headers' });
  return 'writes-headers';
};

const titles: Attack = {
  name: 'line breaks in names and titles, which headers may repeat',
  run: async (range) => {
    const reasons: string[] = [];
    for (const text of injections.slice(0, 2)) {
      for (const [operation, input] of [
        ['task_add', { title: text }],
        ['start', { agent: text }],
        ['workspace_add', { name: text }],
        ['message_send', { to: 'x', text: 'x', subject: text }],
      ] as const) {
        const answer = await range.call(operation, input);
        assert.equal(answer.code, 'invalid_input', answer.text);
        assert.doesNotMatch(answer.head, /x-injected/i);
        reasons.push('400 invalid_input');
      }
    }
    return together(reasons);
  },
};

const echoed: Attack = {
  name: 'line breaks in a request id, a session or an If-Match, percent-encoded',
  run: async (range) => {
    const headers = [
      'Idempotency-Key',
      'Signalbox-Session',
      'Signalbox-Client',
      'If-Match',
      'Last-Event-ID',
      'Mcp-Session-Id',
    ];
    for (const header of headers) {
      const answer = await range.call('task_list', {}, { headers: { [header]: 'x%0d%0aX-Injected: yes' } });
      assert.doesNotMatch(answer.head, /x-injected/i);
      assert(answer.status < 500);
    }
    return 'no header of the answer repeats one of the request';
  },
};

export const smuggling: Family = {
  name: 'request smuggling and header injection',
  aim: 'a request within a request to be answered, or to write headers of answers.',
  control: {
    name: 'two requests in a row on one connection',
    run: async (range) => {
      const first = `POST /v1/operations/task_list HTTP/1.1\r\nHost: 127.0.0.1:${range.port}\r\n${range.authorization}\r\nContent-Length: 2\r\n\r\n{}`;
      const second = hidden(range)
        .replace('smuggled', 'followed')
        .replace('Content-Length', 'Connection: close\r\nContent-Length');
      const text = await speak(range, first + second);
      assert.equal(text.split('HTTP/1.1 200').length - 1, 2, text);
      assert.equal(await tasksNamed(range, 'followed'), true);
      return '200 twice, and the task is there';
    },
  },
  attacks: [
    ...odd.map(smuggle),
    version('HTTP/2.0 in a request line', 'GET /v1/nothing HTTP/2.0'),
    version('a method that nobody knows', 'SMUGGLE / HTTP/1.1'),
    tunnel,
    upgrade,
    version('TRACE', 'TRACE / HTTP/1.1'),
    version('a space in the address', 'GET /a b HTTP/1.1'),
    stored,
    titles,
    echoed,
  ],
};
