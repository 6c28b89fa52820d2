import type { Storage } from '../journal/storage.ts';
import { assert } from '../kernel/assert.ts';
import { openPostgresStorage } from '../stores/postgres/storage.ts';
import { newCluster, sharedPostgres } from './postgres-server.ts';
import { opened } from './store-files.ts';

/** The stores that tests of what is built on a store can be run on, besides memory. */
const openers: Readonly<Record<string, () => Promise<Storage>>> = {
  postgres: async () =>
    opened(await openPostgresStorage({ url: (await sharedPostgres()).url, cluster: newCluster() })),
};

let chosen: Promise<Storage> | undefined;

/** Where the journals of this process are kept: the store that `SIGNALBOX_TEST_STORE` names. */
export const chosenStorage = (): Promise<Storage> => {
  const opener = openers[process.env['SIGNALBOX_TEST_STORE'] ?? ''];
  assert(opener !== undefined, `SIGNALBOX_TEST_STORE is one of ${Object.keys(openers).join(', ')}`);
  return (chosen ??= opener());
};
