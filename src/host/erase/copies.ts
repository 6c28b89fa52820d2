import type { Log } from '../../engine/log.ts';
import { Archives, type ListedArchive } from '../../journal/archives/archives.ts';
import { earlierArchives } from '../../journal/archives/earlier.ts';
import { fileRefusal } from '../../journal/file-faults.ts';
import type { JournalName, Storage } from '../../journal/storage.ts';
import type { JournalIdentity, Store } from '../../journal/store.ts';
import type { SubjectKey } from '../../journal/subject-keys.ts';
import { keysFileOf, keysText, readKeysFile } from '../upkeep/backup/keys-file.ts';
import { draftOf, encryptionDraftOf } from '../upkeep/drafts.ts';
import type { CopiedJournals } from '../upkeep/known-copies.ts';
import { isOneAddress } from '../upkeep/moved-board.ts';
import { writeWhole } from '../whole-file.ts';
import { clearJournals } from './journal-keys.ts';
import {
  type Closed,
  type Gone,
  type KnownHere,
  clearFiles,
  forgetCaches,
  hasSame,
  isInDatabase,
  isThere,
  knownHere,
  unlessClosed,
} from './moved-journals.ts';

/** A file that holds what the journal held. */
export interface Copy {
  readonly path: string;
  /** Only an export has texts that can be read without keys. `journals`: files of a data directory, the path. */
  readonly kind: 'archive' | 'backup' | 'export' | 'journals';
}

/** What lies beside a journal, and elsewhere, of what was erased in it. */
export interface Copies {
  /** In what keys were destroyed now, besides the journal's own. */
  readonly keysDestroyedIn: readonly string[];
  /** Files of keys in which nothing could be destroyed: they are not whole, or this user may not change them. */
  readonly keysLeftIn: readonly string[];
  readonly files: readonly Copy[];
  /** Journals with their keys that a migration has left, or made, in databases. */
  readonly inDatabases: readonly CopiedJournals[];
  /** The same in other data directories that cannot be read or changed. */
  readonly closed: readonly Closed[];
}

export interface ErasedIn {
  readonly dataDir: string;
  /** The folder of archives, where there is one. */
  readonly archives: string | undefined;
  readonly storage: Storage;
  readonly name: JournalName;
  readonly store: Store;
  readonly log: Log;
}

/** Destroys the keys that are destroyed in a journal wherever else the program has put them. Throws `StoreFailure`. */
export const clearCopies = async (erased: ErasedIn): Promise<Copies> => {
  const { dataDir, store, storage, name } = erased;
  const gone = { name, identity: store.identity, keys: goneOf((await store.subjectKeys?.load()) ?? []) };
  const known = await knownHere(dataDir, store.identity.id);
  const keysDestroyedIn = [
    ...(await clearJournals(storage, [draftOf(name), encryptionDraftOf(name)], gone.keys)),
    ...(await clearMoved(erased, known, gone)),
  ];
  const keysLeftIn: string[] = [];
  for (const path of keysFilesOf(known)) {
    if (!(await isThere(path))) continue;
    const cleared = await clearKeysFile(path, gone.keys);
    if (cleared === 'left') keysLeftIn.push(path);
    if (cleared === 'cleared') keysDestroyedIn.push(path);
  }
  const archives = await archivesIn(erased.archives, store.identity);
  const files: Copy[] = [
    ...archives.map(({ path }) => ({ path, kind: 'archive' as const })),
    ...known.inBackups
      .filter((path) => path.endsWith('.gz'))
      .map((path) => ({ path, kind: 'backup' as const })),
  ];
  const closed = known.closed.map(({ folder }) => folder);
  for (const copy of known.copies) {
    const { path, kind } = copy;
    if (known.inBackups.includes(path) || isInDatabase(copy) || !(await isThere(path))) continue;
    // What could not be cleared is no file of texts that nothing opens any more.
    const isCleared =
      kind !== 'journals' || ((await isOther(path, storage)) && !(await hasSame(closed, path)));
    if (isCleared) files.push({ path, kind });
  }
  const inDatabases = known.copies
    .filter(isInDatabase)
    .filter((copy) => copy.store !== storage.kind || !isOneAddress(copy.path, storage.place));
  return { keysDestroyedIn, keysLeftIn, files, inDatabases, closed: known.closed };
};

/** One that was being written when its process died may hold keys as well. */
const keysFilesOf = ({ copies, inBackups }: KnownHere): ReadonlySet<string> =>
  new Set([
    ...inBackups.filter((path) => /\.keys(?:\.draft)*$/.test(path)),
    ...copies.flatMap(({ kind, path }) => (kind === 'backup' ? [keysFileOf(path)] : [])),
  ]);

/** Where the journal was before it was moved, or was copied to. */
const clearMoved = async (
  { storage, log }: ErasedIn,
  { folders, closed }: KnownHere,
  gone: Gone,
): Promise<readonly string[]> => {
  const cleared: string[] = [];
  for (const [i, folder] of folders.entries())
    await unlessClosed({ folder, isOwn: i === 0 }, closed, async () => {
      if (!(await isOther(folder, storage))) return;
      cleared.push(...(await clearFiles(folder, gone)));
      // What the first has is that of this process, and renewed by now.
      if (i > 0) await forgetCaches(folder, gone, log);
    });
  return cleared;
};

/** Whether files of this data directory are not the journals in which it is erased. */
const isOther = async (folder: string, { kind, place }: Storage): Promise<boolean> =>
  kind !== 'sqlite' || !(await hasSame([place], folder));

/** Those from before it was stored anew or restored may hold the same. */
const archivesIn = async (
  folder: string | undefined,
  identity: JournalIdentity,
): Promise<readonly ListedArchive[]> => {
  if (folder === undefined) return [];
  const all = [...(await earlierArchives(folder, identity)), new Archives(folder, identity)];
  return (await Promise.all(all.map((archives) => archives.list()))).flat();
};

const goneOf = (keys: readonly SubjectKey[]): ReadonlySet<string> =>
  new Set(keys.flatMap(({ id, secret }) => (secret === undefined ? [id] : [])));

const clearKeysFile = async (
  path: string,
  gone: ReadonlySet<string>,
): Promise<'cleared' | 'left' | 'untouched'> => {
  const read = await readKeysFile(path);
  if (!read.ok) return 'left';
  const journals = read.value;
  const isLeft = ({ id, secret }: SubjectKey): boolean => secret !== undefined && gone.has(id);
  if (!journals.some(({ keys }) => keys.some(isLeft))) return 'untouched';
  const cleared = journals.map(({ journal, keys }) => ({
    journal,
    keys: keys.map((key) => (isLeft(key) ? { ...key, secret: undefined, retired: true } : key)),
  }));
  try {
    await writeWhole(path, keysText(cleared));
    return 'cleared';
  } catch (thrown) {
    // What is no answer of the system's is thrown on.
    fileRefusal(path, thrown, path);
    return 'left';
  }
};
