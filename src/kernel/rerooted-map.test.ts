import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Records } from './records.ts';
import { RerootedMap } from './rerooted-map.ts';

const keys = ['a', 'b', 'c', 'd'];

const sorted = (values: Iterable<number>): number[] => [...values].toSorted((a, b) => a - b);

/** One that was there before is changed: which, counted from the first. */
const changeArbitrary = fc.record({
  of: fc.nat(),
  key: fc.constantFrom(...keys),
  value: fc.option(fc.nat(), { nil: undefined }),
});

describe('a rerooted map', () => {
  it('keeps every version as it was, whichever is changed next and whichever was read last', () => {
    fc.assert(
      fc.property(fc.array(changeArbitrary), fc.array(fc.nat()), (changes, reads) => {
        const versions = [{ map: new RerootedMap(new Records<number>()), model: new Map<string, number>() }];
        const nth = (index: number) => versions[index % versions.length] ?? assert.fail('there is a first');
        for (const { of, key, value } of changes) {
          const { map, model } = nth(of);
          const changed = new Map(model);
          if (value === undefined) changed.delete(key);
          else changed.set(key, value);
          versions.push({ map: map.with(key, value), model: changed });
        }
        for (const read of [...reads, ...versions.keys()]) {
          const { map, model } = nth(read);
          assert.equal(map.size, model.size);
          for (const key of keys) assert.equal(map.get(key), model.get(key));
          assert.deepEqual(sorted(map.values()), sorted(model.values()));
        }
      }),
    );
  });

  it('goes on with the values of a version while another is read', () => {
    const first = new RerootedMap(new Records<number>()).with('a', 1).with('b', 2);
    const second = first.with('b', undefined).with('c', 3);
    const values = first.values();
    assert.equal(values.next().value, 1);
    assert.deepEqual([...second.values()], [1, 3]);
    assert.deepEqual([...values], [2]);
  });

  it('gives away a copy that nothing changes', () => {
    const map = new RerootedMap(new Records<number>()).with('a', 1);
    const copy = map.copy();
    assert.equal(map.with('a', 2).get('a'), 2);
    assert.deepEqual([...copy.values()], [1]);
    copy.delete('a');
    assert.equal(map.get('a'), 1);
  });
});
