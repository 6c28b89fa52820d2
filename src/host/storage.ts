import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { archivedStorage } from '../journal/archived-store.ts';
import { setShared } from '../journal/archives/format.ts';
import { fileRefusal, isAbsent } from '../journal/file-faults.ts';
import type { Storage } from '../journal/storage.ts';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { keys } from './configuration/keys.ts';
import type { Settings } from './configuration/settings.ts';
import { archivesFolder, databaseKeys, platformVariables } from './configuration/store.ts';
import { boardMissing, demandKeptStore } from './kept-store.ts';
import { refuseHalfRestored } from './upkeep/restore/half-restored.ts';

type Place = Pick<Settings, 'dataDir' | 'store'>;

/** Of all journals in this place. Clusters that are told the same folder never meet in it. */
export const archivesOf = (place: Place): string | undefined => {
  const folder = archivesFolder(place);
  const { kind, cluster } = place.store;
  return folder === undefined || kind === 'sqlite' ? folder : join(folder, `${kind}-${cluster}`);
};

/** The same for who writes archives: they have to lie where everybody finds them who works on the journals. */
export const demandArchives = async (place: Place): Promise<Outcome<string>> => {
  const folder = archivesFolder(place);
  const archives = archivesOf(place);
  const { kind } = place.store;
  if (folder === undefined || archives === undefined)
    return refuse(
      'invalid_input',
      `Several machines can share the journals of the store ${kind}, so its archives must lie where each of them reads them, and no folder is set for them. Nothing was changed. ${setShared}`,
      { setting: 'archives', store: kind },
    );
  if (kind === 'sqlite') return ok(archives);
  try {
    if ((await stat(folder)).isDirectory()) return ok(archives);
    return refuse(
      'invalid_input',
      `${folder}, which is set for archives, is no folder. Nothing was changed. ${setShared}`,
      { setting: 'archives', path: folder },
    );
  } catch (thrown) {
    if (!isAbsent(thrown))
      return fileRefusal(
        folder,
        thrown,
        `The folder of archives ${folder} cannot be used. Nothing was changed`,
      );
  }
  // Where nothing is mounted, a folder that is made would be this machine's alone.
  return refuse(
    'not_found',
    `There is no folder ${folder} here, which is set for archives. Nothing was changed. Mount it, or set another. ${setShared}`,
    { setting: 'archives', path: folder },
  );
};

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
  return storage.ok ? ok(archivedStorage(storage.value, archivesOf(place))) : storage;
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

/** Does something with the storage of this data directory's board, and gives it back. Refuses where journals are being restored. */
export const withStorage = <T>(
  settings: Settings,
  work: (storage: Storage) => Promise<Outcome<T>>,
): Promise<Outcome<T>> =>
  withAnyStorage(settings, async (storage) => {
    const whole = await refuseHalfRestored(storage);
    return whole.ok ? work(storage) : whole;
  });

/** The same wherever something was begun and broken off. */
export const withAnyStorage = async <T>(
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
