import { installedServers, sharedRedis, testsOnRedis } from '../../testing/redis-server.ts';
import { opened } from '../../testing/store-files.ts';
import { storeContract } from '../../testing/store.contract.ts';

testsOnRedis('the store contract on Redis', () => {
  const [first, ...others] = installedServers();
  for (const program of [undefined, ...others]) {
    const redis = sharedRedis(program);
    const usual = process.env['TEST_REDIS_URL'] === undefined ? first : 'the server of TEST_REDIS_URL';
    storeContract(`redis, on ${program ?? usual}`, {
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
