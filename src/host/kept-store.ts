import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileRefusal } from '../journal/file-faults.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import { isRecord } from '../kernel/json.ts';
import { keys } from './configuration/keys.ts';
import type { Settings } from './configuration/settings.ts';
import { databaseKeys, storeNameIn } from './configuration/store.ts';
import type { StoreName } from './configuration/store-keys.ts';
import { errorCodeIn } from './data-directory.ts';

/**
 * Which store a data directory was last used with. It is noted as soon as that is, or was, a database: without what the
 * environment says of it, the same data directory would lead to another board. Nothing in it is secret.
 */
export interface KeptStore {
  readonly store: StoreName;
  readonly cluster: string;
  /** As messages show it. */
  readonly place: string;
}

export type KeptPlace = Pick<Settings, 'dataDir' | 'store'>;

export const keptStorePath = (dataDir: string): string => join(dataDir, 'store.json');

export const readKeptStore = async (dataDir: string): Promise<Outcome<KeptStore | undefined>> => {
  const path = keptStorePath(dataDir);
  try {
    const kept = keptStoreIn(JSON.parse(await readFile(path, 'utf8')));
    return kept === undefined ? unreadable(path, 'it does not name a store') : ok(kept);
  } catch (thrown) {
    const reason = thrown instanceof SyntaxError ? 'it is not valid JSON' : errorCodeIn(thrown);
    return reason === 'ENOENT' || reason === 'ENOTDIR' ? ok(undefined) : unreadable(path, reason);
  }
};

const keptStoreIn = (value: unknown): KeptStore | undefined => {
  if (!isRecord(value)) return undefined;
  const { store, cluster, place } = value;
  return typeof store === 'string' &&
    storeNameIn(store) === store &&
    typeof cluster === 'string' &&
    typeof place === 'string'
    ? { store: storeNameIn(store), cluster, place }
    : undefined;
};

const unreadable = (path: string, reason: string): Refusal =>
  refuse(
    'storage_failed',
    `${path}, which says where the board of this data directory is, cannot be read: ${reason}. Nothing was changed. Set ${keys.store.variable} and what belongs to it as they were, and move that file aside.`,
    { path, reason },
  );

/** What is noted, if anything; refuses when what is set now leads to another board. */
export const demandKeptStore = async (meant: KeptPlace): Promise<Outcome<KeptStore | undefined>> => {
  const kept = await readKeptStore(meant.dataDir);
  return kept.ok && kept.value !== undefined && !isKeptStore(kept.value, meant.store)
    ? anotherBoard(kept.value, meant)
    : kept;
};

/** Whether what is set leads to the store and the cluster that were noted, at whichever address. */
export const isKeptStore = ({ store, cluster }: KeptStore, meant: Settings['store']): boolean =>
  store === meant.kind && (store === 'sqlite' || cluster === meant.cluster);

const anotherBoard = (kept: KeptStore, { dataDir, store: { kind, cluster } }: KeptPlace): Refusal => {
  const path = keptStorePath(dataDir);
  const now = kind === 'sqlite' ? 'the store sqlite' : `the store ${kind}, cluster ${cluster}`;
  return refuse(
    'invalid_state',
    `The board of the data directory ${dataDir} is in ${kept.place}, and what is set now leads to another one: ${now}. Nothing was changed. Set ${settingsFor(kept)}. To use the other one on purpose, remove ${path}; signalbox migrate takes the board along.`,
    { data_dir: dataDir, ...kept, path },
  );
};

const settingsFor = ({ store, cluster }: KeptStore): string => {
  const chosen = `${keys.store.variable}=${store}`;
  if (store === 'sqlite') return chosen;
  const named = cluster === keys.cluster.default ? '' : `, ${keys.cluster.variable}=${cluster}`;
  return `${chosen}${named} and, to the address of that database, ${keys[databaseKeys[store]].variable}`;
};

/** A refusal because a place has no journals at all, in the words of who meant a board there. */
export const boardMissing = (
  refusal: Refusal,
  { dataDir, store: { kind } }: KeptPlace,
  kept: KeptStore | undefined,
): Refusal => {
  const { empty, place } = refusal.details;
  if (refusal.code !== 'journal_missing' || empty !== true) return refusal;
  const check = `see that the address of the database and ${keys.cluster.variable} are right`;
  if (kept === undefined && hasBoardInFiles(dataDir))
    return refuse(
      'journal_missing',
      `There is no board in ${String(place)} yet, and the data directory ${dataDir} has one in files. Nothing was changed. To take that along: signalbox migrate --from sqlite --to ${kind}. To begin another one there on purpose, give it a data directory of its own with --data-dir or ${keys['data-dir'].variable}. If there should be one, ${check}.`,
      { place, data_dir: dataDir },
    );
  if (kept === undefined)
    return {
      ...refusal,
      message: `There is no board in ${String(place)} yet. signalbox serve makes one, and so does the first command that writes. If there should be one, ${check}.`,
    };
  const path = keptStorePath(dataDir);
  return refuse(
    'journal_missing',
    `The board of the data directory ${dataDir} was in ${kept.place}, and there is no journal in ${String(place)} now. Nothing was changed. If it is elsewhere, ${check}; if it is lost, bring back a backup with signalbox restore. To begin anew with nothing on purpose, remove ${path}.`,
    { place, kept_place: kept.place, path },
  );
};

/** Notes where the board is, once it is open there. Files of a data directory that never had it elsewhere need no note. */
export const keepStore = async (
  meant: KeptPlace,
  place: string,
  kept: KeptStore | undefined,
): Promise<Outcome<true>> =>
  (kept === undefined && meant.store.kind === 'sqlite') || kept?.place === place
    ? ok(true)
    : noteStore(meant, place);

export const noteStore = async (
  { dataDir, store: { kind, cluster } }: KeptPlace,
  place: string,
): Promise<Outcome<true>> => {
  const kept: KeptStore = { store: kind, cluster, place };
  const path = keptStorePath(dataDir);
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, `${JSON.stringify(kept)}\n`, { mode: 0o600, flush: true });
    await rename(draft, path);
    return ok(true);
  } catch (thrown) {
    await rm(draft, { force: true });
    return fileRefusal(path, thrown, `${path}, which says where the board is, cannot be written`);
  }
};

/** Said once, when a data directory with a board in files begins to lead to another one. */
export const besideFiles = ({ dataDir }: Pick<KeptPlace, 'dataDir'>, place: string): string =>
  `The data directory ${dataDir} has a board in files as well, which is left as it is: from now on the one in ${place} is used. To go back to the one in files, remove ${keptStorePath(dataDir)} and set ${keys.store.variable}=sqlite. To work with both, give each a data directory of its own (${keys['data-dir'].variable}).`;

/** Whether a data directory has a board, so that none is begun in a database in its stead. */
export const hasBoard = ({ dataDir }: Pick<KeptPlace, 'dataDir'>, kept: KeptStore | undefined): boolean =>
  kept !== undefined || hasBoardInFiles(dataDir);

/** Whether files of the data directory hold a board, whichever store is meant. */
export const hasBoardInFiles = (dataDir: string): boolean => existsSync(join(dataDir, 'hub.journal'));
