import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PostgresTask, TestCluster } from './postgres-storage.ts';
import { type StoreProcess, startCommand } from './store-process.ts';

const script = fileURLToPath(new URL('./postgres-child.ts', import.meta.url));

/** Another process at work on the journal of a cluster. */
export const startWorker = (
  context: TestContext,
  { database, cluster }: TestCluster,
  [task, ...args]: readonly [PostgresTask, ...string[]],
): StoreProcess => startCommand(context, [process.execPath, script, task, database.url, cluster, ...args]);
