import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { movedOn } from '../../journal/storage.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { closeQuietly, connect } from './connection.ts';
import { syncDirectory } from './create.ts';
import { faultOf, isNamed, refusalOf } from './failures.ts';
import { bellOf, shmOf, walOf } from './format.ts';

/** Deletes a journal that nobody has open, with all that belongs to it. */
export const removeJournal = (path: string): Outcome<true> => {
  try {
    // The bell first: without the journal it would say that entries are lost.
    rmSync(bellOf(path), { force: true });
    rmSync(path, { force: true });
    for (const beside of besideOf(path)) rmSync(beside, { force: true });
    return ok(true);
  } catch (error) {
    return refusalOf(path, faultOf(error));
  }
};

interface Replacing {
  readonly to: string;
  readonly from: string;
  /** Where the old one must end; anywhere when absent. */
  readonly endsAt: Seq | undefined;
}

/**
 * Puts one journal in the place of another. Through any crash there is a whole journal at `to`: the one before, or the
 * other. Nobody writes to either meanwhile, and whoever had one of them open finds then that it has lost its name.
 */
export const replaceJournal = ({ to, from, endsAt }: Replacing): Outcome<true> => {
  const held: DatabaseSync[] = [];
  try {
    for (const path of [from, to]) {
      const busy = hold(path, held);
      if (busy !== undefined) return busy;
    }
    if (endsAt !== undefined && endsAt !== endOf(held[1])) return movedOn(to);
    // Windows gives the name of a file that is open to no other.
    if (process.platform === 'win32') letGo(held);
    // First, as without the journal they would say that entries are lost.
    for (const path of [from, to]) rmSync(bellOf(path), { force: true });
    renameSync(from, to);
    syncDirectory(dirname(to));
    for (const file of [walOf(to), shmOf(to), ...besideOf(from)]) rmSync(file, { force: true });
    return ok(true);
  } catch (error) {
    return refusalOf(to, faultOf(error));
  } finally {
    letGo(held);
  }
};

/** How long another process may be at a commit. */
const busyMs = 500;
/** How often others may write between two looks. */
const foldsMax = 5;

/**
 * Brings all that the write-ahead log holds into the journal itself, so that no log is left that could be taken for
 * another's, and keeps others from writing.
 */
const hold = (path: string, held: DatabaseSync[]): ReturnType<typeof refusalOf> | undefined => {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const database = connect(path, { purpose: 'write', busyMs });
  held.push(database);
  for (let folds = 0; folds < foldsMax; folds += 1) {
    database.exec('pragma wal_checkpoint(truncate); begin immediate');
    if ((statSync(walOf(path), { throwIfNoEntry: false })?.size ?? 0) === 0) return undefined;
    database.exec('rollback');
  }
  return refusalOf(path, { code: 'storage_busy', reason: 'Another process has it open.' });
};

const endOf = (database: DatabaseSync | undefined): Seq =>
  Number(database?.prepare('select max(seq) as seq from entries').get()?.['seq'] ?? 0);

/** Of one that has lost its name SQLite takes no file away on closing. */
const letGo = (held: DatabaseSync[]): void => {
  for (const database of held.splice(0)) closeQuietly(database);
};

/** What lies beside a journal and belongs to it. */
const besideOf = (path: string): readonly string[] => {
  const folder = dirname(path);
  const names = [`${basename(path)}-`, `${basename(path)}.`];
  try {
    return readdirSync(folder)
      .filter((file) => names.some((name) => file.startsWith(name)))
      .map((file) => join(folder, file));
  } catch (error) {
    if (isNamed(error, 'ENOENT')) return [];
    throw error;
  }
};
