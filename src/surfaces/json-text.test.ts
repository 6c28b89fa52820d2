import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isDeeperThan, parseJson } from './json-text.ts';

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map((member) => depthOf(member)))
    : 0;

describe('the depth of a body', () => {
  it('is that of the value it holds', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }),
        fc.integer({ min: 0, max: 7 }),
        (value, depthMax) => {
          const bytes = Buffer.from(JSON.stringify(value));
          assert.equal(isDeeperThan(bytes, depthMax), depthOf(value) > depthMax);
        },
      ),
    );
  });

  it('is found in anything, without an end that is not there', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        isDeeperThan(bytes, 3);
      }),
    );
    for (const text of ['"', '"\\', '"\\"', '{"a":"', '}}}}]]]]', '']) {
      assert.equal(isDeeperThan(Buffer.from(text), 3), false);
    }
  });
});

describe('a body', () => {
  it('is what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        assert.deepEqual(parseJson(Buffer.from(text), 'body'), {
          ok: true,
          value: JSON.parse(text) as unknown,
        });
      }),
    );
  });

  it('never throws, and never repeats what could move a terminal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const parsed = parseJson(Buffer.from(bytes), 'body');
        if (!parsed.ok) assert.match(parsed.message, /^[\u0020-\u007e]+$/);
      }),
    );
  });
});
