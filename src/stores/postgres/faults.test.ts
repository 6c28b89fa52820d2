import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Store } from '../../journal/store.ts';
import { unreliableProxy } from '../../testing/unreliable-proxy.ts';
import {
  type PostgresServer,
  databaseAt,
  startPostgres,
  withPostgres,
} from '../../testing/postgres-server.ts';
import { clusterFor } from '../../testing/postgres-storage.ts';
import {
  type ChainHead,
  appendTo,
  emptyHead,
  headOf,
  intactRows,
  requestOf,
} from '../../testing/store-rows.ts';

const timeout = 60_000;

/** Appends one row after the other until told to stop; what was confirmed, and a signal for each so many. */
const keepAppending = (store: Store) => {
  const confirmed: ChainHead[] = [];
  let stopping = false;
  let waiting: { readonly count: number; readonly reached: () => void } | undefined;
  const work = async (): Promise<void> => {
    let head = emptyHead(store);
    while (!stopping) {
      const request = requestOf(head, [`${head.seq}`]);
      const outcome = await store.append(request);
      const rows = outcome.kind === 'appended' ? request.rows : await store.read(head.seq, 10);
      head = headOf(rows, head);
      if (rows.length > 0) confirmed.push(head);
      if (waiting !== undefined && confirmed.length >= waiting.count) waiting.reached();
    }
  };
  const worked = work();
  return {
    confirmed,
    more: (count: number): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting = { count: confirmed.length + count, reached: resolve };
      return promise;
    },
    stop: async (): Promise<void> => {
      stopping = true;
      await worked;
    },
  };
};

const codeOf = async (store: Store, head: ChainHead, bytes = 10): Promise<string> => {
  const outcome = await store.append(requestOf(head, ['x'.repeat(bytes)]));
  return outcome.kind === 'unknown' ? outcome.code : outcome.kind;
};

/** Random, so that it takes as much room on the disk. */
const noise = (bytes: number): string =>
  Array.from({ length: bytes }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join('');

/** The processes of the server that hold an office. */
const holders = async (server: PostgresServer): Promise<readonly unknown[]> =>
  (await server.sql(`select pid from pg_locks where locktype = 'advisory' and granted`)).map(
    ({ pid }) => pid,
  );

const databaseNamed = async (server: PostgresServer, name: string) => {
  await server.sql(`create database ${name}`);
  return databaseAt(server.url.replace(/postgres$/, name));
};

// What is lost by a crash when nobody asks for better.
const lines = 'synchronous_commit = off\nwal_writer_delay = 10s';

let started: Promise<PostgresServer> | undefined;

/** The server of these tests, and a cluster of its own for one. */
const own = async (context: TestContext) => {
  const server = await (started ??= startPostgres({ lines }));
  return { server, cluster: await clusterFor(context, server) };
};

withPostgres('crashes of PostgreSQL', 'own', () => {
  test('what was confirmed is there after kill -9 of the server, and who appends goes on when it is back', {
    timeout,
  }, async (context) => {
    const { server, cluster } = await own(context);
    const store = await cluster.store({ patienceMs: 20_000 });
    const appending = keepAppending(store);
    for (let round = 0; round < 3; round += 1) {
      await appending.more(20 + round * 7);
      await server.kill();
      await server.start();
      await appending.more(5);
    }
    await appending.stop();
    const rows = await intactRows(await cluster.store());
    for (const { seq, chain } of appending.confirmed) equal(rows[seq - 1]?.chain, chain, `entry ${seq}`);
    equal(new Set(rows.map(({ batch }) => batch)).size, rows.length, 'no batch is there twice');
  });

  test('who watches hears what was appended while the server was restarted', { timeout }, async (context) => {
    const { server, cluster } = await own(context);
    const [one, two] = [await cluster.store(), await cluster.store({ patienceMs: 20_000 })];
    let rung = Promise.withResolvers<void>();
    one.watch(() => rung.resolve());
    const head = await appendTo(two, emptyHead(two), ['before']);
    await rung.promise;
    rung = Promise.withResolvers<void>();
    await server.stop();
    const appended = two.append(requestOf(head, ['during']));
    await server.start();
    deepEqual(await appended, { kind: 'appended' });
    await rung.promise;
    equal(await one.head(), 2);
  });

  test('while the server is away, nothing hangs, and each says so', { timeout }, async (context) => {
    const { server, cluster } = await own(context);
    const store = await cluster.store({ patienceMs: 200 });
    const head = await appendTo(store, emptyHead(store), ['before']);
    await server.stop();
    try {
      const outcome = await store.append(requestOf(head, ['never sent']));
      equal(outcome.kind === 'refused' && outcome.code, 'storage_failed');
      const { writable, reason } = await store.health();
      equal(writable, false);
      match(reason ?? '', /cannot be reached.*See that the server runs/);
      await store.head().then(
        () => ok(false),
        (error: unknown) => match(String(error), /cannot be reached/),
      );
      equal(await store.elect('mirror'), undefined);
    } finally {
      await server.start();
    }
    equal(await codeOf(store, head), 'appended');
    deepEqual(await store.health(), { writable: true, reason: undefined });
  });
});

withPostgres('offices in PostgreSQL', 'own', () => {
  test('an office is kept when its connection is lost', { timeout }, async (context) => {
    const { server, cluster } = await own(context);
    const [one, two] = [await cluster.store(), await cluster.store()];
    const office = await one.elect('mirror');
    ok(office !== undefined);
    const [holder] = await holders(server);
    await server.sql(`select pg_terminate_backend(${String(holder)})`);
    let now = await holders(server);
    while (now.length === 0 || now[0] === holder) now = await holders(server);
    equal(await two.elect('mirror'), undefined, 'it was taken again');
    await office.resign();
    ok((await two.elect('mirror')) !== undefined);
  });

  test('who loses an office hears so when somebody else holds it', { timeout }, async (context) => {
    const { server, cluster } = await own(context);
    const proxy = await unreliableProxy(context, server.port);
    const url = server.url.replace(String(server.port), String(proxy.port));
    const [one, two] = [await cluster.store({ url, patienceMs: 20_000 }), await cluster.store()];
    const office = await one.elect('mirror');
    ok(office?.lost !== undefined);
    proxy.accept(false);
    let next = await two.elect('mirror');
    while (next === undefined) next = await two.elect('mirror');
    proxy.accept(true);
    await office.lost;
    await office.resign();
    equal(await one.elect('mirror'), undefined, 'resigning what is lost takes nothing from the next holder');
  });
});

withPostgres('PostgreSQL that cannot be written, or does not sync', 'own', () => {
  test('a database set to read only is read, and written once that is over', { timeout }, async (context) => {
    const { server } = await own(context);
    const database = await databaseNamed(server, 'read_only');
    const cluster = await clusterFor(context, database);
    const first = await cluster.store();
    const head = await appendTo(first, emptyHead(first), ['before']);
    await server.sql('alter database read_only set default_transaction_read_only = on');
    const [store, other, idle] = [await cluster.store(), await cluster.store(), await cluster.store()];
    for (const each of [store, other, idle]) {
      equal((await intactRows(each)).length, 1);
      match((await each.health()).reason ?? '', /default_transaction_read_only/);
    }
    // Several connections, each of which was made for reading only.
    await Promise.all(Array.from({ length: 5 }, () => store.base()));
    equal(await codeOf(store, head), 'storage_read_only');
    await Promise.all(Array.from({ length: 5 }, () => store.base()));
    await server.sql('alter database read_only reset default_transaction_read_only');
    deepEqual(await other.health(), { writable: true, reason: undefined });
    equal(await codeOf(store, head), 'appended');
    deepEqual(await idle.subjectKeys?.retire({ principal: 'nobody' }), []);
  });

  test('a standby is read, and written once it is the primary server', { timeout }, async (context) => {
    const standby = await startPostgres();
    const cluster = await clusterFor(context, standby);
    const first = await cluster.store();
    const head = await appendTo(first, emptyHead(first), ['before']);
    await standby.stop();
    standby.configure('', 'standby.signal');
    await standby.start();
    const store = await cluster.store();
    equal((await intactRows(store)).length, 1);
    equal(await codeOf(store, head), 'storage_read_only');
    match((await store.health()).reason ?? '', /standby/);
    await standby.sql('select pg_promote()');
    equal(await codeOf(store, head), 'appended');
    equal((await store.health()).writable, true);
  });

  test('a server that does not sync says what may be lost', { timeout }, async (context) => {
    const careless = await startPostgres({ lines: 'fsync = off' });
    const store = await (await clusterFor(context, careless)).store();
    match(store.capabilities.lossWindow ?? '', /fsync = off/);
    equal((await (await own(context)).cluster.store()).capabilities.lossWindow, undefined);
  });
});

withPostgres('full disk under PostgreSQL', 'mount', () => {
  test('on a full disk nothing is stored, reading goes on, and with room writing does', {
    timeout,
  }, async (context) => {
    const small = await startPostgres({ disk: '4m' });
    const cluster = await clusterFor(context, small);
    const store = await cluster.store();
    const head = await appendTo(store, emptyHead(store), ['before']);
    await small.sql(`create tablespace small location '${small.folder}/disk'`);
    await small.sql(`alter table "${cluster.cluster}".entries set tablespace small`);
    await small.sql('create table ballast (text text) tablespace small');
    await fill(small);
    const large = requestOf(head, [noise(500_000)]);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const outcome = await store.append(large);
      equal(outcome.kind === 'unknown' && outcome.code, 'storage_full');
      match((await store.health()).reason ?? '', /has no room left.*Free some space/);
    }
    equal((await intactRows(store)).length, 1);
    await small.sql('drop table ballast');
    deepEqual(await store.health(), { writable: true, reason: undefined });
    deepEqual(await store.append(large), { kind: 'appended' });
    equal((await intactRows(store)).length, 2);
  });
});

const fill = async (server: PostgresServer): Promise<void> => {
  const row = `select string_agg(md5(random()::text), '') from generate_series(1, 200 * $count)`;
  for (const count of [100, 10, 1]) {
    const insert = `insert into ballast ${row.replace('$count', String(count))}`;
    while (await server.sql(insert).then(...isDone));
  }
};

/** Whether there was room; all else is a failure. */
const isDone = [
  () => true,
  (error: unknown) => {
    match(String(error), /No space left/);
    return false;
  },
] as const;
