import { join } from 'node:path';
import { archivedStorage } from '../journal/archived-store.ts';
import type { Storage } from '../journal/storage.ts';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { keys } from './configuration/keys.ts';
import type { Settings } from './configuration/settings.ts';
import { databaseKeys, platformVariables } from './configuration/store.ts';
import { boardMissing, demandKeptStore } from './kept-store.ts';

type Place = Pick<Settings, 'dataDir' | 'store'>;

/** Of all journals. */
export const archivesIn = (dataDir: string): string => join(dataDir, 'archives');

interface Opening {
  /** Whether a database is prepared for journals that has none; otherwise that is a refusal. */
  readonly mayPrepare: boolean;
}

/** Where the journals are kept, as configured, together with what lies in archives of theirs. */
export const openStorage = async (
  place: Place,
  opening: Opening = { mayPrepare: true },
): Promise<Outcome<Storage>> => {
  const storage = await openBare(place, opening);
  return storage.ok ? ok(archivedStorage(storage.value, archivesIn(place.dataDir))) : storage;
};

/** Of files nothing is made by it; what opens a database is loaded only for one. */
const openBare = async (
  { dataDir, store: { kind, url, cluster, acceptDataLossWindow } }: Place,
  { mayPrepare }: Opening,
): Promise<Outcome<Storage>> => {
  if (kind === 'sqlite') {
    const { sqliteStorage } = await import('../stores/sqlite/storage.ts');
    return ok(sqliteStorage({ dataDir }));
  }
  const key = databaseKeys[kind];
  if (url === undefined) {
    const { variable } = keys[key];
    return refuse(
      'invalid_input',
      `The store is ${kind}, and where its database is was not said. Set ${[variable, ...platformVariables[key]].join(' or ')}.`,
      { store: kind },
    );
  }
  const text = await url.text();
  if (!text.ok) return text;
  if (kind === 'postgres') {
    const { openPostgresStorage } = await import('../stores/postgres/storage.ts');
    return openPostgresStorage({ url: text.value, cluster, mayPrepare });
  }
  const { openRedisStorage } = await import('../stores/redis/storage.ts');
  return openRedisStorage({ url: text.value, cluster, acceptDataLossWindow });
};

/** Does something with the storage of this data directory's board, and gives it back. */
export const withStorage = async <T>(
  settings: Settings,
  work: (storage: Storage) => Promise<Outcome<T>>,
  opening: Opening = { mayPrepare: false },
): Promise<Outcome<T>> => {
  const kept = await demandKeptStore(settings);
  if (!kept.ok) return kept;
  const storage = await openStorage(settings, opening);
  if (!storage.ok) return boardMissing(storage, settings, kept.value);
  try {
    return await work(storage.value);
  } finally {
    await storage.value.close();
  }
};
