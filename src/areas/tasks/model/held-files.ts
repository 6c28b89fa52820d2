import { type Effort, type Glob, compileGlob, compiledMeet, globPrefix } from '../../../kernel/glob.ts';
import { type Table, table } from '../../../kernel/table.ts';
import { fileComparisonStepsMax } from './limits.ts';

/** A path pattern of a task that somebody holds. */
export interface HeldFile {
  readonly task: string;
  readonly holder: string;
  readonly glob: Glob;
}

/** One place in the tree of folders: the patterns whose literal beginning ends here, and the places right below. */
interface Place {
  readonly path: string;
  readonly held: readonly HeldFile[];
  readonly below: readonly string[];
}

/**
 * The files of all held tasks, arranged so that a pattern is compared only with those that lie on the way to it or
 * below it.
 */
export type HeldFiles = Table<Place, never>;

export const noHeldFiles: HeldFiles = table<Place, never>({ key: (place) => place.path, orders: {} });

const top = '';

interface HeldTask {
  readonly id: string;
  readonly files: readonly string[];
}

export const holdFiles = (index: HeldFiles, task: HeldTask, holder: string): HeldFiles => {
  let next = index;
  for (const file of task.files) {
    const glob = compileGlob(file);
    next = withPlace(next, glob.prefix);
    const path = pathOf(glob.prefix, glob.prefix.length);
    const place = next.get(path) ?? emptyPlace(path);
    next = next.put({ ...place, held: [...place.held, { task: task.id, holder, glob }] });
  }
  return next;
};

export const freeFiles = (index: HeldFiles, task: HeldTask): HeldFiles => {
  let next = index;
  for (const file of task.files) {
    const prefix = globPrefix(file);
    const place = next.get(prefix.join('/'));
    if (place === undefined) continue;
    next = next.put({ ...place, held: place.held.filter((held) => held.task !== task.id) });
    next = pruned(next, prefix);
  }
  return next;
};

/** Who may not have their files touched, seen from one agent and one of its tasks. */
interface Claimant {
  readonly agent: string;
  readonly task: string;
  readonly files: readonly string[];
}

export const fullEffort = (): Effort => ({ left: fileComparisonStepsMax });

/** A file that another agent holds and that one of these could touch, or may be taken to when the effort is used up. */
export const fileConflict = (
  index: HeldFiles,
  { agent, task, files }: Claimant,
  effort = fullEffort(),
): { readonly held: HeldFile; readonly file: string } | undefined => {
  for (const file of files) {
    const glob = compileGlob(file);
    for (const held of near(index, glob)) {
      if (held.holder === agent || held.task === task) continue;
      if (compiledMeet(glob, held.glob, effort)) return { held, file };
    }
  }
  return undefined;
};

const emptyPlace = (path: string): Place => ({ path, held: [], below: [] });

const pathOf = (prefix: readonly string[], depth: number): string => prefix.slice(0, depth).join('/');

/** The index with every place on the way to `prefix`. */
const withPlace = (index: HeldFiles, prefix: readonly string[]): HeldFiles => {
  let next = index.has(top) ? index : index.put(emptyPlace(top));
  for (let depth = 1; depth <= prefix.length; depth += 1) {
    const path = pathOf(prefix, depth);
    if (next.has(path)) continue;
    const above = next.get(pathOf(prefix, depth - 1)) ?? emptyPlace(pathOf(prefix, depth - 1));
    next = next.put({ ...above, below: [...above.below, path] }).put(emptyPlace(path));
  }
  return next;
};

/** The index without the places towards `prefix` at and below which nothing is held any more. */
const pruned = (index: HeldFiles, prefix: readonly string[]): HeldFiles => {
  let next = index;
  for (let depth = prefix.length; depth > 0; depth -= 1) {
    const path = pathOf(prefix, depth);
    const place = next.get(path);
    if (place === undefined || place.held.length > 0 || place.below.length > 0) return next;
    next = next.remove(path);
    const above = next.get(pathOf(prefix, depth - 1));
    if (above !== undefined) next = next.put({ ...above, below: above.below.filter((one) => one !== path) });
  }
  return next;
};

/** What is held on the way to a pattern's literal beginning, and below it; everything else cannot meet it. */
function* near(index: HeldFiles, { prefix }: Glob): Generator<HeldFile> {
  for (let depth = 0; depth < prefix.length; depth += 1) {
    const place = index.get(pathOf(prefix, depth));
    if (place === undefined) return;
    yield* place.held;
  }
  const open = [pathOf(prefix, prefix.length)];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const place = index.get(path);
    if (place === undefined) continue;
    yield* place.held;
    open.push(...place.below);
  }
}
