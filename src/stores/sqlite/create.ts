import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { JournalIdentity } from '../../journal/store.ts';
import { ok, type Outcome } from '../../kernel/errors.ts';
import { closeQuietly, connect } from './connection.ts';
import { type Fault, faultOf, isNamed, refusalOf } from './failures.ts';
import {
  applicationId,
  directoryMode,
  fileMode,
  formatVersion,
  pageBytes,
  schema,
  shmOf,
  walOf,
} from './format.ts';

/**
 * Makes an empty journal at `path`, unless another process does so first; then that one stands. The file is built
 * complete under another name and gets its own by `link`, which never replaces anything: under its own name a journal
 * is therefore whole from its first moment, through any crash, and an empty file there is always damage.
 */
export const createJournal = (
  path: string,
  identity: JournalIdentity = { id: randomUUID(), generation: 1 },
): Outcome<undefined> => {
  const draft = `${path}.new-${randomUUID()}`;
  try {
    makeDirectory(dirname(path));
    build(draft, identity);
    const fault = linkUnlessThere(draft, path);
    if (fault !== undefined) return refusalOf(path, fault);
    syncDirectory(dirname(path));
    return ok(undefined);
  } catch (error) {
    return refusalOf(path, faultOf(error));
  } finally {
    for (const file of [draft, walOf(draft), shmOf(draft)]) removeQuietly(file);
  }
};

const makeDirectory = (directory: string): void => {
  const first = mkdirSync(directory, { recursive: true, mode: directoryMode });
  if (first === undefined) return;
  // Each new directory is an entry in the one above it, which has to be durable as well.
  for (let made = directory; ; made = dirname(made)) {
    syncDirectory(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
};

const build = (draft: string, identity: JournalIdentity): void => {
  closeSync(openSync(draft, 'wx', fileMode));
  let database: DatabaseSync | undefined;
  try {
    database = connect(draft, { purpose: 'write', busyMs: 0 });
    // SQLite need not sync what nobody can see yet; the whole draft is synced at the end. It becomes a journal with a
    // write-ahead log last of all, so that there is nothing left to move on closing, where errors would go unheard.
    database.exec(`
      pragma synchronous = off;
      pragma journal_mode = memory;
      pragma page_size = ${pageBytes};
      pragma application_id = ${applicationId};
      pragma user_version = ${formatVersion};
      begin;
      ${schema}
    `);
    database
      .prepare('insert into journal (id, generation, format) values (?, ?, ?)')
      .run(identity.id, identity.generation, formatVersion);
    database.exec('commit; pragma journal_mode = wal');
  } finally {
    closeQuietly(database);
  }
  sync(draft);
};

const linkUnlessThere = (draft: string, path: string): Fault | undefined => {
  try {
    linkSync(draft, path);
    return undefined;
  } catch (error) {
    if (isNamed(error, 'EEXIST')) return undefined;
    // A moment ago there was permission to make a file here, so it is not permission that is missing.
    if (isNamed(error, 'EPERM')) {
      return { code: 'storage_failed', reason: 'This file system cannot give a file a second name (link).' };
    }
    throw error;
  }
};

const sync = (path: string): void => {
  const handle = openSync(path, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** Windows has no such thing as an open directory; there the file system orders its own changes. */
export const syncDirectory = (directory: string): void => {
  if (process.platform === 'win32') return;
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

const removeQuietly = (path: string): void => {
  try {
    rmSync(path, { force: true });
  } catch {
    // A draft that stays behind harms nobody: nothing looks for it.
  }
};
