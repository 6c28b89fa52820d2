import { Map as ImmutableMap } from 'immutable';
import sortedBTree from 'sorted-btree';
import { assert, present } from './assert.ts';
import { RerootedMap } from './rerooted-map.ts';

/** Where a record stands in an order: by `at`, then by `tie`, which tells records of one partition apart. */
export type Rank = readonly [at: number, tie: number];

/** Says for a record in which partition of the order it stands, and where there; `undefined` = not in this order. */
interface Order<V> {
  readonly partition: (record: V) => string | undefined;
  readonly rank: (record: V) => Rank;
}

/**
 * The one collection of all areas: records by key, and declared orders that follow by themselves. A table is
 * immutable; `put` and `remove` return the next one, which shares nearly everything with it.
 */
export interface Table<V, O extends string> {
  readonly size: number;
  get(key: string): V | undefined;
  has(key: string): boolean;
  put(record: V): Table<V, O>;
  remove(key: string): Table<V, O>;
  /** All records, in no particular order. */
  values(): IterableIterator<V>;
  /** How many records stand in this partition of the order. */
  count(order: O, partition: string): number;
  /** The names of the partitions that hold at least one record. */
  partitions(order: O): IterableIterator<string>;
  partitionCount(order: O): number;
  first(order: O, partition: string): V | undefined;
  /** Records of a partition in its order, beginning behind `after` when that is given. */
  scan(order: O, partition: string, after?: Rank): IterableIterator<V>;
  /**
   * For replay: the same records in a form that changes in place and has no orders until it is settled. Folding an
   * entry therefore never reads an order.
   */
  bulk(): Table<V, O>;
  settle(): Table<V, O>;
}

interface Shape<V, O extends string> {
  readonly key: (record: V) => string;
  readonly orders: Readonly<Record<O, Order<V>>>;
  readonly names: readonly O[];
}

type Tree = sortedBTree.default<Rank, string>;
type Partitions = ImmutableMap<string, Tree>;
/** One for each name of the shape, in that order. */
type Orders = readonly Partitions[];

/** An empty table. */
export const table = <V, O extends string>(definition: Omit<Shape<V, O>, 'names'>): Table<V, O> => {
  const isName = (name: string): name is O => name in definition.orders;
  return orderedTable({ ...definition, names: Object.keys(definition.orders).filter(isName) }, new Map());
};

const orderedTable = <V, O extends string>(shape: Shape<V, O>, records: Map<string, V>): Table<V, O> =>
  new OrderedTable(
    shape,
    new RerootedMap(records),
    shape.names.map((name) => orderAll(shape.orders[name], records)),
  );

class OrderedTable<V, O extends string> implements Table<V, O> {
  readonly #shape: Shape<V, O>;
  readonly #records: RerootedMap<V>;
  readonly #orders: Orders;

  constructor(shape: Shape<V, O>, records: RerootedMap<V>, orders: Orders) {
    this.#shape = shape;
    this.#records = records;
    this.#orders = orders;
  }

  get size(): number {
    return this.#records.size;
  }

  get(key: string): V | undefined {
    return this.#records.get(key);
  }

  has(key: string): boolean {
    return this.#records.has(key);
  }

  values(): IterableIterator<V> {
    return this.#records.values();
  }

  put(record: V): Table<V, O> {
    const key = this.#shape.key(record);
    const orders = this.#follow(key, this.#records.get(key), record);
    return new OrderedTable(this.#shape, this.#records.with(key, record), orders);
  }

  remove(key: string): Table<V, O> {
    const old = this.#records.get(key);
    if (old === undefined) return this;
    return new OrderedTable(
      this.#shape,
      this.#records.with(key, undefined),
      this.#follow(key, old, undefined),
    );
  }

  count(order: O, partition: string): number {
    return this.#tree(order, partition)?.size ?? 0;
  }

  partitions(order: O): IterableIterator<string> {
    return this.#order(order).keys();
  }

  partitionCount(order: O): number {
    return this.#order(order).size;
  }

  first(order: O, partition: string): V | undefined {
    const tree = this.#tree(order, partition);
    const rank = tree?.minKey();
    const key = rank === undefined ? undefined : tree?.get(rank);
    return key === undefined ? undefined : this.#records.get(key);
  }

  *scan(order: O, partition: string, after?: Rank): IterableIterator<V> {
    const tree = this.#tree(order, partition);
    if (tree === undefined) return;
    for (const [rank, key] of tree.entries(after)) {
      if (after === undefined || compareRanks(rank, after) > 0) {
        yield present(this.#records.get(key), 'an order names only records that exist');
      }
    }
  }

  bulk(): Table<V, O> {
    return new BulkTable(this.#shape, this.#records.copy());
  }

  settle(): Table<V, O> {
    return this;
  }

  #order(order: O): Partitions {
    return present(this.#orders[this.#shape.names.indexOf(order)], 'an order was declared');
  }

  #tree(order: O, partition: string): Tree | undefined {
    return this.#order(order).get(partition);
  }

  /** The orders after a record was replaced; those in which it does not move are kept as they are. */
  #follow(key: string, old: V | undefined, next: V | undefined): Orders {
    let changed: Partitions[] | undefined;
    for (const [index, name] of this.#shape.names.entries()) {
      const { partition, rank } = this.#shape.orders[name];
      const from = old === undefined ? undefined : partition(old);
      const to = next === undefined ? undefined : partition(next);
      if (from === undefined && to === undefined) continue;
      const fromRank = old === undefined || from === undefined ? undefined : rank(old);
      const toRank = next === undefined || to === undefined ? undefined : rank(next);
      if (
        from === to &&
        fromRank !== undefined &&
        toRank !== undefined &&
        compareRanks(fromRank, toRank) === 0
      )
        continue;
      let partitions = this.#order(name);
      if (from !== undefined && fromRank !== undefined) partitions = takeOut(partitions, from, fromRank);
      if (to !== undefined && toRank !== undefined) partitions = bringIn(partitions, to, [toRank, key]);
      changed ??= [...this.#orders];
      changed[index] = partitions;
    }
    return changed ?? this.#orders;
  }
}

class BulkTable<V, O extends string> implements Table<V, O> {
  readonly #shape: Shape<V, O>;
  readonly #records: Map<string, V>;

  constructor(shape: Shape<V, O>, records: Map<string, V>) {
    this.#shape = shape;
    this.#records = records;
  }

  get size(): number {
    return this.#records.size;
  }

  get(key: string): V | undefined {
    return this.#records.get(key);
  }

  has(key: string): boolean {
    return this.#records.has(key);
  }

  values(): IterableIterator<V> {
    return this.#records.values();
  }

  put(record: V): this {
    this.#records.set(this.#shape.key(record), record);
    return this;
  }

  remove(key: string): this {
    this.#records.delete(key);
    return this;
  }

  count(): number {
    return this.#unordered();
  }

  partitions(): IterableIterator<string> {
    return this.#unordered();
  }

  partitionCount(): number {
    return this.#unordered();
  }

  first(): V | undefined {
    return this.#unordered();
  }

  scan(): IterableIterator<V> {
    return this.#unordered();
  }

  bulk(): this {
    return this;
  }

  settle(): Table<V, O> {
    return orderedTable(this.#shape, new Map(this.#records));
  }

  #unordered(): never {
    assert(false, 'a table in bulk mode has no orders; settle it first');
  }
}

export const compareRanks = (a: Rank, b: Rank): number => a[0] - b[0] || a[1] - b[1];

// The package is CommonJS; Node hands over its exports object, whose `default` is the class.
const newTree = (): Tree => new sortedBTree.default<Rank, string>(undefined, compareRanks);

const takeOut = (partitions: Partitions, name: string, rank: Rank): Partitions => {
  const tree = present(partitions.get(name), 'a partition exists while a record stands in it').clone();
  tree.delete(rank);
  return tree.size === 0 ? partitions.delete(name) : partitions.set(name, tree);
};

const bringIn = (partitions: Partitions, name: string, [rank, key]: readonly [Rank, string]): Partitions => {
  const tree = partitions.get(name)?.clone() ?? newTree();
  const alone = tree.setIfNotPresent(rank, key);
  assert(alone, `rank ${rank.join('/')} in partition "${name}" belongs to one record`);
  return partitions.set(name, tree);
};

const orderAll = <V>({ partition, rank }: Order<V>, records: ReadonlyMap<string, V>): Partitions => {
  const found = new Map<string, [Rank, string][]>();
  for (const [key, record] of records) {
    const name = partition(record);
    if (name === undefined) continue;
    const list = found.get(name);
    if (list === undefined) found.set(name, [[rank(record), key]]);
    else list.push([rank(record), key]);
  }
  const trees: [string, Tree][] = [];
  for (const [name, list] of found) {
    list.sort((a, b) => compareRanks(a[0], b[0]));
    const tree = newTree();
    // Ascending, each one goes to the end of the last leaf.
    for (const [at, key] of list) tree.set(at, key);
    assert(tree.size === list.length, `each rank in partition "${name}" belongs to one record`);
    trees.push([name, tree]);
  }
  return ImmutableMap(trees);
};
