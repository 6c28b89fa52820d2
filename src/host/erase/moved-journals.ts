import { access, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../engine/log.ts';
import { removeIndexes } from '../../followers/text-index/file.ts';
import { fileRefusal, isAbsent } from '../../journal/file-faults.ts';
import { removeSnapshot, snapshotFile } from '../../journal/snapshots.ts';
import type { JournalName } from '../../journal/storage.ts';
import { type JournalIdentity, StoreFailure } from '../../journal/store.ts';
import type { Outcome } from '../../kernel/errors.ts';
import { sqliteStorage } from '../../stores/sqlite/storage.ts';
import { usualDataDir, xdgFolder } from '../configuration/find-files.ts';
import { backupsIn } from '../upkeep/backup/backup.ts';
import { draftOf, encryptionDraftOf } from '../upkeep/drafts.ts';
import { type CopiedJournals, type KnownCopy, knownCopies } from '../upkeep/known-copies.ts';
import { clearJournals } from './journal-keys.ts';

/** What data directories on this machine know of copies of a journal. */
export interface KnownHere {
  /** Those that have, or had, the journal: the one that is asked first, then those that it was moved from or to. */
  readonly folders: readonly string[];
  /** Each once. */
  readonly copies: readonly KnownCopy[];
  /** What is in their folders of backups. */
  readonly inBackups: readonly string[];
  /** What could not be read of the others, or changed. */
  readonly closed: Closed[];
}

/** A data directory that this user may not, or cannot, work on. */
export interface Closed {
  readonly folder: string;
  readonly reason: string;
}

/** Follows what was noted from one data directory to the next. Throws `StoreFailure` for the first. */
export const knownHere = async (dataDir: string, journal: string): Promise<KnownHere> => {
  const folders = [dataDir];
  const copies = new Map<string, KnownCopy>();
  const inBackups: string[] = [];
  const closed: Closed[] = [];
  for (const folder of folders)
    await unlessClosed({ folder, isOwn: folder === dataDir }, closed, async () => {
      const known = demand(await knownCopies(folder, journal));
      const backups = backupsIn(folder);
      inBackups.push(...(await filesIn(backups)).map((name) => join(backups, name)));
      for (const copy of known) {
        copies.set(copy.path, copy);
        const isFiles = copy.kind === 'journals' && copy.store === 'sqlite' && (await isThere(copy.path));
        if (isFiles && !(await hasSame(folders, copy.path))) folders.push(copy.path);
      }
    });
  return { folders, copies: [...copies.values()], inBackups, closed };
};

/** What goes wrong in another data directory does not keep the rest from being done. */
export const unlessClosed = async (
  { folder, isOwn }: { readonly folder: string; readonly isOwn: boolean },
  closed: Closed[],
  work: () => Promise<void>,
): Promise<void> => {
  try {
    await work();
  } catch (thrown) {
    if (isOwn || !(thrown instanceof StoreFailure)) throw thrown;
    if (!closed.some((one) => one.folder === folder)) closed.push({ folder, reason: thrown.refusal.message });
  }
};

/** Whether a folder is one of these, by whatever path. */
export const hasSame = async (folders: readonly string[], wanted: string): Promise<boolean> => {
  const path = await wholePath(wanted);
  for (const folder of folders) if ((await wholePath(folder)) === path) return true;
  return false;
};

const wholePath = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch {
    // It is gone, or looking into it says what is wrong.
    return path;
  }
};

/** One that may not be looked at is there as far as anybody knows. */
export const isThere = async (path: string): Promise<boolean> => {
  try {
    await access(path);
    return true;
  } catch (thrown) {
    return !isAbsent(thrown);
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

/** Which journal, and what is destroyed of it. */
export interface Gone {
  readonly name: JournalName;
  readonly identity: JournalIdentity;
  readonly keys: ReadonlySet<string>;
}

/** Destroys keys in the files of a data directory; where it did. Throws `StoreFailure`. */
export const clearFiles = (folder: string, { name, keys }: Gone): Promise<readonly string[]> =>
  clearJournals(sqliteStorage({ dataDir: folder }), [name, draftOf(name), encryptionDraftOf(name)], keys);

/** Removes what was made of the texts beside the files of another data directory. Throws `StoreFailure`. */
export const forgetCaches = async (folder: string, { identity }: Gone, log: Log): Promise<void> => {
  const { env } = process;
  const usual = join(xdgFolder(env, 'XDG_CACHE_HOME', ['.cache']), 'signalbox');
  for (const cache of [join(folder, 'cache'), ...(folder === usualDataDir(env) ? [usual] : [])]) {
    try {
      await removeSnapshot(join(cache, snapshotFile(identity)));
    } catch (thrown) {
      throw new StoreFailure(fileRefusal(cache, thrown, `What is in ${cache} cannot be removed`));
    }
    removeIndexes(cache, identity.id, () =>
      log.warn(
        `the full-text index in ${cache} has words of what was erased, and cannot be removed: delete it`,
      ),
    );
  }
};

/** A copy in a database, of which nothing here has the address with its password. */
export const isInDatabase = (copy: KnownCopy): copy is CopiedJournals =>
  copy.kind === 'journals' && copy.store !== 'sqlite';
