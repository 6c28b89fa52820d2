import { type BigIntStats, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { JournalIdentity } from '../../journal/store.ts';
import { ok, type Outcome, refuse } from '../../kernel/errors.ts';
import { closeQuietly, connect } from './connection.ts';
import { damaged, faultOf, refusalOf } from './failures.ts';
import { applicationId, formatVersion, pageBytes, truncatedVersion, walOf } from './format.ts';

/** Tells a file from another that is put under the same name. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

export interface Inspected {
  readonly identity: JournalIdentity;
  readonly file: FileIdentity;
}

export const fileIdentity = (path: string): FileIdentity | undefined => {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && { device: stat.dev, inode: stat.ino };
};

export const sameFile = (a: FileIdentity | undefined, b: FileIdentity | undefined): boolean =>
  a !== undefined && b !== undefined && a.device === b.device && a.inode === b.inode;

/**
 * Looks at a journal before anything opens it in a way that could write: `undefined` when there is none. What is
 * looked at here is written once, when the journal is made, and never changes, so it can be read without a lock even
 * while others append.
 */
export const inspect = (path: string): Outcome<Inspected | undefined> => {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return absent(path);
    if (!stat.isFile()) return damaged(path, 'It is not a file.');
    // SQLite takes an empty file for a new database, and would throw away the entries that lie beside it.
    if (stat.size < pageBytes) {
      return damaged(path, `It has ${stat.size} bytes, and even an empty journal has more.`);
    }
    return look(path, stat);
  } catch (error) {
    return refusalOf(path, faultOf(error));
  }
};

const absent = (path: string): Outcome<undefined> => {
  const left = statSync(walOf(path), { throwIfNoEntry: false });
  // Asked again afterwards: another process may just have made the journal.
  if (left === undefined || left.size === 0 || statSync(path, { throwIfNoEntry: false }) !== undefined) {
    return ok(undefined);
  }
  return refuse(
    'journal_missing',
    `The journal ${path} is missing, but its latest entries lie beside it in ${walOf(path)}. Nothing was changed. Put the journal back, or move that file away if it belongs to nothing, and try again.`,
    { path },
  );
};

const look = (path: string, stat: BigIntStats): Outcome<Inspected> => {
  let database: DatabaseSync | undefined;
  try {
    // Lenient, because while others bring the file up to date, it may be shorter than its header says.
    database = connect(path, { purpose: 'frozen', busyMs: 0, lenient: true });
    database.exec('pragma writable_schema = on');
    const application = numberIn(database, 'application_id');
    const version = numberIn(database, 'user_version');
    if (application !== applicationId) return damaged(path, 'It is an SQLite database of another program.');
    if (version > truncatedVersion) {
      return refusalOf(path, {
        code: 'upgrade_required',
        reason: `Its format is ${version}; this version knows formats up to ${truncatedVersion}.`,
      });
    }
    if (version < formatVersion) return damaged(path, `Its format is ${version}, which never existed.`);
    if (!isWhole(path, database)) return damaged(path, 'Its end is missing.');
    const identity = identityIn(database);
    if (identity === undefined) return damaged(path, 'It does not say which journal it is.');
    return ok({ identity, file: { device: stat.dev, inode: stat.ino } });
  } catch (error) {
    return refusalOf(path, faultOf(error));
  } finally {
    closeQuietly(database);
  }
};

const numberIn = (database: DatabaseSync, pragma: string): number => {
  const value = database.prepare(`pragma ${pragma}`).get()?.[pragma];
  return typeof value === 'number' ? value : -1;
};

const identityIn = (database: DatabaseSync): JournalIdentity | undefined => {
  const row = database.prepare('select id, generation from journal').get();
  const id = row?.['id'];
  const generation = row?.['generation'];
  return typeof id === 'string' && id.length > 0 && typeof generation === 'number'
    ? { id, generation }
    : undefined;
};

/**
 * Whether the file is as long as its header says. That need not be so while entries lie beside it: then the file is
 * behind them, or is just being brought up to date. A process that begins and ends between these looks can make a
 * whole file seem short, but hardly twice.
 */
const isWhole = (path: string, database: DatabaseSync): boolean => {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const beside = statSync(walOf(path), { throwIfNoEntry: false });
    if (beside !== undefined && beside.size > 0) return true;
    const pages = numberIn(database, 'page_count');
    const size = statSync(path).size;
    if (size % pageBytes === 0 && size >= pages * pageBytes) return true;
  }
  return false;
};
