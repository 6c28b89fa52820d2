import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { dayMs } from '../../kernel/instants.ts';
import { NotWhole } from './damage.ts';
import { isGivenUp, isIndexOf, isOfSameJournal, journalOf } from './file-name.ts';
import { format } from './format.ts';

/**
 * A file that several processes use, that anybody may delete at any time, and that is replaced when it is damaged.
 * Whoever finds that the name means another file than before opens that one. SQLite leaves the log of the new one
 * alone when a connection to the old one closes, because it sees that its own file has moved.
 *
 * Files come and go only under a lock on a file beside them that is never deleted: else the log that one process
 * removes, because it stood beside a database that was gone, could be that of a database that another has just made.
 */

const busyMs = 10_000;

/** Of words that only some may read; SQLite gives its side files the mode of the database. */
const fileMode = 0o600;
const modeOfOthers = 0o077;

/** An index by other rules that nobody has written for so long belongs to a program that is gone. */
const unusedMs = 7 * dayMs;

const schema = `
  begin immediate;
  create virtual table words using fts5(text, tags, content = '', tokenize = 'ascii');
  create table standing (id integer primary key check (id = 1), seq integer not null, chain text not null) strict;
  pragma user_version = ${format};
  commit;`;

export interface OpenFile {
  readonly database: DatabaseSync;
  readonly inode: bigint;
}

/** The file of this name, made if there is none; then those that it takes the place of go. `note` is told what stays. */
export const openFile = (path: string, note: (note: string) => void): OpenFile => {
  if (inodeOf(path) === undefined) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    locked(path, () => {
      if (inodeOf(path) === undefined) make(path);
    });
    removeGivenUp(path, note);
  }
  keepPrivate(path, note);
  const inode = inodeOf(path);
  const database = new DatabaseSync(path, { timeout: busyMs });
  try {
    // 16 MB: with 4 an index of 600,000 entries takes a quarter longer to build, and 64 is no faster.
    database.exec('pragma synchronous = normal; pragma cache_size = -16384');
    const version = database.prepare('pragma user_version').get()?.['user_version'];
    if (inode === undefined || version !== format) throw new NotWhole('it is not a whole index');
    return { database, inode };
  } catch (error) {
    close(database);
    throw error;
  }
};

/** An index that is in no file. Those of its journal that are go: they hold the words of its texts. */
export const openMemory = (path: string, note: (note: string) => void): OpenFile => {
  removeIndexes(dirname(path), journalOf(basename(path)) ?? '', note);
  const database = new DatabaseSync(':memory:');
  database.exec(`pragma temp_store = memory; ${schema}`);
  return { database, inode: inMemory };
};

const inMemory = 0n;

/** Removes all indexes of a journal from a folder; `note` is told what stays. */
export const removeIndexes = (folder: string, journal: string, note: (note: string) => void): void => {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((file) => isIndexOf(file, journal))) {
    const path = join(folder, name);
    try {
      rmSync(path, { force: true });
    } catch (thrown) {
      note(
        `the full-text index ${path} holds words that are encrypted elsewhere, and cannot be removed (${String(thrown)})`,
      );
    }
  }
};

/** Puts a new file in the place of the one that is damaged, unless somebody else has done so. */
export const replaceFile = (path: string, damaged: bigint | undefined): void =>
  locked(path, () => {
    const there = inodeOf(path);
    if (there !== undefined && there === damaged) remove(path);
    if (inodeOf(path) === undefined) make(path);
  });

/** Removes all indexes of the journal, whatever rules they were made by: words that were erased may be in them. */
export const removeFiles = (path: string): void => {
  const [folder, own] = [dirname(path), basename(path)];
  if (inodeOf(folder) === undefined) return;
  for (const name of new Set([own, ...readdirSync(folder)])) {
    const file = join(folder, name);
    if (!isOfSameJournal(name, own)) continue;
    locked(file, () => {
      remove(file);
      remove(draftOf(file));
    });
  }
};

export const inodeOf = (path: string): bigint | undefined =>
  statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;

export const close = (database: DatabaseSync): void => {
  try {
    database.close();
  } catch {
    // A damaged file cannot be brought up to date on the way out; it holds nothing any more.
  }
};

const draftOf = (path: string): string => `${path}-new`;

const sideFiles = (path: string): readonly string[] => [`${path}-wal`, `${path}-shm`];

const remove = (path: string): void => {
  for (const file of [path, ...sideFiles(path)]) rmSync(file, { force: true });
};

/**
 * Removes the indexes that `path` takes the place of. A program that still uses one finds that it is gone, and builds it
 * anew. The locks stay: no file may come or go without the lock on it, and whoever waits for one has it open.
 */
const removeGivenUp = (path: string, note: (note: string) => void): void => {
  const [folder, own] = [dirname(path), basename(path)];
  const now = statSync(path).mtimeMs;
  for (const name of readdirSync(folder)) {
    const other = join(folder, name);
    try {
      if (isGivenUp(name, own, now - writtenAt(other) > unusedMs)) locked(other, () => remove(other));
    } catch (thrown) {
      // Somebody uses it on a system that does not remove what is open, or may not be kept waiting for it.
      note(`the full-text index ${other} is of no use any more and cannot be removed (${String(thrown)})`);
    }
  }
};

/** When the database or its log was written last. Infinity: never, it is gone by now. */
const writtenAt = (path: string): number => {
  const times = [path, ...sideFiles(path)].flatMap(
    (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? [],
  );
  return times.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...times);
};

/** An older version made files that everybody could read. A search does not fail for that. */
const keepPrivate = (path: string, note: (note: string) => void): void => {
  if (process.platform === 'win32') return;
  for (const file of [path, ...sideFiles(path)]) {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & modeOfOthers) === 0) continue;
    try {
      chmodSync(file, fileMode);
    } catch (thrown) {
      note(`the full-text index ${file} can be read by others (${String(thrown)})`);
    }
  }
};

const createPrivate = (path: string): void => closeSync(openSync(path, 'a', fileMode));

/** Under another name first: who does not hold the lock finds the file whole or not at all. */
const make = (path: string): void => {
  const draft = draftOf(path);
  remove(path);
  remove(draft);
  createPrivate(draft);
  const database = new DatabaseSync(draft, { timeout: busyMs });
  try {
    database.exec(`pragma journal_mode = wal; ${schema}`);
  } finally {
    close(database);
  }
  renameSync(draft, path);
};

/** One process at a time, freed by the operating system when it dies. */
const locked = (path: string, action: () => void): void => {
  createPrivate(`${path}-lock`);
  const lock = new DatabaseSync(`${path}-lock`, { timeout: busyMs });
  try {
    lock.exec('pragma journal_mode = memory; begin exclusive');
    action();
  } finally {
    close(lock);
  }
};
