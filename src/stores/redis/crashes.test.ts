import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type TestContext, test } from 'node:test';
import type { Store } from '../../journal/store.ts';
import type { RedisChildTask } from '../../testing/redis-child.ts';
import { type RedisServer, startRedis, testsThatStartRedis } from '../../testing/redis-server.ts';
import { opened } from '../../testing/store-files.ts';
import { type StoreProcess, startCommand } from '../../testing/store-process.ts';
import {
  type ChainHead,
  appendTo,
  emptyHead,
  headOf,
  intactRows,
  requestOf,
} from '../../testing/store-rows.ts';
import { openRedisStorage, type RedisStorageOptions } from './storage.ts';

const timeout = 60_000;
const script = fileURLToPath(new URL('../../testing/redis-child.ts', import.meta.url));
const officeTermMs = 1_000;

/** A server of its own, and a cluster on it. */
const place = async (context: TestContext) => {
  const server = await startRedis();
  context.after(server.stop);
  const options: RedisStorageOptions = {
    url: server.url,
    cluster: 'test',
    acceptDataLossWindow: false,
    officeTermMs,
    patienceMs: 15_000,
  };
  return {
    server,
    open: async (over: Partial<RedisStorageOptions> = {}): Promise<Store> => {
      const storage = opened(await openRedisStorage({ ...options, ...over }));
      context.after(storage.close);
      const store = opened(await storage.open('workspaces/main', 'may'));
      context.after(store.close);
      return store;
    },
    start: (task: RedisChildTask): StoreProcess =>
      startCommand(context, [process.execPath, script, task, server.url, 'test', String(officeTermMs)]),
  };
};

const seedOf = (context: TestContext): number => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  context.diagnostic(`SEED=${seed}`);
  return seed;
};

/** Appends one batch after another until `stop` says so, and tells each time one is confirmed. */
const appending = async (
  store: Store,
  { stop, told }: { readonly stop: () => boolean; readonly told: () => void },
) => {
  const confirmed: ChainHead[] = [];
  const unknown: string[] = [];
  let head = emptyHead(store);
  for (let round = 0; !stop(); round += 1) {
    const texts = Array.from({ length: 1 + (round % 5) }, (_, row) => `${round} ${row}`);
    const request = requestOf(head, texts);
    const outcome = await store.append(request);
    if (outcome.kind === 'appended') {
      head = headOf(request.rows, head);
      confirmed.push(head);
      told();
    } else if (outcome.kind !== 'moved') {
      unknown.push(outcome.code);
      head = headOf(await store.read(head.seq, 100), head);
    }
  }
  return { confirmed, unknown };
};

/** Kills the server each time so many appends were confirmed. */
const killedInTheMiddle = async (server: RedisServer, store: Store, counts: readonly number[]) => {
  let over = false;
  let heard = 0;
  let bell = Promise.withResolvers<void>();
  const told = (): void => {
    heard += 1;
    bell.resolve();
  };
  const work = appending(store, { stop: () => over, told });
  for (const count of counts) {
    for (heard = 0; heard < count; bell = Promise.withResolvers<void>()) await bell.promise;
    await server.kill();
    await server.restart();
  }
  over = true;
  return work;
};

/** Asks until it is so. */
const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await setImmediate();
};

testsThatStartRedis('crashes of Redis and of its clients', () => {
  test('what was confirmed is there after kill -9 of Redis in the middle of appends, again and again', {
    timeout,
  }, async (context) => {
    const { server, open } = await place(context);
    const store = await open();
    const seed = seedOf(context);
    const counts = [0, 1, 2, 3, 4].map((round) => 5 + ((seed >> (round * 3)) % 60));
    const { confirmed, unknown } = await killedInTheMiddle(server, store, counts);
    const links = new Map((await intactRows(store)).map(({ seq, chain }) => [seq, chain]));
    for (const { seq, chain } of confirmed) equal(links.get(seq), chain, `entry ${seq} is there`);
    context.diagnostic(`${confirmed.length} appends confirmed, ${unknown.length} unknown`);
    ok(confirmed.length > 20 && unknown.length > 0, 'appends were under way');
    ok(unknown.every((code) => code === 'outcome_unknown'));
  });

  test('what was confirmed is there after kill -9 of those who append', { timeout }, async (context) => {
    const { open, start } = await place(context);
    const seed = seedOf(context);
    for (let round = 0; round < 2; round += 1) {
      const confirmed: string[] = [];
      const listen = async (each: StoreProcess, index: number): Promise<void> => {
        const count = 5 + ((seed >> (round * 2 + index)) % 40);
        for (let heard = 0; heard < count; heard += 1) confirmed.push(await each.line());
        await each.kill();
      };
      await Promise.all([start('append'), start('append')].map(listen));
      const store = await open();
      const rows = await intactRows(store);
      const links = new Map(rows.map(({ seq, chain }) => [seq, chain]));
      for (const said of confirmed) {
        const [seq, chain] = said.split(' ');
        equal(links.get(Number(seq)), chain, `entry ${seq} is there`);
      }
      await appendTo(store, headOf(rows, emptyHead(store)), ['after the crash']);
    }
  });
});

testsThatStartRedis('processes that share a journal in Redis', () => {
  test('processes that begin a journal at the same moment begin one', { timeout }, async (context) => {
    const { open, start } = await place(context);
    const children = [start('create'), start('create'), start('create')];
    for (const child of children) equal(await child.line(), 'ready');
    for (const child of children) child.tell('go');
    const ids = await Promise.all(children.map((child) => child.line()));
    const store = await open();
    deepEqual(
      ids,
      ids.map(() => store.identity.id),
    );
    equal((await intactRows(store)).length, 3);
  });

  test('an office is free within its term when its holder is killed', { timeout }, async (context) => {
    const { server, open, start } = await place(context);
    const store = await open();
    const child = start('hold');
    equal(await child.line(), 'elected');
    let left = officeTermMs;
    await until(async () => {
      const before = left;
      left = Number(await server.ask('PTTL', '{test:workspaces/main}:office:mirror'));
      return left > before;
    });
    equal(await store.elect('mirror'), undefined, 'it was renewed');
    await child.kill();
    const killed = performance.now();
    await until(async () => (await store.elect('mirror')) !== undefined);
    ok(performance.now() - killed < officeTermMs * 3);
  });

  test('a process that closes nothing ends all the same, and its appends with it', {
    timeout,
  }, async (context) => {
    const { open, start } = await place(context);
    await start('leave').finish();
    deepEqual(
      (await intactRows(await open())).map(({ text }) => text),
      ['left', 'left under way'],
    );
  });

  test('what a process has counted is counted when it was killed', { timeout }, async (context) => {
    const { open, start } = await place(context);
    const store = await open();
    const children = [start('count'), start('count')];
    let said = 0;
    for (let turn = 0; turn < 20; turn += 1) {
      for (const child of children) said = Math.max(said, Number(await child.line()));
    }
    for (const child of children) await child.kill();
    const look = { key: 'ada task', wanted: 0, limit: 1, now: 0 };
    ok((await store.counters.take(look)).used >= said);
    ok(said >= 40, 'both count together');
  });
});

testsThatStartRedis('servers of Redis that go away', () => {
  test('who watches hears what others append after Redis was killed and started again', {
    timeout,
  }, async (context) => {
    const { server, open } = await place(context);
    const [one, two] = [await open(), await open()];
    let rung = Promise.withResolvers<void>();
    one.watch(() => rung.resolve());
    const head = await appendTo(two, emptyHead(two), ['before']);
    await rung.promise;
    rung = Promise.withResolvers<void>();
    await server.kill();
    await server.restart();
    await appendTo(two, head, ['after']);
    await rung.promise;
    equal(await one.head(), 2);
  });

  test('a server that is not there is said not to be there, and nothing waits for ever', {
    timeout,
  }, async (context) => {
    const { server, open } = await place(context);
    const store = await open({ patienceMs: 200 });
    const head = await appendTo(store, emptyHead(store), ['before']);
    await server.kill();
    const request = requestOf(head, [randomUUID()]);
    const outcome = await store.append(request);
    ok(outcome.kind === 'unknown' || outcome.kind === 'refused');
    match(outcome.reason, /Redis \(redis:\/\/127\.0\.0\.1:\d+\/0\)/);
    const again = await store.append(request);
    equal(again.kind === 'refused' && again.code, 'storage_failed', 'nothing was sent');
    const { writable, reason } = await store.health();
    equal(writable, false);
    match(reason ?? '', /cannot be reached/);
    equal(await store.elect('mirror'), undefined);
    await server.restart();
    await until(async () => (await store.health()).writable);
    deepEqual(await store.append(request), { kind: 'appended' });
  });

  test('a server that hangs is given up, and what was under way is not known', {
    timeout,
  }, async (context) => {
    const { server, open } = await place(context);
    const store = await open({ answerMs: 1_000, patienceMs: 300 });
    const head = await appendTo(store, emptyHead(store), ['before']);
    process.kill(server.pid(), 'SIGSTOP');
    const request = requestOf(head, ['during']);
    const outcome = await store.append(request);
    process.kill(server.pid(), 'SIGCONT');
    equal(outcome.kind === 'unknown' && outcome.code, 'outcome_unknown');
    // What had arrived before is carried out when the server goes on.
    const after = await open();
    await until(async () => (await after.head()) === 2);
    deepEqual(await after.read(1, 10), request.rows);
    equal((await store.append(request)).kind, 'moved');
  });
});
