import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFailure } from '../../journal/store.ts';
import type { ErrorCode } from '../../kernel/errors.ts';
import { type RedisServerOptions, startRedis, testsThatStartRedis } from '../../testing/redis-server.ts';
import { opened } from '../../testing/store-files.ts';
import {
  appendTo,
  type ChainHead,
  emptyHead,
  headOf,
  intactRows,
  requestOf,
} from '../../testing/store-rows.ts';
import { openRedisStorage } from './storage.ts';

const timeout = 30_000;
const journalKey = '{test:workspaces/main}:journal';

const place = async (
  context: TestContext,
  { acceptDataLossWindow = false, ...over }: RedisServerOptions & { acceptDataLossWindow?: boolean } = {},
) => {
  const server = await startRedis(over);
  context.after(server.stop);
  const openStorage = async () => {
    const storage = opened(
      await openRedisStorage({
        url: server.url,
        cluster: 'test',
        acceptDataLossWindow,
        patienceMs: 15_000,
      }),
    );
    context.after(storage.close);
    return storage;
  };
  const open = async (): Promise<Store> => {
    const store = opened(await (await openStorage()).open('workspaces/main', 'may'));
    context.after(store.close);
    return store;
  };
  return { server, openStorage, open };
};

/** An append that must fail for this reason. */
const refused = async (
  store: Store,
  head: ChainHead,
  { code, reason }: { code: ErrorCode; reason: RegExp },
) => {
  const outcome = await store.append(requestOf(head, ['x'.repeat(1_000)]));
  ok(outcome.kind === 'unknown', outcome.kind);
  equal(outcome.code, code, outcome.reason);
  match(outcome.reason, reason);
  const { writable, reason: said } = await store.health();
  equal(writable, false);
  match(said ?? '', reason);
};

const codeOf = async (reading: Promise<unknown>): Promise<ErrorCode | undefined> => {
  try {
    await reading;
    return undefined;
  } catch (failure) {
    ok(failure instanceof StoreFailure);
    return failure.refusal.code;
  }
};

/**
 * A small file system of its own, mounted on `directory` for what runs below; when that ends it gets more room, and what
 * ran is started again.
 */
const withSmallDisk = (directory: string): string[] => [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
  '--mount',
  'sh',
  '-c',
  'at=$1; shift; mount -t tmpfs -o size=400k signalbox "$at"; "$@"; mount -o remount,size=20m "$at"; exec "$@"',
  'sh',
  directory,
];

const mountPoint = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-redis-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

/** Appends until something goes wrong; what was confirmed, and what went wrong. */
const fill = async (store: Store) => {
  let head = emptyHead(store);
  for (;;) {
    const request = requestOf(head, ['x'.repeat(20_000)]);
    const outcome = await store.append(request);
    if (outcome.kind === 'unknown') return { head, code: outcome.code, reason: outcome.reason };
    head = headOf(request.rows, head);
  }
};

testsThatStartRedis('faults of Redis', () => {
  test('a replica can be read and not written, until it is promoted', { timeout }, async (context) => {
    const { server, open } = await place(context);
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['before']);
    await server.ask('REPLICAOF', '127.0.0.1', '1');
    await refused(store, head, { code: 'storage_read_only', reason: /READONLY.*REPLICAOF NO ONE/ });
    equal(await store.head(), 1);
    equal(await store.elect('mirror'), undefined);
    equal((await (await open()).read(0, 10)).length, 1, 'it can be opened for reading as well');
    await server.ask('REPLICAOF', 'NO', 'ONE');
    deepEqual(await store.health(), { writable: true, reason: undefined });
    await appendTo(store, head, ['after']);
  });

  test('a user who may not write, and a server that wants replicas for it, can be read', {
    timeout,
  }, async (context) => {
    const { server, open } = await place(context);
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['before']);
    await server.ask('ACL', 'SETUSER', 'default', '-@write');
    await refused(store, head, { code: 'storage_failed', reason: /"ACL SETUSER"/ });
    equal((await store.read(0, 10)).length, 1);
    equal((await (await open()).read(0, 10)).length, 1, 'it can be opened for reading as well');
    await server.ask('ACL', 'SETUSER', 'default', '+@all');
    await server.ask('CONFIG', 'SET', 'min-replicas-to-write', '1');
    await refused(store, head, { code: 'storage_read_only', reason: /NOREPLICAS.*min-replicas-to-write/ });
    equal((await store.read(0, 10)).length, 1);
    await server.ask('CONFIG', 'SET', 'min-replicas-to-write', '0');
    deepEqual(await store.health(), { writable: true, reason: undefined });
    await appendTo(store, head, ['after']);
  });

  test('a server without memory stores nothing, says so, and goes on once it has some', {
    timeout,
  }, async (context) => {
    const { server, open } = await place(context);
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['before']);
    const office = await store.elect('mirror');
    await server.ask('CONFIG', 'SET', 'maxmemory', '1');
    await refused(store, head, { code: 'storage_full', reason: /OOM.*CONFIG SET maxmemory/ });
    equal((await store.read(0, 10)).length, 1);
    await office?.resign();
    await server.ask('CONFIG', 'SET', 'maxmemory', '0');
    ok((await store.elect('mirror')) !== undefined, 'an office can be given back without memory');
    await appendTo(store, head, ['after']);
  });
});

testsThatStartRedis('disks of Redis that are full', () => {
  test('on a full disk nothing that was confirmed is lost: Redis ends, and starts again with room', {
    timeout,
  }, async (context) => {
    const directory = mountPoint(context);
    const { server, open } = await place(context, { directory, under: withSmallDisk(directory) });
    const store = await open();
    const first = server.pid();
    const { head, code } = await fill(store);
    equal(code, 'outcome_unknown');
    ok(head.seq > 5);
    const rows = await intactRows(store);
    ok(server.pid() !== first, 'it was started again');
    deepEqual(rows.at(-1), { ...rows.at(-1), ...head }, 'the last that was confirmed is the last');
    await appendTo(store, head, ['with room']);
  });

  test('a server that goes on with a full disk stores nothing, and says so', { timeout }, async (context) => {
    const directory = mountPoint(context);
    const { open } = await place(context, {
      directory,
      under: withSmallDisk(directory),
      settings: ['appendfsync everysec'],
      acceptDataLossWindow: true,
    });
    const store = await open();
    const { head, code, reason } = await fill(store);
    equal(code, 'storage_full', reason);
    match(reason, /MISCONF.*No space left on device/);
    equal((await store.health()).writable, false);
    equal((await intactRows(store)).length, head.seq);
  });
});

testsThatStartRedis('journals that are lost in Redis', () => {
  test('a database that is flushed is a lost journal, and not an empty one', { timeout }, async (context) => {
    const { server, open, openStorage } = await place(context);
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['one', 'two']);
    const rung = Promise.withResolvers<void>();
    store.watch(rung.resolve);
    await server.ask('FLUSHALL');
    await rung.promise;
    await refused(store, head, { code: 'journal_missing', reason: /flushed/ });
    for (const reading of [store.head(), store.read(0, 10), store.readAt([1])]) {
      equal(await codeOf(reading), 'journal_missing');
    }
    const storage = await openStorage();
    const again = await storage.open('workspaces/main', 'must-exist');
    equal(!again.ok && again.code, 'journal_missing');
    const other = await open();
    await appendTo(other, emptyHead(other), ['another journal']);
    await refused(store, head, { code: 'journal_corrupt', reason: /another journal/ });
    equal(await codeOf(store.head()), 'journal_corrupt');
  });

  test('what is left of a lost journal keeps a new one from taking its place', {
    timeout,
  }, async (context) => {
    const { server, open, openStorage } = await place(context);
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['one', 'two']);
    const storage = await openStorage();
    const lost = async (): Promise<void> => {
      const again = await storage.open('workspaces/main', 'may');
      equal(!again.ok && again.code, 'journal_missing');
      deepEqual(await storage.wasBegun('workspaces/main'), { ok: true, value: true });
      deepEqual(await storage.names(), { ok: true, value: [] });
    };
    await server.ask('RENAME', journalKey, 'aside');
    await lost();
    await server.ask('DEL', '{test}:begun');
    await lost();
    await server.ask('RENAME', 'aside', journalKey);
    await server.ask('DEL', '{test:workspaces/main}:log');
    await refusedAppend(store, head, 'journal_corrupt');
    await server.ask('HSET', journalKey, 'seq', '1');
    await refusedAppend(store, head, 'journal_corrupt');
  });

  test('a journal of a newer format is refused, when it is opened and when it is in use', {
    timeout,
  }, async (context) => {
    const { server, open, openStorage } = await place(context);
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['one']);
    await server.ask('HSET', journalKey, 'format', '2');
    await refusedAppend(store, head, 'upgrade_required');
    equal(await codeOf(store.head()), 'upgrade_required');
    const again = await (await openStorage()).open('workspaces/main', 'may');
    equal(!again.ok && again.code, 'upgrade_required');
    equal((await store.health()).writable, false);
  });

  test('a server that has forgotten the functions is taught them again', { timeout }, async (context) => {
    const { server, open } = await place(context);
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['one']);
    await server.ask('FUNCTION', 'FLUSH');
    await appendTo(store, head, ['two']);
  });
});

const refusedAppend = async (store: Store, head: ChainHead, code: ErrorCode): Promise<void> => {
  const outcome = await store.append(requestOf(head, ['more']));
  equal(outcome.kind === 'unknown' && outcome.code, code);
};
