import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Place, type Rank, RerootedOrder, compareRanks } from './rerooted-order.ts';

const partitions = ['x', 'y'];
const keys = ['a', 'b', 'c', 'd', 'e'];

/** Of a version that was there before, counted from the first: the record moves there, or goes. */
const moveArbitrary = fc.record({
  of: fc.nat(),
  key: fc.constantFrom(...keys),
  to: fc.option(fc.tuple(fc.constantFrom(...partitions), fc.nat(3)), { nil: undefined }),
});

type Model = ReadonlyMap<string, Place>;

const inOrder = (model: Model, partition: string): Place[] =>
  [...model.values()]
    .filter((place) => place.partition === partition)
    .toSorted((a, b) => compareRanks(a.rank, b.rank));

const keysOf = (places: readonly Place[]): string[] => places.map(({ key }) => key);

const placeOf = (key: string, [partition, at]: readonly [string, number]): Place => ({
  partition,
  rank: [at, keys.indexOf(key)],
  key,
});

const assertSame = (order: RerootedOrder, model: Model): void => {
  const named = partitions.filter((partition) => inOrder(model, partition).length > 0);
  assert.deepEqual(order.partitions().toSorted(), named);
  assert.equal(order.partitionCount, named.length);
  for (const partition of partitions) {
    const expected = inOrder(model, partition);
    assert.equal(order.count(partition), expected.length);
    assert.equal(order.first(partition), expected[0]?.key);
    assert.deepEqual([...order.scan(partition)], keysOf(expected));
    for (const { rank } of expected) {
      const behind = expected.filter((place) => compareRanks(place.rank, rank) > 0);
      assert.deepEqual([...order.scan(partition, rank)], keysOf(behind));
    }
  }
};

const rank = (at: number): Rank => [at, 0];

const ofX = (...places: readonly (readonly [string, number])[]): RerootedOrder =>
  RerootedOrder.of(places.map(([key, at]) => ({ partition: 'x', rank: rank(at), key })));

describe('a rerooted order', () => {
  it('keeps every version as it was, whichever is changed next and whichever was read last', () => {
    fc.assert(
      fc.property(fc.array(moveArbitrary), fc.array(fc.nat()), (moves, reads) => {
        const versions: { order: RerootedOrder; model: Model }[] = [
          { order: RerootedOrder.of([]), model: new Map() },
        ];
        const nth = (index: number) => versions[index % versions.length] ?? assert.fail('there is a first');
        for (const { of, key, to } of moves) {
          const { order, model } = nth(of);
          const left = model.get(key);
          const taken = to === undefined ? undefined : placeOf(key, to);
          if (left?.partition === taken?.partition && left?.rank[0] === taken?.rank[0]) continue;
          const changed = new Map(model);
          if (taken === undefined) changed.delete(key);
          else changed.set(key, taken);
          versions.push({ order: order.moved({ left, taken }), model: changed });
        }
        for (const read of [...reads, ...versions.keys()]) assertSame(nth(read).order, nth(read).model);
      }),
    );
  });

  it('goes on through a version while others are made and read', () => {
    const first = ofX(['a', 1], ['b', 2], ['c', 3], ['d', 4]);
    const scan = first.scan('x');
    assert.equal(scan.next().value, 'a');
    const second = first
      .moved({ left: { partition: 'x', rank: rank(2), key: 'b' }, taken: undefined })
      .moved({ left: undefined, taken: { partition: 'x', rank: rank(9), key: 'e' } });
    assert.equal(scan.next().value, 'b');
    assert.deepEqual([...second.scan('x')], ['a', 'c', 'd', 'e']);
    assert.deepEqual([...scan], ['c', 'd']);
    assert.deepEqual([...first.scan('x', rank(2))], ['c', 'd']);
  });

  it('is built from places in any order, of which no two are one', () => {
    assert.deepEqual([...ofX(['b', 2], ['a', 1]).scan('x')], ['a', 'b']);
    assert.throws(() => ofX(['a', 1], ['b', 1]), /belongs to one record/);
  });

  it('refuses a place that is taken, and is as it was', () => {
    const order = ofX(['a', 1], ['b', 2]);
    const left = { partition: 'x', rank: rank(2), key: 'b' };
    const taken = { partition: 'x', rank: rank(1), key: 'b' };
    assert.throws(() => order.moved({ left, taken }), /rank 1\/0 in partition "x" belongs to one record/);
    assert.deepEqual([...order.scan('x')], ['a', 'b']);
  });
});
