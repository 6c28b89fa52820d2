import { ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../journal/store.ts';
import type { ErrorCode, Outcome } from '../kernel/errors.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../stores/sqlite/sqlite-store.ts';

/** The value of an outcome that a test expects to be one. */
export const opened = <T>(outcome: Outcome<T>): T => {
  ok(outcome.ok, outcome.ok ? '' : `${outcome.code}: ${outcome.message}`);
  return outcome.value;
};

export const openStore = async (path: string): Promise<Store> =>
  opened(await openSqliteStore({ path, create: 'may' }));

/** The code with which opening is refused; undefined if it is not. */
export const refusalCode = async (
  path: string,
  create: SqliteStoreOptions['create'],
): Promise<ErrorCode | undefined> => {
  const outcome = await openSqliteStore({ path, create });
  if (!outcome.ok) return outcome.code;
  await outcome.value.close();
  return undefined;
};

export interface TestFiles {
  readonly directory: string;
  readonly path: string;
  readonly open: () => Promise<Store>;
  readonly remove: () => Promise<void>;
}

/** A place for a journal in a directory of its own, which does not exist before the journal does. */
export const createTestJournal = (): TestFiles => {
  const above = mkdtempSync(join(tmpdir(), 'signalbox-'));
  const directory = join(above, 'data');
  const path = join(directory, 'journal.db');
  return {
    directory,
    path,
    open: () => openStore(path),
    remove: async () => rmSync(above, { recursive: true, force: true }),
  };
};
