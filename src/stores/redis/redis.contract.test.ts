import { installedServers, sharedRedis, testsOnRedis } from '../../testing/redis-server.ts';
import { opened } from '../../testing/store-files.ts';
import { storeContract } from '../../testing/store.contract.ts';

testsOnRedis('the store contract on Redis', () => {
  const [first, ...others] = installedServers();
  for (const program of [undefined, ...others]) {
    const redis = sharedRedis(program);
    storeContract(`redis, on ${program ?? first ?? 'TEST_REDIS_URL'}`, {
      capabilities: { durable: true, shared: true },
      createJournal: async () => {
        const { storage } = await redis.storage();
        return {
          open: async () => opened(await storage.open('workspaces/main', 'may')),
          remove: async () => void opened(await storage.remove('workspaces/main')),
        };
      },
    });
  }
});
