/* signalbox migrate from files to PostgreSQL, on to Redis, back to files, and the other way round: the same journals everywhere. */
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { it } from 'node:test';
import type { Storage } from '../../src/journal/storage.ts';
import { type TestDatabase, startDatabase } from '../../src/testing/databases.ts';
import { withPostgres } from '../../src/testing/postgres-server.ts';
import { newCluster } from '../../src/testing/new-cluster.ts';
import { testsThatStartRedis } from '../../src/testing/redis-server.ts';
import { opened } from '../../src/testing/store-files.ts';
import { intactRows } from '../../src/testing/store-rows.ts';
import { openPostgresStorage } from '../../src/stores/postgres/storage.ts';
import { openRedisStorage } from '../../src/stores/redis/storage.ts';
import { sqliteStorage } from '../../src/stores/sqlite/storage.ts';
import { openSite, runCommand } from '../host/processes.ts';
import { bad, good, openBoard, titles, titlesIn } from './kept.ts';

/** Every journal: which it is, and each of its entries. */
const contentOf = async (storage: Storage) => {
  const content = new Map<string, unknown>();
  for (const name of opened(await storage.names())) {
    const store = opened(await storage.open(name, 'must-exist'));
    const rows = await intactRows(store);
    content.set(name, {
      ...store.identity,
      rows: rows.map(({ seq, text, chain }) => ({ seq, text, chain })),
    });
    await store.close();
  }
  await storage.close();
  return content;
};

/** For this process, and those that it starts. */
const goTo = ({ env }: Pick<TestDatabase, 'env'>): void => void Object.assign(process.env, env);

withPostgres('moving journals between stores', 'own', () => {
  testsThatStartRedis('moving journals between stores', () => {
    it('takes all of them along, entry by entry, and says every setting that they are found by', async (t) => {
      const { dataDir } = await openBoard(t);
      const wanted = await contentOf(sqliteStorage({ dataDir }));
      const [postgres, redis] = [await startDatabase('postgres'), await startDatabase('redis')];
      t.after(postgres.stop);
      t.after(redis.stop);
      goTo(postgres);
      const told = await runCommand([
        'migrate',
        '--from',
        'sqlite',
        '--to',
        'postgres',
        '--data-dir',
        dataDir,
      ]);
      assert.equal(told.status, 0, told.err);
      for (const name of ['SIGNALBOX_STORE', 'SIGNALBOX_CLUSTER'])
        assert(told.out.includes(`${name}=${postgres.env[name]}`), told.out);
      assert.match(told.out, /SIGNALBOX_POSTGRES_URL=/);
      assert.deepEqual(await contentOf(await postgres.storage(dataDir)), wanted);
      assert.deepEqual(await titlesIn(dataDir), titles);

      const { SIGNALBOX_POSTGRES_URL: url = '', SIGNALBOX_CLUSTER: cluster = '' } = postgres.env;
      const again = new URL(url);
      again.hostname = 'localhost';
      const onto = ['migrate', '--from', 'postgres', '--to', 'postgres', '--to-url', again.href];
      assert.match((await bad(dataDir, ...onto)).message, /^Both sides are /);

      goTo(redis);
      await good(dataDir, 'migrate', '--from', 'postgres', '--from-cluster', cluster, '--to', 'redis');
      assert.deepEqual(await contentOf(await redis.storage(dataDir)), wanted);
      assert.deepEqual(await titlesIn(dataDir), titles);

      const end = await openSite(t);
      await good(dataDir, 'migrate', '--from', 'redis', '--to', 'sqlite', '--to-url', end.dataDir);
      assert.deepEqual(await contentOf(sqliteStorage(end)), wanted);
      goTo({ env: { SIGNALBOX_STORE: 'sqlite' } });
      assert.deepEqual(await titlesIn(end.dataDir), titles);

      // The other two pairs, where nobody has been yet.
      const next = { cluster: newCluster(), acceptDataLossWindow: false };
      const { SIGNALBOX_REDIS_URL: redisUrl = '' } = redis.env;
      await good(end.dataDir, 'migrate', '--from', 'sqlite', '--to', 'redis', '--to-cluster', next.cluster);
      assert.deepEqual(await contentOf(opened(await openRedisStorage({ url: redisUrl, ...next }))), wanted);
      const sides = ['--from', 'redis', '--from-cluster', next.cluster, '--to', 'postgres'];
      await good(end.dataDir, 'migrate', ...sides, '--to-cluster', next.cluster);
      assert.deepEqual(await contentOf(opened(await openPostgresStorage({ url, ...next }))), wanted);
    });
  });
});

it('two paths to one folder are one place', async (t) => {
  goTo({ env: { SIGNALBOX_STORE: 'sqlite' } });
  const { dataDir } = await openBoard(t);
  const link = `${(await openSite(t)).dataDir}/link`;
  symlinkSync(dataDir, link);
  const onto = ['migrate', '--from', 'sqlite', '--to', 'sqlite', '--to-url', link];
  assert.match((await bad(dataDir, ...onto)).message, /^Both sides are /);
});
