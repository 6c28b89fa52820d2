import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Archives, type ListedArchive } from '../../journal/archives/archives.ts';
import { earlierArchives } from '../../journal/archives/earlier.ts';
import { fileRefusal, isAbsent } from '../../journal/file-faults.ts';
import type { JournalName, Storage } from '../../journal/storage.ts';
import { type JournalIdentity, type Store, StoreFailure } from '../../journal/store.ts';
import type { SubjectKey } from '../../journal/subject-keys.ts';
import type { Outcome } from '../../kernel/errors.ts';
import { backupsIn } from '../upkeep/backup/backup.ts';
import { keysFileOf, keysText, readKeysFile } from '../upkeep/backup/keys-file.ts';
import { draftOf, encryptionDraftOf } from '../upkeep/drafts.ts';
import { knownCopies } from '../upkeep/known-copies.ts';
import { writeWhole } from '../upkeep/whole-file.ts';

/** A file that holds what the journal held. */
export interface Copy {
  readonly path: string;
  /** Only an export has texts that can be read without keys. */
  readonly kind: 'archive' | 'backup' | 'export';
}

/** What lies beside a journal, and elsewhere, of what was erased in it. */
export interface Copies {
  /** In what keys were destroyed now, besides the journal's own. */
  readonly keysDestroyedIn: readonly string[];
  /** Files of keys in which nothing could be destroyed: they are not whole, or this user may not change them. */
  readonly keysLeftIn: readonly string[];
  readonly files: readonly Copy[];
}

export interface ErasedIn {
  readonly dataDir: string;
  /** The folder of archives, where there is one. */
  readonly archives: string | undefined;
  readonly storage: Storage;
  readonly name: JournalName;
  readonly store: Store;
}

/** Destroys the keys that are destroyed in a journal wherever else the program has put them. Throws `StoreFailure`. */
export const clearCopies = async (erased: ErasedIn): Promise<Copies> => {
  const { dataDir, store } = erased;
  const gone = goneOf((await store.subjectKeys?.load()) ?? []);
  const folder = backupsIn(dataDir);
  const inFolder = (await filesIn(folder)).map((name) => join(folder, name));
  const known = demand(await knownCopies(dataDir, store.identity.id));
  const backups = known.flatMap(({ kind, path }) => (kind === 'backup' ? [path] : []));
  // One that was being written when its process died may hold them as well.
  const keysFiles = new Set([
    ...inFolder.filter((path) => /\.keys(?:\.draft)*$/.test(path)),
    ...backups.map(keysFileOf),
  ]);
  const keysDestroyedIn = await clearDrafts(erased, gone);
  const keysLeftIn: string[] = [];
  for (const path of keysFiles) {
    if (!(await isThere(path))) continue;
    const cleared = await clearKeysFile(path, gone);
    if (cleared === 'left') keysLeftIn.push(path);
    if (cleared === 'cleared') keysDestroyedIn.push(path);
  }
  const archives = await archivesIn(erased.archives, store.identity);
  const files: Copy[] = [
    ...archives.map(({ path }) => ({ path, kind: 'archive' as const })),
    ...inFolder.filter((path) => path.endsWith('.gz')).map((path) => ({ path, kind: 'backup' as const })),
  ];
  for (const { path, kind } of known)
    if (!inFolder.includes(path) && (await isThere(path))) files.push({ path, kind });
  return { keysDestroyedIn, keysLeftIn, files };
};

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

/** Where a journal is being restored or written anew; the keys of one that cannot be opened may be there as well. */
const clearDrafts = async ({ storage, name }: ErasedIn, gone: ReadonlySet<string>): Promise<string[]> => {
  const cleared: string[] = [];
  for (const draft of [draftOf(name), encryptionDraftOf(name)]) {
    const opened = await storage.open(draft, 'must-exist');
    if (!opened.ok && opened.code !== 'journal_missing' && storage.keysLeft === undefined) demand(opened);
    const keys = opened.ok ? opened.value.subjectKeys : storage.keysLeft?.(draft);
    try {
      const living = ((await keys?.load()) ?? []).filter(({ id, secret }) => secret && gone.has(id));
      if (living.length === 0) continue;
      await keys?.destroy(living.map(({ id }) => id));
      cleared.push(storage.placeOf(draft));
    } finally {
      if (opened.ok) await opened.value.close();
    }
  }
  return cleared;
};

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

const demand = <T>(outcome: Outcome<T>): T => {
  if (outcome.ok) return outcome.value;
  throw new StoreFailure(outcome);
};

const filesIn = async (folder: string): Promise<readonly string[]> => {
  try {
    return (await readdir(folder)).toSorted();
  } catch (thrown) {
    if (isAbsent(thrown)) return [];
    throw new StoreFailure(fileRefusal(folder, thrown, `${folder} cannot be read`));
  }
};

/** One that may not be looked at is there as far as anybody knows. */
const isThere = async (path: string): Promise<boolean> => {
  try {
    await access(path);
    return true;
  } catch (thrown) {
    return !isAbsent(thrown);
  }
};
