import sortedBTree from 'sorted-btree';
import { assert } from './assert.ts';
import { Rerooted } from './rerooted.ts';

/** Where a record stands in an order: by `at`, then by `tie`, which tells records of one partition apart. */
export type Rank = readonly [at: number, tie: number];

export const compareRanks = (a: Rank, b: Rank): number => a[0] - b[0] || a[1] - b[1];

/** That a record stands somewhere. */
export interface Place {
  readonly partition: string;
  readonly rank: Rank;
  readonly key: string;
}

/** One version's difference from another: a place that is given up, and one that is taken. */
interface Move {
  readonly left: Place | undefined;
  readonly taken: Place | undefined;
}

type Tree = sortedBTree.default<Rank, string>;

/** What all versions share; it is as one of them is at a time. */
interface Ground {
  readonly trees: Map<string, Tree>;
  moves: number;
}

/**
 * An order of which every version stays readable, with one tree for each partition: trees that keep all versions apart
 * copy several nodes for each move.
 */
export class RerootedOrder extends Rerooted<Ground, Move> {
  /** The order of places that are given partition by partition, in any order. */
  static of(places: Iterable<Place>): RerootedOrder {
    const found = new Map<string, Place[]>();
    for (const place of places) {
      const list = found.get(place.partition);
      if (list === undefined) found.set(place.partition, [place]);
      else list.push(place);
    }
    const trees = new Map<string, Tree>();
    for (const [partition, list] of found) {
      list.sort((a, b) => compareRanks(a.rank, b.rank));
      const tree = newTree();
      // Ascending, each one goes to the end of the last leaf.
      for (const { rank, key } of list) tree.set(rank, key);
      assert(tree.size === list.length, `each rank in partition "${partition}" belongs to one record`);
      trees.set(partition, tree);
    }
    return new RerootedOrder({ trees, moves: 0 });
  }

  /** How many stand in this partition. */
  count(partition: string): number {
    return this.#trees().get(partition)?.size ?? 0;
  }

  /** The names of the partitions in which one stands at least. */
  partitions(): readonly string[] {
    return [...this.#trees().keys()];
  }

  get partitionCount(): number {
    return this.#trees().size;
  }

  first(partition: string): string | undefined {
    const tree = this.#trees().get(partition);
    const rank = tree?.minKey();
    return rank === undefined ? undefined : tree?.get(rank);
  }

  /** The keys of a partition in its order, behind `after` when that is given, whatever is done while somebody goes through. */
  *scan(partition: string, after?: Rank): IterableIterator<string> {
    let behind = after;
    for (let over = false; !over; ) {
      over = true;
      const ground = this.ground();
      const { moves } = ground;
      for (const [rank, key] of ground.trees.get(partition)?.entries(behind) ?? []) {
        if (behind !== undefined && compareRanks(rank, behind) <= 0) continue;
        behind = rank;
        yield key;
        if (this.isGround && ground.moves === moves) continue;
        // The tree was changed meanwhile: it is made again as it is in this version, and entered anew.
        over = false;
        break;
      }
    }
  }

  /** The version after a record has left the place where it stands, and has taken another, which is free. */
  moved(move: Move): RerootedOrder {
    const ground = this.ground();
    if (move.taken !== undefined) {
      const { partition, rank } = move.taken;
      const isFree = ground.trees.get(partition)?.has(rank) !== true;
      assert(isFree, `rank ${rank.join('/')} in partition "${partition}" belongs to one record`);
    }
    const next = new RerootedOrder(ground);
    next.follow(this, move);
    return next;
  }

  #trees(): ReadonlyMap<string, Tree> {
    return this.ground().trees;
  }

  protected override change(ground: Ground, { left, taken }: Move): Move {
    if (left !== undefined) takeOut(ground.trees, left);
    if (taken !== undefined) bringIn(ground.trees, taken);
    ground.moves += 1;
    return { left: taken, taken: left };
  }
}

// The package is CommonJS; Node hands over its exports object, whose `default` is the class.
const newTree = (): Tree => new sortedBTree.default<Rank, string>(undefined, compareRanks);

export const isSamePlace = (a: Place, b: Place): boolean =>
  a.partition === b.partition && compareRanks(a.rank, b.rank) === 0;

const takeOut = (trees: Map<string, Tree>, { partition, rank }: Place): void => {
  const tree = trees.get(partition);
  tree?.delete(rank);
  if (tree?.size === 0) trees.delete(partition);
};

const bringIn = (trees: Map<string, Tree>, { partition, rank, key }: Place): void => {
  let tree = trees.get(partition);
  if (tree === undefined) {
    tree = newTree();
    trees.set(partition, tree);
  }
  tree.set(rank, key);
};
