import type { JournalName, Storage } from '../journal/storage.ts';
import { openPostgresStorage } from '../stores/postgres/storage.ts';
import { openRedisStorage } from '../stores/redis/storage.ts';
import { sqliteStorage } from '../stores/sqlite/storage.ts';
import { newCluster } from './new-cluster.ts';
import { startPostgres } from './postgres-server.ts';
import { startRedis } from './redis-server.ts';
import { opened } from './store-files.ts';

export type StoreKind = 'sqlite' | 'postgres' | 'redis';

/** What a campaign or a bench keeps its journals in. */
export interface TestDatabase {
  readonly kind: StoreKind;
  /** What hubs are told. */
  readonly env: NodeJS.ProcessEnv;
  /** The same place for this process, another storage each time. `dataDir`: of the hubs. */
  readonly storage: (dataDir: string) => Promise<Storage>;
  /** The port of its server; 0 where there is none. */
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** A server of its own each time, where one is needed. */
export const startDatabase = async (kind: StoreKind): Promise<TestDatabase> => {
  const cluster = newCluster();
  const common = { SIGNALBOX_STORE: kind, SIGNALBOX_CLUSTER: cluster };
  if (kind === 'postgres') {
    const server = await startPostgres();
    const { url, port, stop } = server;
    return {
      kind,
      env: { ...common, SIGNALBOX_POSTGRES_URL: url },
      storage: async () => opened(await openPostgresStorage({ url, cluster })),
      port,
      stop,
    };
  }
  if (kind === 'redis') {
    const { url, port, stop } = await startRedis();
    return {
      kind,
      env: { ...common, SIGNALBOX_REDIS_URL: url },
      storage: async () => opened(await openRedisStorage({ url, cluster, acceptDataLossWindow: false })),
      port,
      stop,
    };
  }
  return {
    kind,
    env: { SIGNALBOX_STORE: kind },
    storage: async (dataDir) => sqliteStorage({ dataDir }),
    port: 0,
    stop: async () => {},
  };
};

/** The journal in which the tasks of a test are. */
export const mainJournal: JournalName = 'workspaces/main';
