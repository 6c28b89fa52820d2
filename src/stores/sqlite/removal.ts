import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StoreFailure } from '../../journal/store.ts';
import { takeOverKeys } from '../../journal/subject-keys.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { closeQuietly, connect } from './connection.ts';
import { syncDirectory } from './create.ts';
import { faultOf, isNamed, refusalOf } from './failures.ts';
import { bellOf, keysOf, shmOf, walOf } from './format.ts';
import { SqliteSubjectKeys } from './subject-keys.ts';

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

/**
 * Puts one journal in the place of another; nobody has either open. Through any crash there is a whole journal at `to`:
 * the one before, or the other.
 */
export const replaceJournal = async (to: string, from: string): Promise<Outcome<true>> => {
  try {
    for (const path of [from, to]) {
      const busy = foldLog(path);
      if (busy !== undefined) return busy;
    }
    const hasKeys = await lendKeys(to, from);
    rmSync(bellOf(to), { force: true });
    renameSync(from, to);
    if (hasKeys) renameSync(keysOf(from), keysOf(to));
    else rmSync(keysOf(to), { force: true });
    syncDirectory(dirname(to));
    for (const beside of besideOf(from)) rmSync(beside, { force: true });
    return ok(true);
  } catch (error) {
    return error instanceof StoreFailure ? error.refusal : refusalOf(to, faultOf(error));
  }
};

/** Whichever journal is there after a crash finds its keys. Whether there are any that come along. */
const lendKeys = async (to: string, from: string): Promise<boolean> => {
  if (statSync(keysOf(from), { throwIfNoEntry: false }) === undefined) return false;
  await takeOverKeys(new SqliteSubjectKeys(keysOf(to)), await new SqliteSubjectKeys(keysOf(from)).load());
  return true;
};

/** Brings all that the write-ahead log holds into the journal itself, so that no log is left that could be taken for another's. */
const foldLog = (path: string): ReturnType<typeof refusalOf> | undefined => {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const database = connect(path, { purpose: 'write', busyMs: 0 });
  try {
    database.exec('pragma wal_checkpoint(truncate)');
  } finally {
    closeQuietly(database);
  }
  const left = statSync(walOf(path), { throwIfNoEntry: false })?.size ?? 0;
  if (left === 0) {
    for (const file of [walOf(path), shmOf(path)]) rmSync(file, { force: true });
    return undefined;
  }
  return refusalOf(path, { code: 'storage_busy', reason: 'Another process has it open.' });
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
