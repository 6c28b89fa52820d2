import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { hubJournal, workspaceJournal } from '../../journal/storage.ts';
import type { AppendRequest } from '../../journal/store.ts';
import type { Outcome } from '../../kernel/errors.ts';
import { newCluster } from '../../testing/new-cluster.ts';
import { sharedPostgres, withPostgres } from '../../testing/postgres-server.ts';
import { clusterFor } from '../../testing/postgres-storage.ts';
import { opened } from '../../testing/store-files.ts';
import { appendTo, emptyHead, intactRows } from '../../testing/store-rows.ts';
import { PostgresStore } from './postgres-store.ts';
import { openPostgresStorage } from './storage.ts';

const timeout = 30_000;
const secret = 'horse-battery';

const refusal = async (attempt: Promise<Outcome<unknown>>) => {
  const outcome = await attempt;
  ok(!outcome.ok, 'it is refused');
  return outcome;
};

/** The URL of the tests with something in it changed. */
const changed = async (change: (url: URL) => void): Promise<string> => {
  const url = new URL((await sharedPostgres()).url);
  change(url);
  return url.href;
};

withPostgres('storage in PostgreSQL', 'any', () => {
  test('a journal is made as it may be, or must be there, or is made as another is', {
    timeout,
  }, async (context) => {
    const { storage } = await clusterFor(context);
    const one = await storage();
    const name = workspaceJournal('one');
    equal((await refusal(one.open(name, 'must-exist'))).code, 'journal_missing');
    deepEqual(await one.wasBegun(name), { ok: true, value: false });
    equal(await one.bytesOf(name), 0);
    const identity = { id: 'journal-1', generation: 3 };
    deepEqual(opened(await one.open(name, { as: identity })).identity, identity);
    deepEqual(opened(await one.open(name, { as: identity })).identity, identity);
    equal((await refusal(one.open(name, { as: { ...identity, generation: 4 } }))).code, 'exists');
    const store = opened(await one.open(name, 'must-exist'));
    await appendTo(store, emptyHead(store), ['1234', 'é']);
    equal(await one.bytesOf(name), 6);
    deepEqual(await one.wasBegun(name), { ok: true, value: true });
    opened(await one.open(hubJournal, 'may'));
    deepEqual(opened(await one.names()), [hubJournal, name]);
  });

  test('a journal is removed with all of it, and one takes the place of another', {
    timeout,
  }, async (context) => {
    const { storage, database, cluster } = await clusterFor(context);
    const one = await storage();
    const [name, other] = [workspaceJournal('one'), workspaceJournal('other')];
    for (const each of [name, other]) {
      const store = opened(await one.open(each, 'may'));
      await appendTo(store, emptyHead(store), [each]);
      await store.close();
    }
    opened(await one.replace(name, other));
    deepEqual(opened(await one.names()), [name]);
    const store = opened(await one.open(name, 'must-exist'));
    deepEqual(
      (await intactRows(store)).map(({ text }) => text),
      [other],
    );
    equal((await refusal(one.replace(name, other))).code, 'journal_missing');
    opened(await one.remove(name));
    opened(await one.remove(name));
    const outcome = await store.append(requestBehind(1));
    equal(outcome.kind === 'unknown' && outcome.code, 'journal_missing');
    deepEqual(await database.sql(`select 1 from "${cluster}".entries`), []);
  });
});

withPostgres('clusters and texts in PostgreSQL', 'any', () => {
  test('two clusters in one database never meet', { timeout }, async (context) => {
    const [north, south] = [await clusterFor(context), await clusterFor(context)];
    const [one, two] = [await north.store(), await south.store()];
    let woken = 0;
    two.watch(() => {
      woken += 1;
    });
    ok((await one.elect('mirror')) !== undefined);
    ok((await two.elect('mirror')) !== undefined);
    await appendTo(one, emptyHead(one), ['north']);
    equal(await two.head(), 0);
    const head = await appendTo(two, emptyHead(two), ['south']);
    const again = await south.store();
    const rung = Promise.withResolvers<void>();
    two.watch(rung.resolve);
    await appendTo(again, head, ['south again']);
    await rung.promise;
    equal(woken, 1);
    equal((await intactRows(one)).length, 1);
  });

  test('texts come back byte by byte, whatever is in them', { timeout }, async (context) => {
    const store = await (await clusterFor(context)).store();
    const texts = [
      '\u0000',
      'a\u0000b\u00010\u00011\u0001',
      '\u0001',
      '"\\{},NULL',
      'NULL',
      '{"a":"\\u0000"}',
    ];
    await appendTo(store, emptyHead(store), texts);
    deepEqual(
      (await intactRows(store)).map(({ text }) => text),
      texts,
    );
  });
});

withPostgres('entries in PostgreSQL that are no longer there', 'any', () => {
  test('entries that went to an archive are gone, and the journal goes on behind them', {
    timeout,
  }, async (context) => {
    const store = await (await clusterFor(context)).store();
    ok(store instanceof PostgresStore);
    const head = await appendTo(store, emptyHead(store), ['one', 'two', 'three']);
    const rows = await store.read(0, 10);
    deepEqual(await store.base(), { seq: 0, chain: undefined });
    equal((await refusal(store.truncate({ seq: 2, chain: head.chain }))).code, 'journal_corrupt');
    equal((await refusal(store.truncate({ seq: 4, chain: head.chain }))).code, 'journal_corrupt');
    const [, second] = rows;
    ok(second !== undefined);
    opened(await store.truncate(second));
    opened(await store.truncate(second));
    deepEqual(await store.base(), { seq: 2, chain: second.chain });
    equal(await store.head(), 3);
    deepEqual(await store.read(0, 10), rows.slice(2));
    deepEqual(await store.readAt([3]), [{ ...rows[2], before: second.chain }]);
    match(await thrownBy(store.readAt([2])), /entry 2 is missing/);
    opened(await store.truncate(head));
    deepEqual(await store.read(0, 10), []);
    equal(await store.head(), 3);
    await appendTo(store, head, ['four']);
    deepEqual((await store.readAt([4]))[0]?.before, head.chain);
  });

  test('entries that are missing are damage', { timeout }, async (context) => {
    const { store: open, database, cluster } = await clusterFor(context);
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['one', 'two', 'three']);
    await database.sql(`delete from "${cluster}".entries where seq > 1`);
    match(await thrownBy(store.read(1, 10)), /entry 2 is missing/);
    match(await thrownBy(store.readAt([2])), /entry 2 is missing/);
    const late = await store.append(requestBehind(1));
    equal(late.kind === 'unknown' && late.code, 'journal_corrupt');
    await database.sql(`update "${cluster}".journals set seq = 1`);
    const shrunk = await store.append(requestBehind(3, head.chain));
    equal(shrunk.kind === 'unknown' && shrunk.code, 'journal_corrupt');
  });
});

withPostgres('tables in PostgreSQL that are not as this version makes them', 'any', () => {
  test('a schema that has tables of another program is left as it is', { timeout }, async (context) => {
    const { storage, database, cluster } = await clusterFor(context);
    const { sql, url } = database;
    await sql(`create schema "${cluster}"`);
    for (const table of [
      'entries (id integer)',
      'migrations (id integer, applied timestamptz)',
      'users ()',
    ]) {
      await sql(`create table "${cluster}".${table}`);
      for (const mayPrepare of [true, false]) {
        const { code, message } = await refusal(openPostgresStorage({ url, cluster, mayPrepare }));
        equal(code, 'exists');
        match(message, /has tables of another program\. Nothing was changed\. Name another cluster/);
      }
      await sql(`drop table "${cluster}".${table.split(' ')[0]}`);
    }
    await sql(`create view "${cluster}".of_an_extension as select 1`);
    await storage();
  });

  test('tables of a newer version are used unless that would do harm', { timeout }, async (context) => {
    const { storage, database, cluster } = await clusterFor(context);
    const url = database.url;
    await storage();
    const newer = (number: number, breaking: boolean) =>
      database.sql(`insert into "${cluster}".migrations (number, breaking) values (${number}, ${breaking})`);
    await newer(900, false);
    await storage();
    await newer(901, true);
    const { code, message } = await refusal(openPostgresStorage({ url, cluster }));
    equal(code, 'upgrade_required');
    match(message, /version 901 .*Install that version/);
  });
});

const requestBehind = (expected: number, link = 'another link'): AppendRequest => ({
  expected,
  link,
  batch: 'batch',
  rows: [{ seq: expected + 1, batch: 'batch', text: 'text', chain: 'chain' }],
});

const thrownBy = (work: Promise<unknown>): Promise<string> => work.then(() => 'nothing', String);

withPostgres('addresses of PostgreSQL', 'any', () => {
  test('a name that a schema cannot have is refused', async () => {
    const { url } = await sharedPostgres();
    for (const cluster of ['', 'A', '1a', 'a b', 'a-b', 'a"b', 'pg_x', 'public', 'x'.repeat(41)]) {
      equal((await refusal(openPostgresStorage({ url, cluster }))).code, 'invalid_input', cluster);
    }
  });

  test('who is not let in, or finds no database or server, hears what to do, and no password', {
    timeout,
  }, async () => {
    const deaf = createServer().listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const address = deaf.address();
    ok(typeof address === 'object' && address !== null);
    const cases: readonly (readonly [(url: URL) => void, RegExp])[] = [
      [(url) => (url.username = 'nobody'), /role "nobody" does not exist.*user, password and sslmode/],
      [(url) => (url.pathname = '/nowhere'), /database "nowhere" does not exist.*Create it/],
      [(url) => (url.port = '1'), /ECONNREFUSED.*See that the server runs/],
      [(url) => (url.hostname = 'nowhere.invalid'), /nowhere\.invalid.*See that the server runs/],
      [(url) => (url.port = String(address.port)), /cannot be reached.*See that the server runs/],
      [
        (url) => url.searchParams.set('sslmode', 'require'),
        /does not support SSL.*ssl = on in postgresql\.conf.*sslmode=disable/,
      ],
    ];
    try {
      for (const [change, words] of cases) {
        const url = await changed((it) => {
          it.password = secret;
          change(it);
        });
        const { code, message } = await refusal(openPostgresStorage({ url, cluster: 'x', patienceMs: 300 }));
        equal(code, 'storage_failed', message);
        match(message, words);
        ok(!message.includes(secret), message);
      }
    } finally {
      deaf.close();
    }
  });
});

withPostgres('databases of PostgreSQL', 'any', () => {
  test('the place is said without the password', { timeout }, async () => {
    const url = await changed((it) => (it.password = secret));
    const cluster = newCluster();
    const storage = opened(await openPostgresStorage({ url, cluster }));
    match(storage.place, /^postgresql:\/\/.*schema "t/);
    ok(!storage.place.includes(secret));
    await storage.close();
    await (await sharedPostgres()).sql(`drop schema "${cluster}" cascade`);
  });

  test('a database that has not every character is refused', { timeout }, async (context) => {
    const { sql, url } = await sharedPostgres();
    await sql(`create database latin encoding 'LATIN1' locale 'C' template template0`);
    context.after(() => sql('drop database latin'));
    const latin = url.replace(/[^/]*$/, 'latin');
    match((await refusal(openPostgresStorage({ url: latin, cluster: 'x' }))).message, /LATIN1.*createdb/);
  });
});
