/* Bodies that cost more to read than to send, or that two readers would read differently. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { ErrorCode } from '../../../src/kernel/errors.ts';
import { jsonBytesMax } from '../../../src/surfaces/json-text.ts';
import { type Attack, type Family, refusedBy, together } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';
import type { WireRequest } from '../harness/wire.ts';

const target = '/v1/operations/task_add';
const mcpHeaders = ['Content-Type: application/json', 'Accept: application/json, text/event-stream'];

interface Bad {
  readonly name: string;
  readonly body: string | Buffer;
  readonly code: ErrorCode;
  readonly says: RegExp;
  readonly headers?: readonly string[];
  /** Only operations: as a message of MCP it is no worse than others. */
  readonly operationOnly?: true;
}

const asOperation = (range: Range, { body, headers = [] }: Bad): WireRequest => ({
  method: 'POST',
  target,
  headers: [range.authorization, ...headers],
  body,
});

/** Whether the hub answers others while it refuses, and has stored nothing. */
const unharmed = async (range: Range, work: () => Promise<readonly string[]>): Promise<string> => {
  const before = await range.journals();
  const begunAt = performance.now();
  const reasons = await work();
  const ms = performance.now() - begunAt;
  assert(ms < 5_000, `it took ${Math.round(ms)} ms`);
  await range.lives();
  assert.equal(await range.journals(), before);
  return together(reasons);
};

const refusedBody = (bad: Bad): Attack => ({
  name: bad.name,
  run: (range) =>
    unharmed(range, async () => {
      const operation = refusedBy(await range.ask(asOperation(range, bad)), bad.code, bad.says);
      if (bad.operationOnly === true) return [operation];
      const request = { ...asOperation(range, bad), target: '/mcp' };
      const headers = [...(request.headers ?? []), ...mcpHeaders];
      return [operation, refusedBy(await range.ask({ ...request, headers }), bad.code, bad.says)];
    }),
});

const chunked = (body: string, size: number): string => {
  const chunks: string[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.slice(at, at + size);
    chunks.push(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  }
  return `${chunks.join('')}0\r\n\r\n`;
};

const tooLong = `{"title":"${'x'.repeat(jsonBytesMax)}"}`;
const levels = 100_000;
const inChunks = ['Transfer-Encoding: chunked'];
const quoteInvalid = Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
const titled = (title: string): string => `{"title":${title}}`;

const bodies: readonly Bad[] = [
  { name: 'longer than the cap', body: tooLong, code: 'too_large', says: /longer than/ },
  {
    name: 'longer than the cap, in chunks',
    body: chunked(tooLong, 65_536),
    headers: inChunks,
    code: 'too_large',
    says: /longer than/,
  },
  {
    name: 'longer than the cap, nothing but spaces',
    body: ' '.repeat(jsonBytesMax + 1),
    code: 'too_large',
    says: /longer than/,
  },
  {
    name: 'a length of 9 digits, and no body',
    body: '',
    headers: ['Content-Length: 999999999'],
    code: 'too_large',
    says: /longer than/,
  },
  {
    name: `${levels} lists in each other`,
    body: '['.repeat(levels) + ']'.repeat(levels),
    code: 'too_deep',
    says: /levels deep/,
  },
  {
    name: `${levels} objects in each other`,
    body: '{"a":'.repeat(levels) + '1' + '}'.repeat(levels),
    code: 'too_deep',
    says: /levels deep/,
  },
  { name: `${levels} lists that never end`, body: '['.repeat(levels), code: 'too_deep', says: /levels deep/ },
  {
    name: 'one level more than the cap',
    body: '['.repeat(33) + ']'.repeat(33),
    code: 'too_deep',
    says: /levels deep/,
  },
  {
    name: 'a list of 500,000 numbers',
    body: `[${'0,'.repeat(499_999)}0]`,
    code: 'invalid_input',
    says: /object/,
    operationOnly: true,
  },
  {
    name: 'a member with 250,000 items',
    body: `{"labels":[${'"a",'.repeat(249_999)}"a"],"title":"x"}`,
    code: 'invalid_input',
    says: /labels/,
    operationOnly: true,
  },
  {
    name: 'a name of a member with a million characters',
    body: `{"${'k'.repeat(1_000_000)}":1,"title":"x"}`,
    code: 'invalid_input',
    says: /not valid/,
    operationOnly: true,
  },
  {
    name: '50,000 members that nobody knows',
    body: `{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":0`).join(',')}}`,
    code: 'invalid_input',
    says: /not valid/,
    operationOnly: true,
  },
  {
    name: 'a number beyond all numbers (1e400)',
    body: '{"title":"x","priority":1e400}',
    code: 'invalid_input',
    says: /priority/,
    operationOnly: true,
  },
  {
    name: 'a number with 400,000 digits',
    body: `{"title":"x","priority":${'9'.repeat(400_000)}}`,
    code: 'invalid_input',
    says: /priority/,
    operationOnly: true,
  },
  { name: 'NaN', body: '{"title":"x","priority":NaN}', code: 'not_json', says: /not JSON/ },
  {
    name: 'a body packed with gzip',
    body: gzipSync('{"title":"x"}'),
    headers: ['Content-Encoding: gzip'],
    code: 'not_json',
    says: /UTF-8/,
  },
  {
    name: 'a bomb of gzip',
    body: gzipSync(Buffer.alloc(20_000_000, 0x20)),
    headers: ['Content-Encoding: gzip'],
    code: 'not_json',
    says: /UTF-8/,
  },
  { name: 'half a character of UTF-8', body: quoteInvalid, code: 'not_json', says: /UTF-8/ },
  { name: 'UTF-16', body: Buffer.from(titled('"x"'), 'utf16le'), code: 'not_json', says: /not JSON|UTF-8/ },
  {
    name: 'a lone surrogate in an escape',
    body: titled(String.raw`"\ud800"`),
    code: 'invalid_input',
    says: /surrogate/,
    operationOnly: true,
  },
  { name: 'a byte order mark', body: `\ufeff${titled('"x"')}`, code: 'not_json', says: /not JSON/ },
  { name: 'two documents', body: `${titled('"x"')}${titled('"y"')}`, code: 'not_json', says: /not JSON/ },
  { name: 'a remark', body: '{"title":"x"/*,"priority":1*/}', code: 'not_json', says: /not JSON/ },
  { name: 'single quotes', body: "{'title':'x'}", code: 'not_json', says: /not JSON/ },
];

/** The last one counts, for the check as for the effect: nobody reads the first. */
const duplicates: Attack = {
  name: 'one member twice',
  run: async (range) => {
    const two = String.raw`{"title":"x","title":"a\u0000b"}`;
    const bad: Bad = { name: '', body: two, code: 'invalid_input', says: /title/ };
    const reason = refusedBy(await range.ask(asOperation(range, bad)), bad.code, bad.says);
    const answer = await range.ask(
      asOperation(range, { ...bad, body: '{"title":"first","title":"second"}' }),
    );
    assert.equal(answer.status, 200, answer.text);
    const { items } = await range.must('task_list', { limit: 100 });
    assert.match(JSON.stringify(items), /"second"/);
    assert.doesNotMatch(JSON.stringify(items), /"first"/);
    return `what is checked is what is done, the last one: ${reason}`;
  },
};

const many: Attack = {
  name: '40 bodies longer than the cap at once',
  run: (range) =>
    unharmed(range, async () => {
      const bad: Bad = { name: '', body: tooLong, code: 'too_large', says: /longer than/ };
      const answers = await Promise.all(Array.from({ length: 40 }, () => range.ask(asOperation(range, bad))));
      return answers.map((answer) => refusedBy(answer, bad.code, bad.says));
    }),
};

const head: Attack = {
  name: 'headers of 17 KB',
  run: (range) =>
    unharmed(range, async () => {
      const headers = [range.authorization, `X-Long: ${'x'.repeat(17_000)}`];
      return [refusedBy(await range.ask({ target: '/health', headers }), 'too_large', /headers/)];
    }),
};

const manyHeaders: Attack = {
  name: '3,000 short headers',
  run: (range) =>
    unharmed(range, async () => {
      const headers = Array.from({ length: 3_000 }, (_, i) => `a${i}: 1`);
      return [refusedBy(await range.ask({ target: '/health', headers }), 'too_large', /headers/)];
    }),
};

const address: Attack = {
  name: 'an address of 15 KB',
  run: (range) =>
    unharmed(range, async () => {
      const answer = await range.ask({ target: `/${'x'.repeat(15_000)}` });
      assert(answer.text.length < 500, 'the answer does not repeat it');
      return [refusedBy(answer, 'route_unknown', /that long/)];
    }),
};

export const json: Family = {
  name: 'oversized and deeply nested JSON',
  aim: 'the hub to run out of memory, stack or time, or to check another value than it uses.',
  control: {
    name: 'a body of one megabyte less a bit, 32 levels deep',
    run: async (range) => {
      const body = `${titled('"x"')}${' '.repeat(jsonBytesMax - titled('"x"').length)}`;
      const answer = await range.ask({ method: 'POST', target, headers: [range.authorization], body });
      assert.equal(answer.status, 200, answer.text);
      const deep = `{"title":"x","none":${'['.repeat(31)}${']'.repeat(31)}}`;
      const read = await range.ask({ method: 'POST', target, headers: [range.authorization], body: deep });
      refusedBy(read, 'invalid_input', /"none"/);
      return '200, and a task is added; what is as deep as it may be gets to the schema';
    },
  },
  attacks: [...bodies.map(refusedBody), duplicates, many, head, manyHeaders, address],
};
