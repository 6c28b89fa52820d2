/* Encrypting, rotating and erasing by command where the journals are in a database, whose files are searched from beside it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { newKey } from '../../src/host/encryption/key-files.ts';
import type { Storage } from '../../src/journal/storage.ts';
import { openPostgresStorage } from '../../src/stores/postgres/storage.ts';
import { openRedisStorage } from '../../src/stores/redis/storage.ts';
import { mainJournal } from '../../src/testing/databases.ts';
import { startPostgres, withPostgres } from '../../src/testing/postgres-server.ts';
import { startRedis, testsThatStartRedis } from '../../src/testing/redis-server.ts';
import { opened } from '../../src/testing/store-files.ts';
import { holding, openVault } from './vault.ts';

type Env = Readonly<Record<string, string>>;

/** A server of its own, on which journals are encrypted by whoever has the key. */
interface Database {
  readonly env: Env;
  /** The folder with everything that it keeps. */
  readonly files: string;
  readonly storage: (cluster: string) => Promise<Storage>;
}

const onPostgres = async (context: TestContext): Promise<Database> => {
  const { url, folder, stop } = await startPostgres();
  context.after(stop);
  return {
    env: { SIGNALBOX_STORE: 'postgres', SIGNALBOX_POSTGRES_URL: url },
    files: join(folder, 'data'),
    storage: async (cluster) => opened(await openPostgresStorage({ url, cluster })),
  };
};

const onRedis = async (context: TestContext): Promise<Database> => {
  const files = mkdtempSync(join(tmpdir(), 'signalbox-redis-'));
  const { url, stop } = await startRedis({ directory: files });
  context.after(async () => {
    await stop();
    rmSync(files, { recursive: true, force: true });
  });
  return {
    env: { SIGNALBOX_STORE: 'redis', SIGNALBOX_REDIS_URL: url },
    files,
    storage: async (cluster) => opened(await openRedisStorage({ url, cluster, acceptDataLossWindow: false })),
  };
};

const livingKeys = async ({ storage }: Database, cluster: string): Promise<number> => {
  const place = await storage(cluster);
  const store = opened(await place.open(mainJournal, 'must-exist'));
  const keys = (await store.subjectKeys?.load()) ?? [];
  await store.close();
  await place.close();
  return keys.filter(({ secret }) => secret !== undefined).length;
};

const isEncryptedAndErased = async (context: TestContext, database: Database): Promise<void> => {
  // Each cluster has a data directory of its own.
  const [open, vault] = [await openVault(context), await openVault(context)];
  const cluster = 'vault';
  const [first, second] = [newKey(), newKey()];
  const plain = { ...database.env, SIGNALBOX_WORKSPACE: 'main', SIGNALBOX_CLUSTER: 'open' };
  const keyed = (key: string): Env => ({
    ...plain,
    SIGNALBOX_CLUSTER: cluster,
    SIGNALBOX_ENCRYPTION_KEY: key,
  });
  const good = async (words: readonly string[], env: Env): Promise<string> => {
    const { status, out, err } = await vault.run(words, { env });
    assert.equal(status, 0, `${words.join(' ')}: ${err}`);
    return out;
  };
  await open.call('task_add', { title: 'x', labels: ['flangelabel'] }, { env: plain });
  assert(holding(database.files, 'flangelabel').length > 0, 'what is not encrypted is found');
  const env = keyed(first.line.trim());
  await vault.call('start', { agent: 'ed' }, { env, agent: 'ed' });
  await vault.call('task_add', { title: 'Quixotaxel', labels: ['zephyrlabel'] }, { env, agent: 'ed' });
  await vault.call('task_add', { title: 'Wallaby' }, { env });
  for (const word of ['quixotaxel', 'zephyrlabel', 'wallaby'])
    assert.deepEqual(holding(database.files, word), [], word);
  const both = keyed(`${second.line.trim()},${first.line.trim()}`);
  await good(['encryption', 'apply'], both);
  const rotated = keyed(second.line.trim());
  const { of } = await vault.status(rotated);
  for (const journal of ['hub', mainJournal])
    assert.deepEqual([of(journal)[second.key.id] ?? 0, of(journal)['plain']].map(Boolean), [true, false]);
  assert.equal(of(mainJournal)[first.key.id], undefined);
  assert.match(JSON.stringify(await vault.call('task_list', {}, { env: rotated })), /Quixotaxel/);
  assert.equal(await livingKeys(database, cluster), 2);
  const erased = await vault.person(['erase', 'ed'], { env: rotated });
  assert.equal(erased.status, 0, erased.err);
  assert.equal(await livingKeys(database, cluster), 1);
  const listed = JSON.stringify(await vault.call('task_list', {}, { env: rotated }));
  assert.match(listed, /Wallaby/);
  assert.doesNotMatch(listed, /Quixotaxel/);
  for (const words of [['verify'], ['verify', '--of', 'hub']])
    assert.match(await good(words, rotated), /all good/);
  for (const word of ['quixotaxel', 'zephyrlabel', 'wallaby'])
    assert.deepEqual(holding(database.files, word), [], word);
};

const title = 'what is written is in no file of the database; keys are rotated, and what is erased stays so';

withPostgres(`PostgreSQL: ${title}`, 'own', () => {
  test(`PostgreSQL: ${title}`, async (t) => isEncryptedAndErased(t, await onPostgres(t)));
});

testsThatStartRedis(`Redis: ${title}`, () => {
  test(`Redis: ${title}`, async (t) => isEncryptedAndErased(t, await onRedis(t)));
});
