import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryVault } from '../../src/stores/memory/memory-store.ts';
import { openRedisStorage } from '../../src/stores/redis/storage.ts';
import { caller, open, starting } from '../../src/testing/engine-harness.ts';
import { freshRedisStorage, redisEnvironment, testsOnRedis } from '../../src/testing/redis-server.ts';
import { newCluster } from '../../src/testing/new-cluster.ts';
import { opened } from '../../src/testing/store-files.ts';
import { intactRows } from '../../src/testing/store-rows.ts';

const timeout = 60_000;

testsOnRedis('two hubs on one Redis', () => {
  test('two engines that write to one workspace at once lose nothing and do nothing twice', {
    timeout,
  }, async (context) => {
    const server = await redisEnvironment();
    ok('environment' in server);
    const place = { url: server.environment.TEST_REDIS_URL, cluster: newCluster() };
    const hub = async () => {
      const storage = opened(await openRedisStorage({ ...place, acceptDataLossWindow: false }));
      context.after(storage.close);
      const store = opened(await storage.open('workspaces/main', 'may'));
      context.after(store.close);
      const { engine } = await open(createMemoryVault(), { wrap: () => store });
      return { storage, store, engine };
    };
    const hubs = [await hub(), await hub()];
    const agents = Array.from({ length: 120 }, (_, index) => `agent-${index}`);
    const answers = await Promise.all(
      agents.flatMap((agent) =>
        hubs.map(({ engine }) => engine.execute(caller, starting(agent), { requestId: agent })),
      ),
    );
    deepEqual(
      answers.map((answer) => answer.ok),
      answers.map(() => true),
    );
    equal(answers.filter((answer) => answer.ok && answer.value.replayed).length, agents.length);
    for (const { store } of hubs) equal((await intactRows(store)).length, agents.length);
    await hubs[0]?.storage.remove('workspaces/main');
  });

  test('a fresh storage has nothing of any other', { timeout }, async (context) => {
    const [one, two] = [await freshRedisStorage(newCluster()), await freshRedisStorage(newCluster())];
    context.after(one.close);
    context.after(two.close);
    await opened(await one.open('hub', 'may')).close();
    deepEqual(await two.names(), { ok: true, value: [] });
    await one.remove('hub');
  });
});
