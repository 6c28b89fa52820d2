import { deepEqual, doesNotMatch, equal, match, ok, rejects } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Outcome } from '../../kernel/errors.ts';
import { type Store, StoreFailure } from '../../journal/store.ts';
import { sharedRedis, startRedis, testsOnRedis, testsThatStartRedis } from '../../testing/redis-server.ts';
import { opened } from '../../testing/store-files.ts';
import { appendTo, emptyHead, headOf, intactRows, requestOf } from '../../testing/store-rows.ts';
import { RedisStore } from './redis-store.ts';
import { openRedisStorage } from './storage.ts';

const timeout = 30_000;

const refusal = (outcome: Outcome<unknown>): { readonly code: string; readonly message: string } => {
  ok(!outcome.ok);
  return outcome;
};

const openAt = (url: string, cluster = 'test') =>
  openRedisStorage({ url, cluster, acceptDataLossWindow: false });

const open = async (context: TestContext, outcome: Promise<Outcome<Store>>): Promise<Store> => {
  const store = opened(await outcome);
  context.after(store.close);
  return store;
};

test('an address that cannot be used is refused with one that could be, and never repeated', async () => {
  for (const [url, reason] of [
    [
      'https://default:geheim@example.upstash.io',
      /REST URLs are not supported; use redis:\/\/ or rediss:\/\//,
    ],
    ['http://default:geheim@127.0.0.1:6379', /REST URLs are not supported/],
    ['postgres://ada:geheim@127.0.0.1/x', /begins with postgres:/],
    ['redis://:geheim@127.0.0.1:6379/geheim', /no number/],
    ['redis://:geheim@127.0.0.1:6379/0?timeout=1', /parameter, "timeout"/],
    ['redis://ada:1?geheim&x@127.0.0.1', /"@" behind the host/],
    ['redis://ada:1#geheim@127.0.0.1', /has a "#".*%23/],
    ['redis://:geheim@', /cannot be understood|no host/],
    ['redis://:geheim%@127.0.0.1', /percent-encoded/],
    ['geheim', /cannot be understood/],
  ] as const) {
    const { code, message } = refusal(await openAt(url));
    equal(code, 'invalid_input', url);
    match(message, reason);
    match(message, /redis:\/\/user:password@host:6379\/0/);
    doesNotMatch(message, /geheim/);
  }
  for (const cluster of ['a:b', 'a-b', 'x'.repeat(41), 'public'])
    equal(refusal(await openAt('redis://127.0.0.1:1', cluster)).code, 'invalid_input');
  const { code, message } = refusal(await openAt('redis://ada:geheim@127.0.0.1:1'));
  equal(code, 'storage_failed');
  match(message, /redis:\/\/127\.0\.0\.1:1\/0\) cannot be reached.*ECONNREFUSED/);
  doesNotMatch(message, /geheim|ada/);
});

testsThatStartRedis('permissions of Redis', () => {
  test('who may not wait for news looks for them now and then', { timeout }, async (context) => {
    const server = await startRedis();
    context.after(server.stop);
    await server.ask('ACL', 'SETUSER', 'ada', 'on', '>geheim', '~*', '&*', '+@all', '-xread', '-config');
    const url = `redis://ada:geheim@127.0.0.1:${server.port}`;
    match(refusal(await openAt(url)).message, /does not say how it keeps what it acknowledges/);
    const storage = opened(await openRedisStorage({ url, cluster: 'test', acceptDataLossWindow: true }));
    context.after(storage.close);
    const [one, two] = [
      await open(context, storage.open('hub', 'may')),
      await open(context, storage.open('hub', 'may')),
    ];
    const rung = Promise.withResolvers<void>();
    one.watch(rung.resolve);
    await appendTo(two, emptyHead(two), ['news']);
    await rung.promise;
  });

  test('a wrong password and a missing one are refused, and not shown', { timeout }, async (context) => {
    const server = await startRedis({ settings: ['requirepass richtig'] });
    context.after(server.stop);
    const { port } = server;
    for (const [login, reason] of [
      ['default:geheim@', /WRONGPASS.*Correct the user and the password/],
      ['', /NOAUTH.*Put a user and a password/],
    ] as const) {
      const { code, message } = refusal(await openAt(`redis://${login}127.0.0.1:${port}`));
      equal(code, 'storage_failed');
      match(message, reason);
      doesNotMatch(message, /geheim/);
    }
    const storage = opened(await openAt(`redis://:richtig@127.0.0.1:${port}/3`));
    context.after(storage.close);
    equal(storage.place, `redis://127.0.0.1:${port}/3, cluster test`);
    const store = opened(await storage.open('hub', 'may'));
    await appendTo(store, emptyHead(store), ['one']);
    await store.close();
  });
});

const redis = sharedRedis();

testsOnRedis('where journals are kept on Redis', () => {
  test('two clusters in one database never meet', { timeout }, async (context) => {
    const [{ storage: one }, { storage: two }] = [await redis.storage(), await redis.storage()];
    const stores = [await open(context, one.open('hub', 'may')), await open(context, two.open('hub', 'may'))];
    const [first, second] = stores;
    ok(first !== undefined && second !== undefined && first.identity.id !== second.identity.id);
    await appendTo(first, emptyHead(first), ['of the first']);
    ok((await first.elect('mirror')) !== undefined);
    ok((await second.elect('mirror')) !== undefined);
    equal(await second.head(), 0);
    await second.close();
    await two.remove('hub');
    deepEqual(await two.names(), { ok: true, value: [] });
    equal((await first.read(0, 10)).length, 1);
  });

  test('journals come into being as they may, and are listed, weighed, replaced and removed', {
    timeout,
  }, async (context) => {
    const { storage } = await redis.storage();
    equal(refusal(await storage.open('hub', 'must-exist')).code, 'journal_missing');
    deepEqual(await storage.wasBegun('hub'), { ok: true, value: false });
    deepEqual(await storage.names(), { ok: true, value: [] });
    equal(await storage.bytesOf('hub'), 0);
    const identity = { id: 'wanted', generation: 7 };
    const hub = await open(context, storage.open('hub', { as: identity }));
    deepEqual(hub.identity, identity);
    await open(context, storage.open('hub', { as: identity }));
    equal(refusal(await storage.open('hub', { as: { ...identity, generation: 8 } })).code, 'exists');
    const main = await open(context, storage.open('workspaces/main', 'may'));
    deepEqual(await storage.names(), { ok: true, value: ['hub', 'workspaces/main'] });
    await appendTo(main, emptyHead(main), ['x'.repeat(10_000)]);
    ok((await storage.bytesOf('workspaces/main')) > 10_000);

    deepEqual(await storage.replace('hub', 'workspaces/main'), { ok: true, value: true });
    deepEqual(await storage.names(), { ok: true, value: ['hub'] });
    await rejects(hub.head(), StoreFailure);
    const replaced = await open(context, storage.open('hub', 'must-exist'));
    deepEqual(replaced.identity, main.identity);
    equal((await intactRows(replaced)).length, 1);

    deepEqual(await storage.remove('hub'), { ok: true, value: true });
    deepEqual(await storage.remove('hub'), { ok: true, value: true });
    deepEqual(await storage.wasBegun('hub'), { ok: true, value: false });
    equal(refusal(await storage.replace('hub', 'workspaces/none')).code, 'journal_missing');
  });
});

testsOnRedis('what a journal on Redis does besides', () => {
  test('what was truncated is out of the store, and the journal goes on', { timeout }, async (context) => {
    const { storage } = await redis.storage();
    const store = await open(context, storage.open('hub', 'may'));
    ok(store instanceof RedisStore);
    deepEqual(await store.base(), { seq: 0, chain: undefined });
    const texts = Array.from({ length: 25_000 }, (_, index) => `${index}`);
    const request = requestOf(emptyHead(store), texts);
    await store.append(request);
    const rowAt = (seq: number) => {
      const row = request.rows[seq - 1];
      ok(row !== undefined);
      return row;
    };
    equal(refusal(await store.truncate({ ...rowAt(5), chain: rowAt(4).chain })).code, 'journal_corrupt');
    equal(refusal(await store.truncate({ ...rowAt(5), seq: 30_000 })).code, 'journal_corrupt');
    deepEqual(await store.truncate(rowAt(23_456)), { ok: true, value: true });
    deepEqual(await store.truncate(rowAt(23_456)), { ok: true, value: true });
    deepEqual(await store.base(), { seq: 23_456, chain: rowAt(23_456).chain });
    equal(await store.head(), 25_000);
    deepEqual(await store.read(0, 2), [rowAt(23_457), rowAt(23_458)]);
    deepEqual(await store.readAt([23_457]), [{ ...rowAt(23_457), before: rowAt(23_456).chain }]);
    await rejects(store.readAt([23_456]), StoreFailure);
    equal(refusal(await store.truncate(rowAt(1))).code, 'invalid_state');
    const last = rowAt(25_000);
    deepEqual(await store.truncate(last), { ok: true, value: true });
    deepEqual(await store.read(0, 2), []);
    const head = await appendTo(store, last, ['one more']);
    const again = await open(context, storage.open('hub', 'must-exist'));
    equal(await again.head(), 25_001);
    deepEqual((await again.readAt([25_001]))[0]?.before, last.chain);
    await appendTo(again, head, ['and another']);
  });

  test('who is far behind hears all that was missed', { timeout }, async (context) => {
    const { storage } = await redis.storage();
    const store = await open(context, storage.open('hub', 'may'));
    const start = emptyHead(store);
    const first = requestOf(
      start,
      Array.from({ length: 4_000 }, (_, index) => `${index}`),
    );
    await store.append(first);
    const second = requestOf(
      headOf(first.rows, start),
      Array.from({ length: 4_000 }, (_, index) => `${index}`),
    );
    await store.append(second);
    const late = await store.append(requestOf(start, ['late']));
    deepEqual(late, { kind: 'moved', missed: [...first.rows, ...second.rows] });
  });

  test('one connection serves the watchers of all journals, also of those that are watched later', {
    timeout,
  }, async (context) => {
    const { storage, options } = await redis.storage();
    const other = opened(await openRedisStorage(options));
    context.after(other.close);
    for (const name of ['workspaces/a', 'workspaces/b', 'workspaces/c'] as const) {
      const mine = await open(context, storage.open(name, 'may'));
      const theirs = await open(context, other.open(name, 'may'));
      const rung = Promise.withResolvers<void>();
      mine.watch(rung.resolve);
      await appendTo(theirs, emptyHead(theirs), ['news']);
      await rung.promise;
    }
  });
});
