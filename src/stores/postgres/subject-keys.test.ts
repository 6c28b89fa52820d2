import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPostgres, withPostgres } from '../../testing/postgres-server.ts';
import { clusterFor } from '../../testing/postgres-storage.ts';
import { replacingContract } from '../../testing/replacing.contract.ts';
import { type CreateStorage, keysIn, storedKeysContract } from '../../testing/stored-keys.contract.ts';
import { subjectKeysContract } from '../../testing/subject-keys.contract.ts';

const timeout = 60_000;

withPostgres('keys of personal text in PostgreSQL', 'any', () => {
  subjectKeysContract('postgres', {
    create: async (context) => {
      const { storage } = await clusterFor(context);
      return async () => keysIn(await storage());
    },
  });

  const create: CreateStorage = async (context) => (await clusterFor(context)).storage;
  storedKeysContract('postgres', create);
  replacingContract('postgres', create, { tellsReplaced: true });
});

withPostgres('keys of personal text in a PostgreSQL that is killed', 'own', () => {
  test('a key is there after kill -9 of the server, and one that was destroyed is not, nor a byte of it in its table', {
    timeout,
  }, async (context) => {
    const server = await startPostgres();
    const { storage } = await clusterFor(context, server);
    context.after(server.stop);
    const keys = await keysIn(await storage({ patienceMs: 20_000 }));
    const wanted = ['owner', 'other'].map((principal) => ({
      id: principal,
      subject: { principal },
      secret: randomBytes(32),
    }));
    const secrets = async () =>
      new Map((await keys.load()).map(({ id, secret }) => [id, secret && Buffer.from(secret)]));
    await keys.ensure(wanted);
    await server.kill();
    await server.start();
    const [owner, other] = wanted;
    deepEqual(
      await secrets(),
      new Map([
        ['other', other?.secret],
        ['owner', owner?.secret],
      ]),
    );
    await keys.destroy(['owner']);
    await server.kill();
    await server.start();
    deepEqual(
      await secrets(),
      new Map([
        ['other', other?.secret],
        ['owner', undefined],
      ]),
    );
    equal((await keys.retire({ principal: 'owner' })).length, 0);
    await server.sql('checkpoint');
    const tables = Buffer.concat(
      globSync(join(server.folder, 'data/base/*/*')).map((path) => readFileSync(path)),
    );
    ok(other !== undefined && tables.includes(other.secret), 'it is kept as bytes');
    ok(owner !== undefined && !tables.includes(owner.secret));
  });
});
