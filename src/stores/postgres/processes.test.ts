import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { slotMs } from '../../journal/counters.ts';
import { withPostgres } from '../../testing/postgres-server.ts';
import { clusterFor, startWorker } from '../../testing/postgres-storage.ts';
import type { StoreProcess } from '../../testing/store-process.ts';
import { appendTo, emptyHead, headOf, intactRows } from '../../testing/store-rows.ts';

const timeout = 60_000;

withPostgres('two processes on one journal in PostgreSQL', 'any', () => {
  test('what was confirmed is there after kill -9 of who appends, again and again', {
    timeout,
  }, async (context) => {
    const cluster = await clusterFor(context);
    const store = await cluster.store();
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
    context.diagnostic(`SEED=${seed}`);
    for (let round = 0; round < 3; round += 1) {
      const processes = [0, 1].map(() => startWorker(context, cluster, ['append']));
      const confirmed: string[] = [];
      const listen = async (each: StoreProcess, index: number): Promise<void> => {
        const count = 5 + ((seed >> (round * 2 + index)) % 40);
        for (let heard = 0; heard < count; heard += 1) confirmed.push(await each.line());
        await each.kill();
      };
      await Promise.all(processes.map(listen));
      const rows = await intactRows(store);
      const links = new Map(rows.map(({ seq, chain }) => [seq, chain]));
      for (const said of confirmed) {
        const [seq, chain] = said.split(' ');
        equal(links.get(Number(seq)), chain, `entry ${seq} is there`);
      }
    }
  });

  test('an office is free as soon as its holder is killed', { timeout }, async (context) => {
    const cluster = await clusterFor(context);
    const store = await cluster.store();
    const child = startWorker(context, cluster, ['office', 'mirror']);
    equal(await child.line(), 'elected');
    equal(await store.elect('mirror'), undefined);
    await child.kill();
    // The server notices the end of the connection in its own time.
    let office = await store.elect('mirror');
    while (office === undefined) office = await store.elect('mirror');
    ok(office.lost !== undefined);
  });

  test('what other processes append is noticed, even when the word of it is lost', {
    timeout,
  }, async (context) => {
    const cluster = await clusterFor(context);
    const store = await cluster.store();
    let rung = Promise.withResolvers<void>();
    store.watch(() => rung.resolve());
    await startWorker(context, cluster, ['burst', '1']).finish();
    await rung.promise;
    rung = Promise.withResolvers<void>();
    const schema = `"${cluster.cluster}"`;
    const [row] = await intactRows(store);
    ok(row !== undefined);
    await cluster.database.sql(
      `insert into ${schema}.entries select journal, 2, 'silent', text, chain from ${schema}.entries;
      update ${schema}.journals set seq = 2`,
    );
    await rung.promise;
    equal(await store.head(), 2);
  });

  test('what a process has counted is counted when it was killed', { timeout }, async (context) => {
    const cluster = await clusterFor(context);
    const store = await cluster.store();
    const now = 600_000_000 * slotMs;
    const children = [0, 1].map(() => startWorker(context, cluster, ['count', 'ada task', String(now)]));
    let said = 0;
    for (let turn = 0; turn < 20; turn += 1) {
      for (const child of children) said = Math.max(said, Number(await child.line()));
    }
    for (const child of children) await child.kill();
    const taking = { key: 'ada task', wanted: 0, limit: Number.MAX_SAFE_INTEGER, now };
    ok((await store.counters.take(taking)).used >= said);
    ok(said >= 40, 'both count together');
  });

  test('a process that closes nothing ends all the same, and its appends with it', {
    timeout,
  }, async (context) => {
    const cluster = await clusterFor(context);
    await startWorker(context, cluster, ['leave']).finish();
    const rows = await intactRows(await cluster.store());
    deepEqual(
      rows.map(({ text }) => text),
      ['left', 'left under way'],
    );
    await appendTo(await cluster.store(), headOf(rows, { seq: 0, chain: '' }), ['after']);
  });

  test('the first opening of a cluster by many at once makes one journal', { timeout }, async (context) => {
    const cluster = await clusterFor(context);
    const stores = await Promise.all(Array.from({ length: 6 }, () => cluster.store()));
    equal(new Set(stores.map(({ identity }) => identity.id)).size, 1);
    const [store] = stores;
    ok(store !== undefined);
    await appendTo(store, emptyHead(store), ['one']);
  });
});
