import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cert, key } from '../../../test/surfaces/tls-pair.ts';
import { newCluster } from '../../testing/new-cluster.ts';
import { type PostgresServer, startPostgres, withPostgres } from '../../testing/postgres-server.ts';
import { openPostgresStorage } from './storage.ts';

const timeout = 30_000;
const secret = 'horse-battery';

/** Writes a file as the user of the server, for that user alone. */
const writeAsServer = async (server: PostgresServer, path: string, text: string): Promise<void> => {
  const encoded = Buffer.from(text).toString('base64');
  await server.sql(`copy (select '${encoded}') to program 'umask 077 && base64 -d > ${path}'`);
};

let started: Promise<PostgresServer> | undefined;

const startEncrypted = async (): Promise<PostgresServer> => {
  const server = await startPostgres({ lines: `listen_addresses = '127.0.0.1, 127.0.0.2'` });
  const { folder } = server;
  await server.sql(`create role keyed login superuser password '${secret}'`);
  await writeAsServer(server, join(folder, 'server.crt'), cert);
  await writeAsServer(server, join(folder, 'server.key'), key);
  await writeAsServer(
    server,
    join(folder, 'data/pg_hba.conf'),
    'hostssl all keyed 127.0.0.0/8 scram-sha-256\nhost all signalbox 127.0.0.0/8 trust\n',
  );
  server.configure(`ssl = on\nssl_cert_file = '${folder}/server.crt'\nssl_key_file = '${folder}/server.key'`);
  await server.stop();
  await server.start();
  writeFileSync(join(folder, 'ca.pem'), cert);
  return server;
};

const encrypted = (): Promise<PostgresServer> => (started ??= startEncrypted());

/** Opens a storage as the user with a password; the refusal, if it is one. */
const open = async (
  context: TestContext,
  query: string,
  { host = '127.0.0.1', password = secret, user = 'keyed' } = {},
) => {
  const server = await encrypted();
  const url = `postgresql://${user}${password === '' ? '' : `:${password}`}@${host}:${server.port}/postgres?${query}`;
  const storage = await openPostgresStorage({ url, cluster: newCluster(), patienceMs: 2_000 });
  if (!storage.ok) {
    ok(password === '' || !storage.message.includes(password), 'the password is not shown');
    return storage;
  }
  context.after(storage.value.close);
  const rows = await server.sql(
    `select bool_and(ssl) as all from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'keyed'`,
  );
  deepEqual(rows, [{ all: true }], 'every connection is encrypted');
  return undefined;
};

withPostgres('PostgreSQL over TLS, with passwords', 'own', () => {
  test('require encrypts, and trusts whoever answers', { timeout }, async (context) => {
    equal(await open(context, 'sslmode=require'), undefined);
    equal(await open(context, 'sslmode=require', { host: '127.0.0.2' }), undefined);
  });

  test('verify-ca wants a certificate that was signed, verify-full one of the host', {
    timeout,
  }, async (context) => {
    const root = `sslrootcert=${(await encrypted()).folder}/ca.pem`;
    equal(await open(context, `sslmode=verify-full&${root}`), undefined);
    equal(await open(context, `sslmode=verify-ca&${root}`, { host: '127.0.0.2' }), undefined);
    equal(await open(context, `sslmode=require&${root}`), undefined);
    for (const [query, over, words] of [
      ['sslmode=verify-full', {}, /certificate.*sslrootcert/],
      ['sslmode=verify-full&sslrootcert=system', {}, /certificate.*sslrootcert/],
      [`sslmode=verify-full&${root}`, { host: '127.0.0.2' }, /127\.0\.0\.2.*another sslmode/],
    ] as const) {
      const refused = await open(context, query, over);
      equal(refused?.code, 'storage_failed', query);
      match(refused?.message ?? '', words);
    }
  });

  test('a password need not be in the address', { timeout }, async (context) => {
    process.env['PGPASSWORD'] = secret;
    context.after(() => delete process.env['PGPASSWORD']);
    equal(await open(context, 'sslmode=require', { password: '' }), undefined);
  });

  test('channel_binding=require wants proof that TLS ends at the server', { timeout }, async (context) => {
    equal(await open(context, 'sslmode=require&channel_binding=disable'), undefined);
    equal(await open(context, 'sslmode=require&channel_binding=require'), undefined);
    const trusting = await open(context, 'sslmode=require&channel_binding=require', { user: 'signalbox' });
    match(trusting?.message ?? '', /does not prove that TLS ends at it/);
  });

  test('who has the wrong password, or leaves out TLS where it is demanded, hears what to do', {
    timeout,
  }, async (context) => {
    const wrong = await open(context, 'sslmode=require', { password: 'not-the-password' });
    equal(wrong?.code, 'storage_failed');
    match(wrong?.message ?? '', /password authentication failed.*user, password and sslmode/);
    match((await open(context, ''))?.message ?? '', /no encryption.*sslmode/);
    match((await open(context, 'sslmode=disable'))?.message ?? '', /no encryption.*sslmode/);
  });
});
