import type { TestContext } from 'node:test';
import type { JournalName, Storage } from '../journal/storage.ts';
import type { Store } from '../journal/store.ts';
import { openPostgresStorage, type PostgresStorageOptions } from '../stores/postgres/storage.ts';
import { newCluster } from './new-cluster.ts';
import { type PostgresDatabase, sharedPostgres } from './postgres-server.ts';
import { opened } from './store-files.ts';

export const testJournal: JournalName = 'workspaces/test';

/** A cluster of its own, in a database that several tests may share. */
export interface TestCluster {
  readonly database: PostgresDatabase;
  readonly cluster: string;
  /** Another storage each time, as another process would have it. Closed after the test. */
  readonly storage: (over?: Partial<PostgresStorageOptions>) => Promise<Storage>;
  /** The same journal each time, in a storage of its own. */
  readonly store: (over?: Partial<PostgresStorageOptions>) => Promise<Store>;
  readonly remove: () => Promise<void>;
}

export const testCluster = async (database?: PostgresDatabase): Promise<TestCluster> => {
  const at = database ?? (await sharedPostgres());
  const cluster = newCluster();
  const storages: Storage[] = [];
  const storage: TestCluster['storage'] = async (over = {}) => {
    const one = opened(await openPostgresStorage({ url: at.url, cluster, ...over }));
    storages.push(one);
    return one;
  };
  return {
    database: at,
    cluster,
    storage,
    store: async (over) => opened(await (await storage(over)).open(testJournal, 'may')),
    remove: async () => {
      for (const one of storages) await one.close();
      await at.sql(`drop schema if exists "${cluster}" cascade`);
    },
  };
};

/** The same, removed after the test. */
export const clusterFor = async (context: TestContext, database?: PostgresDatabase): Promise<TestCluster> => {
  const cluster = await testCluster(database);
  context.after(cluster.remove);
  return cluster;
};

/** What another process is told to do. */
export type PostgresTask = 'append' | 'burst' | 'count' | 'office' | 'leave';
