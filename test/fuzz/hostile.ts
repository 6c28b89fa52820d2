/* What nobody who means well sends. */
import fc from 'fast-check';

const repeated = (part: string, characters: number): string =>
  part.repeat(Math.ceil(characters / part.length)).slice(0, characters);

const texts: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\u001b[2J\u001b]0;x\u0007',
  '\r\n{"forged":true}\r\n',
  '\ud800',
  '\udfff\ud800',
  '\u202e\u2066\u200b\ufeff',
  'e\u0301'.repeat(500),
  '👩‍👩‍👧‍👦'.repeat(200),
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '../../../../etc/passwd',
  'file:///etc/passwd',
  '..\\..\\windows',
  '%2e%2e%2f',
  "'; DROP TABLE entries; --",
  '"a" AND NEAR(',
  'NOT * "',
  '${jndi:ldap://x}',
  '{{constructor.constructor("return 1")()}}',
  '(a+)+$',
  `${'a'.repeat(60)}!`,
  `${'a,'.repeat(2_000)}`,
  `${'-'.repeat(5_000)}x`,
  `${'a.'.repeat(5_000)}!`,
  '**/'.repeat(300),
  '{a,b}'.repeat(100),
  '['.repeat(500),
  '!('.repeat(200),
  '*'.repeat(2_000),
  'T-99999999999999999999',
  'T-0',
  'T--1',
  '1e999',
  'NaN',
  'null',
  '-0',
  '0x10',
  '9007199254740993',
  '9999-12-31T23:59:59Z',
  '0000-00-00T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  repeated('x', 70_000),
  repeated('é\n', 30_000),
  repeated('\ud83d', 20_000),
  repeated(' ', 50_000),
  repeated('{"a":', 20_000),
];

const numbers: readonly number[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  -1,
  0.1,
  5e-324,
  1e308,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53,
  -(2 ** 53) - 2,
  8.64e15 + 1,
];

const nested = (depth: number, open: (inner: unknown) => unknown): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = open(value);
  return value;
};

/** Deeper than any surface lets in. */
const depthMax = 1_000;

const deep = fc
  .tuple(fc.constantFrom(5, 31, 32, 33, 100, depthMax), fc.constantFrom('array', 'object', 'proto'))
  .map(([depth, kind]) =>
    nested(depth, (inner) => {
      if (kind === 'array') return [inner];
      return kind === 'object' ? { a: inner } : Object.fromEntries([['__proto__', inner]]);
    }),
  );

const polluting: readonly string[] = [
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"__proto__":[],"length":1e9}',
  '{"prototype":{"polluted":true},"toString":1,"valueOf":null,"toJSON":"x"}',
  '{"then":{"call":1},"ok":true}',
  '{"hasOwnProperty":false,"":0}',
];

/** As a parser makes it: with its strange names as members of its own. */
const strange = fc.constantFrom(...polluting).map((text): unknown => JSON.parse(text));

const many = fc
  .tuple(fc.constantFrom(101, 1_001, 10_000), fc.constantFrom<unknown>(null, 'T-1', 'a', 0, {}, []))
  .map(([length, item]): unknown => Array.from({ length }, () => item));

/** Anything that JSON can say, and numbers that it cannot. */
export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: fc.constantFrom<unknown>(...texts), weight: 8 },
  { arbitrary: fc.constantFrom<unknown>(...numbers), weight: 3 },
  { arbitrary: fc.constantFrom<unknown>(null, true, false, undefined, [], {}, [[]], ['']), weight: 3 },
  { arbitrary: strange, weight: 2 },
  { arbitrary: deep, weight: 1 },
  { arbitrary: many, weight: 1 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 40 }), weight: 3 },
  { arbitrary: fc.jsonValue({ maxDepth: 3 }), weight: 2 },
);

export const hostileText: fc.Arbitrary<string> = fc.constantFrom(...texts);

/** The names of members that objects have without being given them. */
export const strangeNames: readonly string[] = ['__proto__', 'constructor', 'toString', '', 'then', '\u0000'];
