import { createClient } from '@redis/client';
import type { TestDatabase } from '../../src/testing/databases.ts';
import { testsThatStartRedis } from '../../src/testing/redis-server.ts';
import { upkeepOn } from './on-database.ts';

const connected = async ({ port }: TestDatabase) =>
  createClient({ url: `redis://127.0.0.1:${port}` }).connect();

testsThatStartRedis('keeping journals on Redis', () => {
  upkeepOn({
    kind: 'redis',
    endTerms: async (database) => {
      const client = await connected(database);
      for (const key of await client.keys('*:office:*')) await client.del(key);
      await client.close();
    },
    failing: async (database) => {
      const client = await connected(database);
      await client.configSet('min-replicas-to-write', '1');
      return async () => {
        await client.configSet('min-replicas-to-write', '0');
        await client.close();
      };
    },
  });
});
