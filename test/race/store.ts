import { hash } from 'node:crypto';
import type { Storage } from '../../src/journal/storage.ts';
import { verify } from '../../src/journal/journal.ts';
import type { StoredRow } from '../../src/journal/store.ts';
import { chosenKind, storageOf } from '../../src/testing/chosen-storage.ts';
import { mainJournal } from '../../src/testing/databases.ts';
import { opened } from '../../src/testing/store-files.ts';
import { sqliteStorage } from '../../src/stores/sqlite/storage.ts';

/** One cluster for each data directory, in all processes of a race. */
const clusterOf = (dataDir: string): string => `race_${hash('sha256', dataDir).slice(0, 16)}`;

/** Where the race keeps its journals: in files, or in the store that `SIGNALBOX_TEST_STORE` names. */
export const raceStorage = async (dataDir: string): Promise<Storage> =>
  chosenKind() === undefined ? sqliteStorage({ dataDir }) : storageOf(clusterOf(dataDir));

/** All rows of the tasks' journal, after its chain was found whole. */
export const mainRows = async (dataDir: string): Promise<readonly StoredRow[]> => {
  const storage = await raceStorage(dataDir);
  const store = opened(await storage.open(mainJournal, 'must-exist'));
  try {
    opened(await verify(store));
    const head = await store.head();
    return head === 0 ? [] : await store.read(0, head);
  } finally {
    await store.close();
    await storage.close();
  }
};
