/* A hub of the program that is killed while clients write to it over HTTP: another one goes on, and nothing is lost or done twice. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { Outcome } from '../../src/kernel/errors.ts';
import type { Storage } from '../../src/journal/storage.ts';
import { openPostgresStorage } from '../../src/stores/postgres/storage.ts';
import { openRedisStorage } from '../../src/stores/redis/storage.ts';
import { mainJournal } from '../../src/testing/databases.ts';
import { newCluster } from '../../src/testing/new-cluster.ts';
import { sharedPostgres, withPostgres } from '../../src/testing/postgres-server.ts';
import { redisEnvironment, testsOnRedis } from '../../src/testing/redis-server.ts';
import { opened } from '../../src/testing/store-files.ts';
import { intactRows } from '../../src/testing/store-rows.ts';
import { tryCall } from '../cluster/call.ts';
import { checkRows } from '../cluster/check.ts';
import type { Ack } from '../cluster/worker.ts';
import { openSite, startHub } from '../host/processes.ts';

const timeout = 120_000;
const clients = 8;
const callsOfEach = 40;

interface Database {
  readonly env: Readonly<Record<string, string>>;
  readonly storage: () => Promise<Outcome<Storage>>;
}

const rowsIn = async (opening: Database['storage']) => {
  const storage = opened(await opening());
  const store = opened(await storage.open(mainJournal, 'must-exist'));
  const rows = await intactRows(store);
  await store.close();
  await storage.close();
  return rows;
};

const writesThroughAKill = async (context: TestContext, { env, storage }: Database): Promise<void> => {
  const hub = async () => startHub(await openSite(context), { env });
  const [one, other] = [await hub(), await hub()];
  const agent = new Agent({ keepAlive: true });
  context.after(() => agent.destroy());
  const acks: Ack[] = [];
  let killing: Promise<void> | undefined;
  let repeated = 0;
  const client = async (name: string): Promise<void> => {
    for (let call = 1; call <= callsOfEach; call += 1) {
      const requestId = `${name}-${call}`;
      const asked = { operation: 'task_add', input: { title: requestId }, requestId };
      const first = await tryCall(agent, Number(new URL(one.url).port), asked);
      // No answer: nobody knows whether it was done, so it is asked again under the same id.
      if (first.kind === 'fault') repeated += 1;
      const tried =
        first.kind === 'fault' ? await tryCall(agent, Number(new URL(other.url).port), asked) : first;
      equal(tried.kind, 'answer', JSON.stringify(tried));
      acks.push({ requestId, operation: asked.operation, writes: true, ms: 0, tries: 1 });
      // The calls of all others are under way then.
      if (acks.length === (clients * callsOfEach) / 4) killing = one.crash();
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => client(`client-${index}`)));
  ok(killing !== undefined && repeated >= clients - 1, `${repeated} were asked again`);
  await killing;
  const rows = await rowsIn(storage);
  const { lost, doubled } = checkRows(rows, acks);
  deepEqual({ lost, doubled }, { lost: [], doubled: [] });
  equal(rows.filter(({ text }) => text.includes('"type":"tasks.added"')).length, clients * callsOfEach);
};

const title = 'what clients were told is there once when their hub is killed and another goes on';

withPostgres('a hub on PostgreSQL that is killed', 'any', () => {
  test(`PostgreSQL: ${title}`, { timeout }, async (context) => {
    const { url } = await sharedPostgres();
    const cluster = newCluster();
    const env = {
      SIGNALBOX_STORE: 'postgres',
      SIGNALBOX_POSTGRES_URL: url,
      SIGNALBOX_CLUSTER: cluster,
    };
    await writesThroughAKill(context, {
      env,
      storage: () => openPostgresStorage({ url, cluster }),
    });
  });
});

testsOnRedis('a hub on Redis that is killed', () => {
  test(`Redis: ${title}`, { timeout }, async (context) => {
    const server = await redisEnvironment();
    ok('environment' in server);
    const url = server.environment.TEST_REDIS_URL;
    const cluster = newCluster();
    const env = { SIGNALBOX_STORE: 'redis', SIGNALBOX_REDIS_URL: url, SIGNALBOX_CLUSTER: cluster };
    await writesThroughAKill(context, {
      env,
      storage: () => openRedisStorage({ url, cluster, acceptDataLossWindow: false }),
    });
  });
});
