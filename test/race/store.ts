import { hash } from 'node:crypto';
import { hubJournal, type JournalName, type Storage, workspaceJournal } from '../../src/journal/storage.ts';
import type { Store } from '../../src/journal/store.ts';
import { chosenKind, storageOf } from '../../src/testing/chosen-storage.ts';
import { databaseAt, sharedPostgres } from '../../src/testing/postgres-server.ts';
import { opened } from '../../src/testing/store-files.ts';

/** One cluster for each data directory, in all processes of a race. */
const clusterOf = (dataDir: string): string => `race_${hash('sha256', dataDir).slice(0, 16)}`;

export const mainJournal = workspaceJournal('main');

const storages = new Map<string, Promise<Storage>>();

/** Where the race keeps its journals, unless in files: in the store that `SIGNALBOX_TEST_STORE` names. */
export const raceStorage = (dataDir: string): Promise<Storage> | undefined => {
  if (chosenKind() === undefined) return undefined;
  const known = storages.get(dataDir) ?? storageOf(clusterOf(dataDir));
  storages.set(dataDir, known);
  return known;
};

/** The journal whose file would be at this path. */
export const journalAt = (path: string): JournalName => {
  const [, file] = /workspaces[/\\]([^/\\]+?)(?:\.journal)?$/.exec(path) ?? [];
  return file === undefined ? hubJournal : workspaceJournal(file);
};

/** The texts of the tasks' journal in order, read by the server's own means; undefined when it lies in a file. */
export const textsOf = async (
  dataDir: string,
): Promise<readonly { readonly seq: number; readonly text: string }[] | undefined> => {
  if (chosenKind() !== 'postgres') return undefined;
  const schema = `"${clusterOf(dataDir)}"`;
  const rows = await databaseAt((await sharedPostgres()).url).sql(
    `select entry.seq, entry.text from ${schema}.entries entry join ${schema}.journals on key = journal
      where name = '${mainJournal}' order by entry.seq`,
  );
  return rows.map(({ seq, text }) => ({ seq: Number(seq), text: String(text) }));
};

/** The tasks' journal, when it does not lie in a file. */
export const openMain = async (dataDir: string): Promise<Store | undefined> => {
  const storage = await raceStorage(dataDir);
  return storage && opened(await storage.open(mainJournal, 'must-exist'));
};
