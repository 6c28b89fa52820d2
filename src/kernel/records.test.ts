import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Records } from './records.ts';

const keys = [
  'T-1',
  'T-2',
  'T-7',
  'T-1023',
  'T-1024',
  'T-1030',
  'T-99999',
  'T-0',
  'T-01',
  'T-',
  'T-1a',
  'shop/T-1',
];
const odd = ['T-123456789012', 'T-Infinity', 'T-1e3', 'T--1', 'a', ''];

const changeArbitrary = fc.record({
  key: fc.constantFrom(...keys, ...odd),
  value: fc.option(fc.nat(), { nil: undefined }),
});

const sorted = (values: Iterable<number>): number[] => [...values].toSorted((a, b) => a - b);

const assertSame = (records: Records<number>, model: ReadonlyMap<string, number>): void => {
  assert.equal(records.size, model.size);
  for (const key of [...keys, ...odd]) assert.equal(records.get(key), model.get(key), key);
  assert.deepEqual(sorted(records.values()), sorted(model.values()));
};

describe('records by key', () => {
  for (const beginning of ['T-', undefined]) {
    it(`are found like in a Map where keys begin with ${beginning}`, () => {
      fc.assert(
        fc.property(fc.array(changeArbitrary), (changes) => {
          const records = new Records<number>(beginning);
          const model = new Map<string, number>();
          for (const { key, value } of changes) {
            const before = records.copy();
            const modelBefore = new Map(model);
            if (value === undefined) {
              records.delete(key);
              model.delete(key);
            } else {
              records.set(key, value);
              model.set(key, value);
            }
            assertSame(records, model);
            assertSame(before, modelBefore);
          }
        }),
      );
    });
  }

  it('has place for a number as soon as there are enough records, and finds what came before', () => {
    const records = new Records<number>('T-');
    records.set('T-3000', 1);
    for (let i = 1; i <= 2_999; i += 1) records.set(`T-${i}`, i);
    records.set('T-3000', 2);
    assert.equal(records.get('T-3000'), 2);
    assert.equal(records.size, 3_000);
    records.delete('T-3000');
    records.set('T-3000', 3);
    assert.equal(records.get('T-3000'), 3);
    assert.equal(records.size, 3_000);
  });
});
