import { createClient } from '@redis/client';
import { testsThatStartRedis } from '../../src/testing/redis-server.ts';
import { upkeepOn } from './on-database.ts';

testsThatStartRedis('keeping journals on Redis', () => {
  upkeepOn({
    kind: 'redis',
    endTerms: async ({ port }) => {
      const client = createClient({ url: `redis://127.0.0.1:${port}` });
      await client.connect();
      for (const key of await client.keys('*:office:*')) await client.del(key);
      await client.close();
    },
  });
});
