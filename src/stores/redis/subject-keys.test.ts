import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { replacingContract } from '../../testing/replacing.contract.ts';
import { sharedRedis, startRedis, testsOnRedis, testsThatStartRedis } from '../../testing/redis-server.ts';
import { opened } from '../../testing/store-files.ts';
import { keysIn, storedKeysContract } from '../../testing/stored-keys.contract.ts';
import { subjectKeysContract } from '../../testing/subject-keys.contract.ts';
import { openRedisStorage } from './storage.ts';

const timeout = 60_000;

testsOnRedis('keys of personal text on Redis', () => {
  const redis = sharedRedis();
  const create = async () => {
    const { options } = await redis.storage();
    return async () => (await redis.storage(options)).storage;
  };

  subjectKeysContract('redis', {
    create: async () => {
      const open = await create();
      return async () => keysIn(await open());
    },
  });

  storedKeysContract('redis', create);
  replacingContract('redis', create, { tellsReplaced: true });
});

testsThatStartRedis('keys of personal text on a Redis that is killed', () => {
  test('a key is there after kill -9 of the server, and one that was destroyed is not, nor in a log written anew', {
    timeout,
  }, async (context) => {
    const directory = mkdtempSync(join(tmpdir(), 'signalbox-keys-'));
    const server = await startRedis({ directory });
    context.after(server.stop);
    context.after(() => rmSync(directory, { recursive: true, force: true }));
    const { url } = server;
    const storage = opened(
      await openRedisStorage({ url, cluster: 'test', acceptDataLossWindow: false, patienceMs: 15_000 }),
    );
    context.after(storage.close);
    const keys = await keysIn(storage);
    const wanted = ['owner', 'other'].map((principal) => ({
      id: principal,
      subject: { principal },
      secret: randomBytes(32),
    }));
    const [owner, other] = wanted;
    const secrets = async () =>
      new Map((await keys.load()).map(({ id, secret }) => [id, secret && Buffer.from(secret)]));
    await keys.ensure(wanted);
    await server.kill();
    await server.restart();
    deepEqual(
      await secrets(),
      new Map([
        ['other', other?.secret],
        ['owner', owner?.secret],
      ]),
    );
    await keys.destroy(['owner']);
    await logWritten(server.ask);
    const log = Buffer.concat(
      globSync(join(directory, 'appendonlydir', '*')).map((path) => readFileSync(path)),
    );
    ok(other !== undefined && log.includes(other.secret.toString('hex')), 'it is kept as text');
    ok(owner !== undefined && !log.includes(owner.secret.toString('hex')));
    await server.kill();
    await server.restart();
    deepEqual(
      await secrets(),
      new Map([
        ['other', other?.secret],
        ['owner', undefined],
      ]),
    );
    equal((await keys.retire({ principal: 'owner' })).length, 0);
  });
});

/** Asks until the log has been written anew. */
const logWritten = async (ask: (...command: [string, ...string[]]) => Promise<unknown>): Promise<void> => {
  for (;;) {
    const info = String(await ask('INFO', 'persistence'));
    if (info.includes('aof_rewrite_in_progress:0') && info.includes('aof_rewrite_scheduled:0')) return;
  }
};
