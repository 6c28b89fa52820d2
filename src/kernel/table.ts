import { Map as ImmutableMap } from 'immutable';
import sortedBTree from 'sorted-btree';
import { assert, present } from './assert.ts';

/** Where a record stands in an order: by `at`, then by `tie`, which tells records of one partition apart. */
export type Rank = readonly [at: number, tie: number];

/** Says for a record in which partition of the order it stands, and where there; `undefined` = not in this order. */
export interface Order<V> {
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
type Orders<O extends string> = ReadonlyMap<O, Partitions>;

/** An empty table. */
export const table = <V, O extends string>(definition: Omit<Shape<V, O>, 'names'>): Table<V, O> => {
  const isName = (name: string): name is O => name in definition.orders;
  return orderedTable({ ...definition, names: Object.keys(definition.orders).filter(isName) }, new Map());
};

const orderedTable = <V, O extends string>(shape: Shape<V, O>, records: Map<string, V>): Table<V, O> =>
  new OrderedTable(
    shape,
    ImmutableMap(records),
    new Map(shape.names.map((name) => [name, orderAll(shape.orders[name], records)])),
  );

class OrderedTable<V, O extends string> implements Table<V, O> {
  readonly #shape: Shape<V, O>;
  readonly #records: ImmutableMap<string, V>;
  readonly #orders: Orders<O>;

  constructor(shape: Shape<V, O>, records: ImmutableMap<string, V>, orders: Orders<O>) {
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
    return new OrderedTable(this.#shape, this.#records.set(key, record), orders);
  }

  remove(key: string): Table<V, O> {
    const old = this.#records.get(key);
    if (old === undefined) return this;
    return new OrderedTable(this.#shape, this.#records.delete(key), this.#follow(key, old, undefined));
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
    return new BulkTable(this.#shape, new Map(this.#records));
  }

  settle(): Table<V, O> {
    return this;
  }

  #order(order: O): Partitions {
    return present(this.#orders.get(order), 'an order was declared');
  }

  #tree(order: O, partition: string): Tree | undefined {
    return this.#order(order).get(partition);
  }

  /** The orders after a record was replaced; those in which it does not move are kept as they are. */
  #follow(key: string, old: V | undefined, next: V | undefined): Orders<O> {
    let changed: Map<O, Partitions> | undefined;
    for (const name of this.#shape.names) {
      const order = this.#shape.orders[name];
      const from = placeOf(order, old);
      const to = placeOf(order, next);
      if (samePlace(from, to)) continue;
      let partitions = this.#order(name);
      if (from !== undefined) partitions = takeOut(partitions, from);
      if (to !== undefined) partitions = bringIn(partitions, to, key);
      changed ??= new Map(this.#orders);
      changed.set(name, partitions);
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
    return orderedTable(this.#shape, this.#records);
  }

  #unordered(): never {
    assert(false, 'a table in bulk mode has no orders; settle it first');
  }
}

interface Place {
  readonly partition: string;
  readonly rank: Rank;
}

const placeOf = <V>(order: Order<V>, record: V | undefined): Place | undefined => {
  if (record === undefined) return undefined;
  const partition = order.partition(record);
  return partition === undefined ? undefined : { partition, rank: order.rank(record) };
};

const samePlace = (a: Place | undefined, b: Place | undefined): boolean =>
  a === undefined || b === undefined
    ? a === b
    : a.partition === b.partition && compareRanks(a.rank, b.rank) === 0;

/** Below zero when `a` stands before `b`. */
export const compareRanks = (a: Rank, b: Rank): number => a[0] - b[0] || a[1] - b[1];

// The package is CommonJS; Node hands over its exports object, whose `default` is the class.
const newTree = (): Tree => new sortedBTree.default<Rank, string>(undefined, compareRanks);

const takeOut = (partitions: Partitions, place: Place): Partitions => {
  const tree = present(
    partitions.get(place.partition),
    'a partition exists while a record stands in it',
  ).clone();
  tree.delete(place.rank);
  return tree.size === 0 ? partitions.delete(place.partition) : partitions.set(place.partition, tree);
};

const bringIn = (partitions: Partitions, place: Place, key: string): Partitions => {
  const tree = partitions.get(place.partition)?.clone() ?? newTree();
  const alone = tree.setIfNotPresent(place.rank, key);
  assert(alone, `rank ${place.rank.join('/')} in partition "${place.partition}" belongs to one record`);
  return partitions.set(place.partition, tree);
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
