import type { Storage } from '../journal/storage.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import { sqliteStorage } from '../stores/sqlite/storage.ts';
import type { Settings } from './configuration/settings.ts';

/** Where the journals are kept, as configured. Nothing is made by it. */
export const openStorage = async ({ dataDir }: Pick<Settings, 'dataDir'>): Promise<Outcome<Storage>> =>
  ok(sqliteStorage({ dataDir }));

/** Does something with the storage that is configured, and gives it back. */
export const withStorage = async <T>(
  settings: Settings,
  work: (storage: Storage) => Promise<Outcome<T>>,
): Promise<Outcome<T>> => {
  const storage = await openStorage(settings);
  if (!storage.ok) return storage;
  try {
    return await work(storage.value);
  } finally {
    await storage.value.close();
  }
};
