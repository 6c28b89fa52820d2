import { deepEqual, equal, ok } from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { createTestJournal, opened, type TestFiles } from '../../testing/store-files.ts';
import { type StoreProcess, startProcess } from '../../testing/store-process.ts';
import { appendTo, emptyHead, headOf, intactRows, requestOf } from '../../testing/store-rows.ts';
import { bellOf } from './format.ts';
import { openSqliteStore } from './sqlite-store.ts';

const timeout = 30_000;

const impatient = async ({ path }: TestFiles) =>
  opened(await openSqliteStore({ path, create: 'may', busyLimitMs: 50 }));

test('what was confirmed is there after kill -9, again and again', { timeout }, async (context) => {
  const files = createTestJournal();
  context.after(files.remove);
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  context.diagnostic(`SEED=${seed}`);
  for (let round = 0; round < 3; round += 1) {
    const processes = [0, 1].map(() => startProcess(context, { task: 'append', path: files.path }));
    const confirmed: string[] = [];
    const listen = async (each: StoreProcess, index: number): Promise<void> => {
      const count = 5 + ((seed >> (round * 2 + index)) % 40);
      for (let heard = 0; heard < count; heard += 1) confirmed.push(await each.line());
      await each.kill();
    };
    await Promise.all(processes.map(listen));
    const store = await files.open();
    const rows = await intactRows(store);
    const links = new Map(rows.map(({ seq, chain }) => [seq, chain]));
    for (const said of confirmed) {
      const [seq, chain] = said.split(' ');
      equal(links.get(Number(seq)), chain, `entry ${seq} is there`);
    }
    await appendTo(store, headOf(rows, emptyHead(store)), ['after the crash']);
    await store.close();
  }
});

test('an append waits for the write lock, though not for ever', { timeout }, async (context) => {
  const files = createTestJournal();
  context.after(files.remove);
  const store = await impatient(files);
  context.after(store.close);
  const head = await appendTo(store, emptyHead(store), ['before']);
  const child = startProcess(context, { task: 'lock', path: files.path });
  equal(await child.line(), 'locked');
  const request = requestOf(head, ['during']);
  const outcome = await store.append(request);
  equal(outcome.kind === 'unknown' && outcome.code, 'storage_busy');
  equal((await store.health()).writable, false);
  equal(await store.head(), 1, 'nothing was stored');

  const patient = await files.open();
  context.after(patient.close);
  const waiting = patient.append(request);
  child.tell('let go');
  deepEqual(await waiting, { kind: 'appended' });
  await child.finish();
  deepEqual(await store.health(), { writable: true, reason: undefined });
  equal((await intactRows(store)).length, 2);
});

test('an office is free as soon as its holder is killed', { timeout }, async (context) => {
  const files = createTestJournal();
  context.after(files.remove);
  const store = await files.open();
  context.after(store.close);
  const child = startProcess(context, { task: 'office', path: files.path, args: ['mirror'] });
  equal(await child.line(), 'elected');
  equal(await store.elect('mirror'), undefined);
  await child.kill();
  ok((await store.elect('mirror')) !== undefined);
});

test('an office that this process holds is not lost by asking for it again', { timeout }, async (context) => {
  const files = createTestJournal();
  context.after(files.remove);
  const [one, two] = [await files.open(), await files.open()];
  context.after(one.close);
  ok((await one.elect('mirror')) !== undefined);
  equal(await two.elect('mirror'), undefined);
  await two.close();
  const child = startProcess(context, { task: 'office', path: files.path, args: ['mirror'] });
  equal(await child.line(), 'taken', 'the lock outlived the second attempt');
});

test('what other processes append is noticed, even without the doorbell', { timeout }, async (context) => {
  const files = createTestJournal();
  context.after(files.remove);
  const store = await files.open();
  context.after(store.close);
  let rung = Promise.withResolvers<void>();
  store.watch(() => rung.resolve());
  const burst = async (): Promise<void> => {
    await startProcess(context, { task: 'burst', path: files.path }).finish();
  };
  await burst();
  await rung.promise;
  rung = Promise.withResolvers<void>();
  rmSync(bellOf(files.path));
  await burst();
  await rung.promise;
  equal(await store.head(), 2);
});

test('a process that closes nothing ends all the same, and its appends with it', {
  timeout,
}, async (context) => {
  const files = createTestJournal();
  context.after(files.remove);
  await startProcess(context, { task: 'leave', path: files.path }).finish();
  const store = await files.open();
  context.after(store.close);
  deepEqual(
    (await intactRows(store)).map(({ text }) => text),
    ['left', 'left under way'],
  );
});
