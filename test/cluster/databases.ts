import type { Storage } from '../../src/journal/storage.ts';
import { sqliteStorage } from '../../src/stores/sqlite/storage.ts';

export type StoreKind = 'sqlite' | 'postgres' | 'redis';

/** Where a campaign keeps its journals. */
export interface TestDatabase {
  /** What hubs are told. */
  readonly env: NodeJS.ProcessEnv;
  /** The same place, for who looks at it afterwards. */
  readonly storage: (dataDir: string) => Promise<Storage>;
  readonly stop: () => Promise<void>;
}

/** A server of its own for each campaign. */
export const openDatabase = async (_kind: StoreKind): Promise<TestDatabase> => ({
  env: { SIGNALBOX_STORE: 'sqlite' },
  storage: async (dataDir) => sqliteStorage({ dataDir }),
  stop: async () => {},
});
