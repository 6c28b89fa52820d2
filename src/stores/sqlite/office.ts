import { closeSync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { closeQuietly, connect } from './connection.ts';
import { isNamed } from './failures.ts';
import { fileMode } from './format.ts';

/**
 * An office is an exclusive lock of SQLite's on an empty database of its own. Nothing is ever written there; the
 * operating system takes the lock back when the process dies, and SQLite keeps two holders within one process apart.
 * `undefined` when somebody else holds it, or when there is no place to put the file.
 */
export const takeOffice = (path: string): (() => void) | undefined => {
  let database: DatabaseSync | undefined;
  try {
    makeFile(path);
    database = connect(path, { purpose: 'write', busyMs: 0 });
    database.exec('pragma journal_mode = memory; begin exclusive');
  } catch {
    closeQuietly(database);
    return undefined;
  }
  return () => closeQuietly(database);
};

/** Never opens a file that is there: closing it again would drop the lock of a holder in this process. */
export const makeFile = (path: string): void => {
  try {
    closeSync(openSync(path, 'wx', fileMode));
  } catch (error) {
    if (!isNamed(error, 'EEXIST')) throw error;
  }
};
