import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Table, table } from './table.ts';

interface Row {
  readonly id: string;
  readonly group: string | undefined;
  readonly at: number;
}

const empty = (): Table<Row, 'group' | 'all'> =>
  table<Row, 'group' | 'all'>({
    key: (row) => row.id,
    orders: {
      group: { partition: (row) => row.group, rank: (row) => [row.at, Number(row.id)] },
      all: { partition: () => 'all', rank: (row) => [-row.at, Number(row.id)] },
    },
  });

const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  id: fc.integer({ min: 0, max: 12 }).map(String),
  group: fc.constantFrom('a', 'b', undefined),
  at: fc.integer({ min: -3, max: 3 }),
});

const changeArbitrary = fc.oneof(
  rowArbitrary.map((row) => ({ kind: 'put' as const, row })),
  fc.integer({ min: 0, max: 12 }).map((id) => ({ kind: 'remove' as const, id: String(id) })),
);

const inOrder = (rows: Iterable<Row>, group: string): string[] =>
  [...rows]
    .filter((row) => row.group === group)
    .toSorted((a, b) => a.at - b.at || Number(a.id) - Number(b.id))
    .map(({ id }) => id);

const check = (actual: Table<Row, 'group' | 'all'>, model: ReadonlyMap<string, Row>): void => {
  assert.equal(actual.size, model.size);
  assert.deepEqual(new Set(actual.values()), new Set(model.values()));
  for (const group of ['a', 'b']) {
    const expected = inOrder(model.values(), group);
    assert.deepEqual(
      [...actual.scan('group', group)].map(({ id }) => id),
      expected,
    );
    assert.equal(actual.count('group', group), expected.length);
    assert.equal(actual.first('group', group)?.id, expected[0]);
  }
  assert.equal(actual.count('all', 'all'), model.size);
};

describe('table', () => {
  it('keeps every order in step with the records, live and in bulk, and never changes a table that was handed out', () => {
    fc.assert(
      fc.property(fc.array(changeArbitrary, { maxLength: 60 }), (changes) => {
        let live = empty();
        let bulk = empty().bulk();
        const model = new Map<string, Row>();
        const past: { readonly table: typeof live; readonly model: ReadonlyMap<string, Row> }[] = [];
        for (const change of changes) {
          past.push({ table: live, model: new Map(model) });
          if (change.kind === 'put') {
            live = live.put(change.row);
            bulk = bulk.put(change.row);
            model.set(change.row.id, change.row);
          } else {
            live = live.remove(change.id);
            bulk = bulk.remove(change.id);
            model.delete(change.id);
          }
        }
        check(live, model);
        check(bulk.settle(), model);
        for (const one of past) check(one.table, one.model);
      }),
    );
  });

  it('continues a scan behind a rank that may no longer be there', () => {
    let rows = empty();
    for (const id of ['1', '2', '3', '4']) rows = rows.put({ id, group: 'a', at: Number(id) });
    const ids = (after: readonly [number, number]) => [...rows.scan('group', 'a', after)].map(({ id }) => id);
    assert.deepEqual(ids([2, 2]), ['3', '4']);
    rows = rows.remove('2');
    assert.deepEqual(ids([2, 2]), ['3', '4']);
    assert.deepEqual(ids([4, 4]), []);
  });

  it('refuses two records of one rank, which would hide one of them', () => {
    const twins = table<Row, 'all'>({
      key: (row) => row.id,
      orders: { all: { partition: () => 'all', rank: () => [0, 0] } },
    });
    assert.throws(
      () => twins.put({ id: '1', group: 'a', at: 0 }).put({ id: '2', group: 'a', at: 0 }),
      /belongs to one record/,
    );
  });

  it('has no orders in bulk mode, so that folding cannot depend on one', () => {
    const bulk = empty().bulk().put({ id: '1', group: 'a', at: 1 });
    assert.equal(bulk.get('1')?.at, 1);
    assert.throws(() => bulk.first('group', 'a'), /settle it first/);
    assert.throws(() => bulk.count('group', 'a'), /settle it first/);
  });
});
