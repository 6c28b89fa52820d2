import { type Glob, globPrefix } from './glob.ts';
import { type Table, table } from './table.ts';

/** Something that is found by a path pattern. */
interface Indexed {
  readonly glob: Glob;
}

/** One place in the tree of folders: what has its literal beginning here, and the places right below. */
interface Place<T extends Indexed> {
  readonly path: string;
  readonly items: readonly T[];
  readonly below: readonly string[];
}

/** Path patterns, arranged so that one is compared only with those that lie on the way to it or below it. */
export type GlobIndex<T extends Indexed> = Table<Place<T>, never>;

export const globIndex = <T extends Indexed>(): GlobIndex<T> =>
  table<Place<T>, never>({ key: (place) => place.path, orders: {} });

const top = '';

export const withGlob = <T extends Indexed>(index: GlobIndex<T>, item: T): GlobIndex<T> => {
  const { prefix } = item.glob;
  const next = withPlace(index, prefix);
  const path = pathOf(prefix, prefix.length);
  const place = next.get(path) ?? emptyPlace<T>(path);
  return next.put({ ...place, items: [...place.items, item] });
};

/** The index without those of a pattern's items that are `gone`. */
export const withoutGlob = <T extends Indexed>(
  index: GlobIndex<T>,
  pattern: string,
  gone: (item: T) => boolean,
): GlobIndex<T> => {
  const prefix = globPrefix(pattern);
  const place = index.get(prefix.join('/'));
  if (place === undefined) return index;
  return pruned(index.put({ ...place, items: place.items.filter((item) => !gone(item)) }), prefix);
};

/** What lies on the way to a pattern's literal beginning, and below it; nothing else can meet it. */
export function* near<T extends Indexed>(index: GlobIndex<T>, { prefix }: Glob): Generator<T> {
  for (let depth = 0; depth < prefix.length; depth += 1) {
    const place = index.get(pathOf(prefix, depth));
    if (place === undefined) return;
    yield* place.items;
  }
  const open = [pathOf(prefix, prefix.length)];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const place = index.get(path);
    if (place === undefined) continue;
    yield* place.items;
    open.push(...place.below);
  }
}

const emptyPlace = <T extends Indexed>(path: string): Place<T> => ({ path, items: [], below: [] });

const pathOf = (prefix: readonly string[], depth: number): string => prefix.slice(0, depth).join('/');

/** The index with every place on the way to `prefix`. */
const withPlace = <T extends Indexed>(index: GlobIndex<T>, prefix: readonly string[]): GlobIndex<T> => {
  let next = index.has(top) ? index : index.put(emptyPlace(top));
  for (let depth = 1; depth <= prefix.length; depth += 1) {
    const path = pathOf(prefix, depth);
    if (next.has(path)) continue;
    const above = next.get(pathOf(prefix, depth - 1)) ?? emptyPlace<T>(pathOf(prefix, depth - 1));
    next = next.put({ ...above, below: [...above.below, path] }).put(emptyPlace(path));
  }
  return next;
};

/** The index without the places towards `prefix` at and below which nothing is left. */
const pruned = <T extends Indexed>(index: GlobIndex<T>, prefix: readonly string[]): GlobIndex<T> => {
  let next = index;
  for (let depth = prefix.length; depth > 0; depth -= 1) {
    const path = pathOf(prefix, depth);
    const place = next.get(path);
    if (place === undefined || place.items.length > 0 || place.below.length > 0) return next;
    next = next.remove(path);
    const above = next.get(pathOf(prefix, depth - 1));
    if (above !== undefined) next = next.put({ ...above, below: above.below.filter((one) => one !== path) });
  }
  return next;
};
