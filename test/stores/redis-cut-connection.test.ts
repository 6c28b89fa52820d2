import { deepEqual, equal, ok } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Store } from '../../src/journal/store.ts';
import { createMemoryVault } from '../../src/stores/memory/memory-store.ts';
import { functionName } from '../../src/stores/redis/library.ts';
import { openRedisStorage } from '../../src/stores/redis/storage.ts';
import { caller, open, starting, valueOf } from '../../src/testing/engine-harness.ts';
import { startProxy } from '../../src/testing/redis-proxy.ts';
import { startRedis, testsThatStartRedis } from '../../src/testing/redis-server.ts';
import { opened } from '../../src/testing/store-files.ts';
import { appendTo, emptyHead, intactRows, requestOf } from '../../src/testing/store-rows.ts';

const timeout = 30_000;
const append = functionName('append');

/** A store whose connection is one through a proxy, and another that is connected directly. */
const place = async (context: TestContext, patienceMs = 15_000) => {
  const server = await startRedis();
  context.after(server.stop);
  const proxy = await startProxy(context, server.port);
  const at = async (port: number): Promise<Store> => {
    const storage = opened(
      await openRedisStorage({
        url: `redis://127.0.0.1:${port}`,
        cluster: 'test',
        acceptDataLossWindow: false,
        patienceMs,
        officeTermMs: 2_000,
      }),
    );
    context.after(storage.close);
    const store = opened(await storage.open('workspaces/main', 'may'));
    context.after(store.close);
    return store;
  };
  return { server, proxy, near: await at(proxy.port), far: await at(server.port) };
};

testsThatStartRedis('connections to Redis that are cut', () => {
  test('an append whose answer is lost is found by its batch id', { timeout }, async (context) => {
    const { proxy, near } = await place(context);
    const head = await appendTo(near, emptyHead(near), ['before']);
    const cut = proxy.cut({ text: append, when: 'after' });
    const request = requestOf(head, ['mine', 'mine too']);
    const outcome = await near.append(request);
    await cut;
    equal(outcome.kind === 'unknown' && outcome.code, 'outcome_unknown');
    deepEqual(await near.read(head.seq, 10), request.rows);
    deepEqual(await near.append(request), { kind: 'moved', missed: request.rows });
    equal((await intactRows(near)).length, 3);
  });

  test('an append that does not arrive has stored nothing, and the same works afterwards', {
    timeout,
  }, async (context) => {
    const { proxy, near } = await place(context);
    const head = await appendTo(near, emptyHead(near), ['before']);
    const cut = proxy.cut({ text: append, when: 'before' });
    const request = requestOf(head, ['mine']);
    const outcome = await near.append(request);
    await cut;
    equal(outcome.kind === 'unknown' && outcome.code, 'outcome_unknown');
    deepEqual(await near.read(head.seq, 10), []);
    await appendTo(near, head, ['mine']);
  });
});

testsThatStartRedis('what the engine makes of connections to Redis that are cut', () => {
  test('the engine finds what was stored when the connection was cut, and answers as if nothing had happened', {
    timeout,
  }, async (context) => {
    const { proxy, near, far } = await place(context);
    const { engine } = await open(createMemoryVault(), { wrap: () => near });
    for (const [agent, when] of [
      ['ada', 'after'],
      ['bob', 'before'],
    ] as const) {
      const cut = proxy.cut({ text: append, when });
      const outcome = await engine.execute(caller, starting(agent), { requestId: agent });
      await cut;
      // Whether one that did not arrive will arrive still, nobody can know.
      if (when === 'before') equal(valueOf(outcome), 'outcome_unknown');
      else ok(outcome.ok);
      const again = await engine.execute(caller, starting(agent), { requestId: agent });
      equal(again.ok && again.value.replayed, when === 'after');
    }
    equal((await intactRows(far)).length, 2);
  });

  test('a retry with the same request id finds the first outcome', { timeout }, async (context) => {
    const { proxy, near, far } = await place(context, 500);
    const { engine } = await open(createMemoryVault(), { wrap: () => near });
    const cut = proxy.cut({ text: append, when: 'after' });
    const first = engine.execute(caller, starting('ada'), { requestId: 'r1' });
    await cut;
    proxy.refuse(true);
    equal(valueOf(await first), 'outcome_unknown');
    proxy.refuse(false);
    let again = await engine.execute(caller, starting('ada'), { requestId: 'r1' });
    while (!again.ok) again = await engine.execute(caller, starting('ada'), { requestId: 'r1' });
    equal(again.value.replayed, true);
    equal((await intactRows(far)).length, 1);
    const other = await open(createMemoryVault(), { wrap: () => far });
    const elsewhere = await other.engine.execute(caller, starting('ada'), { requestId: 'r1' });
    equal(elsewhere.ok && elsewhere.value.replayed, true);
  });

  test('who holds an office and is cut off gives it up, and another can have it', {
    timeout,
  }, async (context) => {
    const { proxy, near, far } = await place(context);
    const office = await near.elect('mirror');
    ok(office !== undefined && 'lost' in office);
    equal(await far.elect('mirror'), undefined);
    proxy.refuse(true);
    await office.lost;
    let next = await far.elect('mirror');
    while (next === undefined) next = await far.elect('mirror');
    proxy.refuse(false);
    await office.resign();
    equal(await near.elect('mirror'), undefined, 'it takes nothing from the next holder');
  });

  test('who watches hears what was appended while its connection was cut', { timeout }, async (context) => {
    const { proxy, near, far } = await place(context);
    const rung = Promise.withResolvers<void>();
    near.watch(rung.resolve);
    proxy.refuse(true);
    await appendTo(far, emptyHead(far), ['unheard']);
    proxy.refuse(false);
    await rung.promise;
    equal(await near.head(), 1);
  });
});
