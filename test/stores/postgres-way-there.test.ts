/* What a person is told of the way to PostgreSQL, and of what cannot be written there. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { newCluster } from '../../src/testing/new-cluster.ts';
import { type PostgresServer, startPostgres, withPostgres } from '../../src/testing/postgres-server.ts';
import { examine, of } from '../doctor/examine.ts';
import { openSite, startHub } from '../host/processes.ts';
import { openGround } from '../workspaces/repositories.ts';

const timeout = 60_000;

let started: Promise<PostgresServer> | undefined;

/** One for all tests of this file, with which it ends. */
const server = (): Promise<PostgresServer> => (started ??= startPostgres());

/** Its database by an address that could be that of another machine, and is this one. */
const farUrl = async (query: string): Promise<string> => {
  const url = new URL((await server()).url);
  url.hostname = '0.0.0.0';
  return `${url.href}${query}`;
};

/** The same machine, which only the environment of libpq names. */
const farAway = async () => ({
  ...environment('postgres:///postgres?user=signalbox'),
  PGHOST: '0.0.0.0',
  PGPORT: String((await server()).port),
});

const environment = (url: string, cluster = newCluster()): Readonly<Record<string, string>> => ({
  SIGNALBOX_STORE: 'postgres',
  SIGNALBOX_POSTGRES_URL: url,
  SIGNALBOX_CLUSTER: cluster,
});

const healthSchema = z.looseObject({ status: z.string(), store_warning: z.string().optional() });

/** What a hub there says when it starts, and in /health to those whom it knows and to others. */
const startedAt = async (context: TestContext, env: ReturnType<typeof environment>) => {
  let said = '';
  const site = await openSite(context);
  const hub = await startHub(site, {
    env: { ...env, SIGNALBOX_TOKEN: token },
    auth: true,
    hears: (text) => (said += text),
  });
  const health = async (headers: Record<string, string>) =>
    healthSchema.parse(await (await fetch(`${hub.url}/health`, { headers })).json()).store_warning;
  const warnings = [await health({ authorization: `Bearer ${token}` }), await health({})];
  const closed = once(hub.child, 'close');
  await hub.stop();
  await closed;
  return { said, warnings, noted: readFileSync(join(site.dataDir, 'store.json'), 'utf8') };
};

const token = `sbx_${Buffer.alloc(32, 7).toString('base64url')}`;

withPostgres('the way to PostgreSQL', 'own', () => {
  test('that is not encrypted, and was not said to be so, is warned of', { timeout }, async (context) => {
    const env = await farAway();
    const ground = await openGround(context);
    const found = async () => {
      const [first, second] = of(await examine(ground, '.', { env }), 'database');
      equal(first?.state, 'warn');
      match(first.what, /0\.0\.0\.0.* is not encrypted.*sslmode=verify-full/);
      return second?.what ?? '';
    };
    match(await found(), /has no journals yet/);
    const { said, warnings, noted } = await startedAt(context, env);
    match(said, /0\.0\.0\.0.* is not encrypted, for its address does not say sslmode/);
    match(warnings[0] ?? '', /is not encrypted/);
    equal(warnings[1], undefined);
    match(noted, new RegExp(`postgresql://signalbox@0\\.0\\.0\\.0:${env.PGPORT}/postgres `));
    match(await found(), /all good/);
  });

  test('that is as it was said to be is not warned of', { timeout }, async (context) => {
    for (const url of [await farUrl('?sslmode=disable'), (await server()).url]) {
      const { said, warnings } = await startedAt(context, environment(url));
      deepEqual([said, ...warnings], ['', undefined, undefined]);
    }
  });
});

withPostgres('a PostgreSQL that cannot be written', 'own', () => {
  test('is told of in words that fit a database, and by the doctor', { timeout }, async (context) => {
    const { url, sql } = await server();
    const ground = await openGround(context);
    const cluster = newCluster();
    const env = environment(url, cluster);
    equal((await ground.run(['task', 'add', 'Before'], { env })).status, 0);
    const role = `only_reads_${cluster}`;
    await sql(`create role ${role} login password 'pw'`);
    context.after(() => sql(`drop owned by ${role}; drop role ${role}`));
    await sql(`grant pg_read_all_data to ${role}`);
    await sql(`alter role ${role} set default_transaction_read_only = on`);
    const reading = new URL(url);
    reading.username = role;
    reading.password = 'pw';
    const limited = { env: environment(reading.href, cluster) };
    const { status, err } = await ground.run(['task', 'add', 'After'], limited);
    equal(status, 6, err);
    match(err, /PostgreSQL|database/);
    equal(/data-dir|data directory|folder|the file/.test(err), false, err);
    match(err, /signalbox doctor shows what stands in the way/);
    const found = of(await examine(ground, '.', limited), 'database');
    equal(
      found.some(({ state, what }) => state === 'bad' && /does not allow|read_only/.test(what)),
      true,
      JSON.stringify(found),
    );
  });
});
