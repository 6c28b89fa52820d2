import type { Log } from '../../engine/log.ts';
import type { Storage } from '../../journal/storage.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { keys } from '../configuration/keys.ts';
import type { Settings } from '../configuration/settings.ts';
import {
  type KeptStore,
  hasBoardInFiles,
  isKeptStore,
  keptStorePath,
  noteStore,
  readKeptStore,
} from '../kept-store.ts';
import { type CopiedJournals, rememberCopyIn } from './known-copies.ts';

/** The two sides of a migration, as they are set. */
export interface Sides {
  readonly from: Settings;
  readonly to: Settings;
}

/** Refuses where a data directory has its board elsewhere: what is left at the source is older. `place`: once it is known. */
export const demandSource = async (from: Settings, place?: string): Promise<Outcome<true>> => {
  const kept = await readKeptStore(from.dataDir);
  if (!kept.ok) return kept;
  if (kept.value === undefined) return ok(true);
  if (!isKeptStore(kept.value, from.store)) return staleSource(from, kept.value);
  return place === undefined || isKeptAt(kept.value, place)
    ? ok(true)
    : otherAddress(from, { kept: kept.value, place });
};

/** Files are where the data directory is. */
const isKeptAt = (kept: KeptStore, place: string): boolean =>
  kept.store === 'sqlite' || isOneAddress(place, kept.place);

/** Who asks makes no other board of it. */
export const isOneAddress = (one: string, other: string): boolean => withoutUser(one) === withoutUser(other);

const withoutUser = (place: string): string => place.replace(/\/\/[^/@]*@/, '//');

const staleSource = (from: Settings, kept: KeptStore): Refusal => {
  const path = keptStorePath(from.dataDir);
  const { store, cluster, place } = kept;
  const named = store === 'sqlite' || cluster === from.store.cluster ? '' : ` --from-cluster ${cluster}`;
  return refuse(
    'invalid_state',
    `The board of the data directory ${from.dataDir} is in ${place}, so what ${whatAt(from)} may be older than that. Nothing was changed. Say --from ${store}${named}. To move the other one on purpose, remove ${path} first.`,
    { data_dir: from.dataDir, ...kept, path },
  );
};

const whatAt = ({ store: { kind, cluster } }: Settings): string =>
  kind === 'sqlite' ? 'its files hold' : `the store ${kind} holds in cluster ${cluster}`;

const otherAddress = (
  { dataDir }: Settings,
  { kept, place }: { readonly kept: KeptStore; readonly place: string },
): Refusal => {
  const path = keptStorePath(dataDir);
  return refuse(
    'invalid_state',
    `The board of the data directory ${dataDir} is in ${kept.place}, so what ${place} holds may be older than that. Nothing was changed. Name the address of the first with --from-url. If the database itself has moved, remove ${path} first.`,
    { data_dir: dataDir, ...kept, path },
  );
};

/** Refuses where the data directory of the target has a board that would be lost sight of. `place`: once it is known. */
export const demandTarget = async ({ from, to }: Sides, place?: string): Promise<Outcome<true>> => {
  if (from.dataDir === to.dataDir) return ok(true);
  const kept = await readKeptStore(to.dataDir);
  if (!kept.ok) return kept;
  if (kept.value === undefined) return ok(true);
  if (!isKeptStore(kept.value, to.store)) return takenTarget(to.dataDir, kept.value);
  return place === undefined || isKeptAt(kept.value, place)
    ? ok(true)
    : otherTarget(to, { kept: kept.value, place });
};

const otherTarget = (
  { dataDir }: Settings,
  { kept, place }: { readonly kept: KeptStore; readonly place: string },
): Refusal => {
  const path = keptStorePath(dataDir);
  return refuse(
    'exists',
    `The data directory ${dataDir} has its board in ${kept.place}, and would lead to ${place}. Nothing was changed. Name another data directory with --data-dir, or the address of the first with --to-url. To give that board up on purpose, or if the database itself has moved, remove ${path} first.`,
    { data_dir: dataDir, ...kept, path },
  );
};

const takenTarget = (dataDir: string, kept: KeptStore): Refusal => {
  const path = keptStorePath(dataDir);
  return refuse(
    'exists',
    `The data directory ${dataDir} has its board in ${kept.place}, and would lead to another one. Nothing was changed. Name another data directory with --data-dir or --to-url. To give that board up on purpose, remove ${path} first.`,
    { data_dir: dataDir, ...kept, path },
  );
};

/** Nothing was ever written where a board is to be taken from. */
export const nothingToMove = ({ store: { kind } }: Settings, place: string): Refusal =>
  refuse(
    'workspace_unknown',
    `There is no workspace in ${place} yet, so there is nothing to migrate. Nothing was changed. ${kind === 'sqlite' ? 'Name the data directory that has the board with --from-url or --data-dir.' : `See that the address of the database and ${keys.cluster.variable} are right, or name them with --from-url and --from-cluster.`}`,
    { place },
  );

/**
 * From now on the data directory of the target leads there, if it led to the source before, or to nothing. Files that
 * never were elsewhere need no note.
 */
export const noteMoved = async ({ from, to }: Sides, { place }: Storage): Promise<Outcome<true>> => {
  const isInFiles = from.store.kind === 'sqlite' && to.store.kind === 'sqlite';
  return isInFiles || (await hasOwnBoard({ from, to })) ? ok(true) : noteStore(to, place);
};

/** Whether files of the target's data directory hold a board that is neither side. */
const hasOwnBoard = async ({ from, to }: Sides): Promise<boolean> => {
  const isSide = to.store.kind === 'sqlite' || (from.store.kind === 'sqlite' && from.dataDir === to.dataDir);
  if (isSide || !hasBoardInFiles(to.dataDir)) return false;
  const kept = await readKeptStore(to.dataDir);
  return kept.ok && kept.value === undefined;
};

interface Remembered {
  readonly journal: string;
  /** Of the source, and of the target. */
  readonly places: readonly [source: string, target: string];
  readonly log: Log;
}

/** Whichever side is used from then on, erasing there has to do with the other one as well. */
export const rememberSides = async (
  { from, to }: Sides,
  { journal, places: [source, target], log }: Remembered,
): Promise<void> => {
  const copyAt = (path: string, { store: { kind, cluster } }: Settings): CopiedJournals => ({
    path,
    kind: 'journals',
    store: kind,
    cluster,
    journals: [journal],
  });
  await rememberCopyIn(to.dataDir, copyAt(source, from), log);
  await rememberCopyIn(from.dataDir, copyAt(target, to), log);
};
