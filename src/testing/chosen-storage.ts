import type { Storage } from '../journal/storage.ts';
import { assert } from '../kernel/assert.ts';
import { openPostgresStorage } from '../stores/postgres/storage.ts';
import { newCluster } from './new-cluster.ts';
import { sharedPostgres } from './postgres-server.ts';
import { freshRedisStorage } from './redis-server.ts';
import { opened } from './store-files.ts';

/** The stores that tests of what is built on a store can be run on, besides memory. */
const openers: Readonly<Record<string, (cluster: string) => Promise<Storage>>> = {
  postgres: async (cluster) =>
    opened(await openPostgresStorage({ url: (await sharedPostgres()).url, cluster })),
  redis: freshRedisStorage,
};

/** The store that `SIGNALBOX_TEST_STORE` names, if it names one. */
export const chosenKind = (): string | undefined => {
  const kind = process.env['SIGNALBOX_TEST_STORE'] ?? '';
  return kind === '' ? undefined : kind;
};

/** The journals of a cluster, in that store. */
export const storageOf = (cluster: string): Promise<Storage> => {
  const opener = openers[chosenKind() ?? ''];
  assert(opener !== undefined, `SIGNALBOX_TEST_STORE is one of ${Object.keys(openers).join(', ')}`);
  return opener(cluster);
};

let chosen: Promise<Storage> | undefined;

/** Where the journals of this process are kept. */
export const chosenStorage = (): Promise<Storage> => (chosen ??= storageOf(newCluster()));
