import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/**
 * How a connection is meant.
 * - `write`: for appending; never creates the file.
 * - `read`: cannot write the file, not even on closing, when SQLite would otherwise bring it up to date.
 * - `frozen`: looks only at the file itself, takes no lock and makes no side file. Right for a look at the parts of
 *   the file that never change, and for media that cannot be written.
 *
 * Nothing in this folder opens a journal's file by any other way than SQLite: closing such a handle would drop all
 * locks that this process has on the file, also those of SQLite (POSIX, fcntl).
 */
type Purpose = 'write' | 'read' | 'frozen';

const query: Readonly<Record<Purpose, string>> = {
  write: 'mode=rw',
  read: 'mode=ro',
  frozen: 'mode=ro&immutable=1',
};

export interface ConnectionOptions {
  readonly purpose: Purpose;
  /** How long SQLite itself waits for a lock. */
  readonly busyMs: number;
  /** Whether SQLite may be told to look at a file whose length does not fit its own header. */
  readonly lenient?: boolean;
}

export const connect = (path: string, options: ConnectionOptions): DatabaseSync =>
  new DatabaseSync(`${pathToFileURL(path).href}?${query[options.purpose]}`, {
    readOnly: options.purpose !== 'write',
    timeout: options.busyMs,
    defensive: options.lenient !== true,
  });

/** Closes what may be half open or already closed. */
export const closeQuietly = (database: DatabaseSync | undefined): void => {
  try {
    database?.close();
  } catch {
    // It was not open, or could not write on the way out; either way it holds nothing any more.
  }
};
