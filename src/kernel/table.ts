import { assert, present } from './assert.ts';
import { Records } from './records.ts';
import { RerootedMap } from './rerooted-map.ts';
import { type Place, type Rank, RerootedOrder, isSamePlace } from './rerooted-order.ts';

export { type Rank, compareRanks } from './rerooted-order.ts';

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
  /** What comes before the number in keys, where nearly all end in one that counts them. */
  readonly numberedBehind?: string;
  readonly orders: Readonly<Record<O, Order<V>>>;
  readonly names: readonly O[];
}

/** One for each name of the shape, in that order. */
type Orders = readonly RerootedOrder[];

/** An empty table. */
export const table = <V, O extends string>(definition: Omit<Shape<V, O>, 'names'>): Table<V, O> => {
  const isName = (name: string): name is O => name in definition.orders;
  const names = Object.keys(definition.orders).filter(isName);
  return orderedTable({ ...definition, names }, new Records(definition.numberedBehind));
};

const orderedTable = <V, O extends string>(shape: Shape<V, O>, records: Records<V>): Table<V, O> =>
  new OrderedTable(
    shape,
    new RerootedMap(records),
    shape.names.map((name) => RerootedOrder.of(placesIn(shape, name, records))),
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
    return this.#order(order).count(partition);
  }

  partitions(order: O): IterableIterator<string> {
    return this.#order(order).partitions().values();
  }

  partitionCount(order: O): number {
    return this.#order(order).partitionCount;
  }

  first(order: O, partition: string): V | undefined {
    const key = this.#order(order).first(partition);
    return key === undefined ? undefined : this.#records.get(key);
  }

  *scan(order: O, partition: string, after?: Rank): IterableIterator<V> {
    for (const key of this.#order(order).scan(partition, after))
      yield present(this.#records.get(key), 'an order names only records that exist');
  }

  bulk(): Table<V, O> {
    return new BulkTable(this.#shape, this.#records.copy());
  }

  settle(): Table<V, O> {
    return this;
  }

  #order(order: O): RerootedOrder {
    return present(this.#orders[this.#shape.names.indexOf(order)], 'an order was declared');
  }

  /** The orders after a record was replaced; those in which it does not move are kept as they are. */
  #follow(key: string, old: V | undefined, next: V | undefined): Orders {
    let changed: RerootedOrder[] | undefined;
    for (const [index, name] of this.#shape.names.entries()) {
      const order = this.#shape.orders[name];
      const left = old === undefined ? undefined : placeOf(order, old, key);
      const taken = next === undefined ? undefined : placeOf(order, next, key);
      if (left === undefined && taken === undefined) continue;
      if (left !== undefined && taken !== undefined && isSamePlace(left, taken)) continue;
      changed ??= [...this.#orders];
      changed[index] = this.#order(name).moved({ left, taken });
    }
    return changed ?? this.#orders;
  }
}

class BulkTable<V, O extends string> implements Table<V, O> {
  readonly #shape: Shape<V, O>;
  readonly #records: Records<V>;

  constructor(shape: Shape<V, O>, records: Records<V>) {
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
    return this.#records.get(key) !== undefined;
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
    return orderedTable(this.#shape, this.#records.copy());
  }

  #unordered(): never {
    assert(false, 'a table in bulk mode has no orders; settle it first');
  }
}

const placeOf = <V>({ partition, rank }: Order<V>, record: V, key: string): Place | undefined => {
  const name = partition(record);
  return name === undefined ? undefined : { partition: name, rank: rank(record), key };
};

function* placesIn<V, O extends string>(
  { orders, key }: Shape<V, O>,
  name: O,
  records: Records<V>,
): Iterable<Place> {
  for (const record of records.values()) {
    const place = placeOf(orders[name], record, key(record));
    if (place !== undefined) yield place;
  }
}
