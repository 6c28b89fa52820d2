import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { NotWhole } from './damage.ts';
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

const schema = `
  pragma journal_mode = wal;
  begin immediate;
  create virtual table words using fts5(text, tags, content = '', tokenize = 'ascii');
  create table standing (id integer primary key check (id = 1), seq integer not null, chain text not null) strict;
  pragma user_version = ${format};
  commit;`;

export interface OpenFile {
  readonly database: DatabaseSync;
  readonly inode: bigint;
}

/** The file of this name, made if there is none. */
export const openFile = (path: string): OpenFile => {
  if (inodeOf(path) === undefined) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    locked(path, () => {
      if (inodeOf(path) === undefined) make(path);
    });
  }
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

/** Puts a new file in the place of the one that is damaged, unless somebody else has done so. */
export const replaceFile = (path: string, damaged: bigint | undefined): void =>
  locked(path, () => {
    const there = inodeOf(path);
    if (there !== undefined && there === damaged) remove(path);
    if (inodeOf(path) === undefined) make(path);
  });

export const inodeOf = (path: string): bigint | undefined =>
  statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;

export const close = (database: DatabaseSync): void => {
  try {
    database.close();
  } catch {
    // A damaged file cannot be brought up to date on the way out; it holds nothing any more.
  }
};

const sideFiles = (path: string): readonly string[] => [`${path}-wal`, `${path}-shm`];

const remove = (path: string): void => {
  for (const file of [path, ...sideFiles(path)]) rmSync(file, { force: true });
};

/** Under another name first: who does not hold the lock finds the file whole or not at all. */
const make = (path: string): void => {
  const draft = `${path}-new`;
  remove(path);
  remove(draft);
  const database = new DatabaseSync(draft, { timeout: busyMs });
  try {
    database.exec(schema);
  } finally {
    close(database);
  }
  renameSync(draft, path);
};

/** One process at a time, freed by the operating system when it dies. */
const locked = (path: string, action: () => void): void => {
  const lock = new DatabaseSync(`${path}-lock`, { timeout: busyMs });
  try {
    lock.exec('pragma journal_mode = memory; begin exclusive');
    action();
  } finally {
    close(lock);
  }
};
