import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { errorTable } from './errors.ts';
import { abandonMs, graceMs, holdOfSession, idleMs, sessionExpiresAt } from './hold.ts';
import { lineSchema, nameSchema, textSchema, ulid } from './ids.ts';
import { isoTime } from './instants.ts';
import { canonicalJson } from './json.ts';
import { printable, repeatable } from './text.ts';
import { extend, emptyTrail, flatten, newest, trailOf } from './trail.ts';

describe('error table', () => {
  it('gives every code a JSON-RPC number of its own outside the reserved range, or the protocol’s', () => {
    const rows = Object.values(errorTable);
    assert.equal(new Set(rows.map(({ jsonRpc }) => jsonRpc)).size, rows.length);
    for (const { jsonRpc, http, exit } of rows) {
      assert.ok(jsonRpc > 0 || [-32700, -32602, -32601, -32603].includes(jsonRpc));
      assert.ok(http >= 400 && http < 600);
      assert.ok(exit > 0 && exit < 10);
    }
  });
});

describe('ulid', () => {
  it('sorts by time, then by index, and is the same for the same entropy', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 47 }),
        fc.uint8Array({ minLength: 10, maxLength: 10 }).filter((bytes) => bytes.some((byte) => byte < 255)),
        (at, entropy) => {
          assert.match(ulid(at, entropy), /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
          assert.equal(ulid(at, entropy, 3), ulid(at, entropy, 3));
          assert.ok(ulid(at + 1, entropy) > ulid(at, entropy));
          assert.notEqual(ulid(at, entropy, 1), ulid(at, entropy, 0));
        },
      ),
    );
    assert.equal(ulid(1_469_918_176_385, new Uint8Array(10)), '01ARYZ6S410000000000000000');
  });
});

describe('text at the edge', () => {
  const bad = [
    '../x',
    '..',
    '.',
    '/',
    'a/b',
    'a\\b',
    '',
    'a b',
    'a\n',
    '\u001b[31m',
    'a\u202e',
    '-a',
    'a.',
    'x'.repeat(65),
    'a..b',
  ];
  for (const name of bad) {
    it(`is no name: ${JSON.stringify(name)}`, () =>
      assert.equal(nameSchema('It').safeParse(name).success, false));
  }
  it('takes the names that people give', () => {
    for (const name of ['a', 'claude-1', 'v1.2', 'T_9', 'x'.repeat(64)])
      assert.ok(nameSchema('It').safeParse(name).success);
  });
  it('keeps tab and newline in text, refuses other control characters, and any in a line', () => {
    assert.ok(textSchema('It', 10).safeParse('a\tb\nc').success);
    for (const text of ['\u0000', '\u001b[0m', '\u009b', '\u2028', '\u202e', 'x'.repeat(11)]) {
      assert.equal(textSchema('It', 10).safeParse(text).success, false);
      assert.equal(lineSchema('It', 10).safeParse(`a${text}b`).success, false);
    }
    assert.equal(lineSchema('It', 10).safeParse('a\nb').success, false);
    assert.equal(lineSchema('It', 10).safeParse('   ').success, false);
  });
  it('gives a terminal nothing that moves it or is not seen, and all that scripts and signs are made of', () => {
    assert.equal(printable('a\u001b\u202e\u200bb\u2060\ufeff'), 'a???b??');
    const made = 'क्\u200dष می\u200cخواهم \u{1f468}\u200d\u{1f469}';
    assert.equal(printable(made), made);
  });
  it('takes no half of a surrogate pair, and gives none back', () => {
    for (const text of ['\ud800', '\udc00', 'a\ude00\ud83db', 'a\ud83d']) {
      assert.equal(textSchema('It', 10).safeParse(text).success, false);
      assert.equal(lineSchema('It', 10).safeParse(text).success, false);
    }
    assert.ok(textSchema('It', 10).safeParse('a\u{1f600}').success);
    assert.ok(repeatable('a\u{1f600}', 2).isWellFormed());
    assert.ok(repeatable('\ud800', 2).isWellFormed());
  });
  it('wants something to see in a line, in whatever script', () => {
    const unseen = [
      '\u200b',
      '\u200d\u2060',
      ' \ufeff\u00ad ',
      '\u3164',
      '\u115f\u1160',
      '\uffa0',
      '\u2800',
      '\ufe0f',
      '\u{e0041}',
    ];
    for (const text of unseen)
      assert.equal(lineSchema('It', 10).safeParse(text).success, false, JSON.stringify(text));
    for (const text of ['a\u200bb', '\u05e9', '\u{1f468}\u200d\u{1f469}', '\u0ba8\u0bbf', '-', '\u0661'])
      assert.ok(lineSchema('It', 10).safeParse(text).success, JSON.stringify(text));
  });
});

describe('hold of a session', () => {
  const held = { holder: 'ada', session: 's-1', epoch: 7 };
  it('is contestable when its session goes stale and gone when it is abandoned', () => {
    const hold = holdOfSession(held, { lastSeen: 1_000, endedAt: undefined });
    assert.deepEqual([hold.contestableAt, hold.expiresAt], [1_000 + idleMs, 1_000 + abandonMs]);
  });
  it('is contestable at once when its session has ended, and gone after the grace', () => {
    const hold = holdOfSession(held, { lastSeen: 1_000, endedAt: 5_000 });
    assert.deepEqual([hold.contestableAt, hold.expiresAt], [5_000, 5_000 + graceMs]);
    assert.equal(hold.expiresAt, sessionExpiresAt({ lastSeen: 1_000, endedAt: 5_000 }));
  });
});

describe('trail', () => {
  it('gives back what was added, newest first, however long', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 250 }), (length, count) => {
        const seqs = Array.from({ length }, (_, i) => i * 3 + 1);
        const trail = seqs.reduce(extend, emptyTrail);
        assert.equal(trail.size, length);
        assert.deepEqual(newest(trail, count), seqs.toReversed().slice(0, count));
        assert.deepEqual(flatten(trail), seqs);
        assert.deepEqual(trailOf(flatten(trail)), trail);
      }),
    );
  });
});

describe('canonical JSON', () => {
  it('does not depend on the order of members, and tells different values apart', () => {
    assert.equal(
      canonicalJson({ b: [{ y: 1, x: 2 }], a: null }),
      canonicalJson({ a: null, b: [{ x: 2, y: 1 }] }),
    );
    assert.notEqual(canonicalJson({ a: [1, 2] }), canonicalJson({ a: [2, 1] }));
  });
});

describe('an instant as text', () => {
  it('is what Date makes of it', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        (date) => {
          assert.equal(isoTime(date.getTime()), date.toISOString());
        },
      ),
    );
  });
});
