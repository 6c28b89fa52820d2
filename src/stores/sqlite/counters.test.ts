import { equal, ok, rejects } from 'node:assert/strict';
import { chmodSync, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { slotMs } from '../../journal/counters.ts';
import { StoreFailure } from '../../journal/store.ts';
import { createTestJournal } from '../../testing/store-files.ts';
import { startProcess } from '../../testing/store-process.ts';
import { SqliteCounters } from './counters.ts';
import { countersOf, shmOf, walOf } from './format.ts';

const now = 600_000_000 * slotMs;
const one = { key: 'ada task', wanted: 1, limit: Number.MAX_SAFE_INTEGER, now };

const journal = async (context: TestContext) => {
  const files = createTestJournal();
  context.after(files.remove);
  const store = await files.open();
  context.after(store.close);
  return { store, path: files.path, counters: countersOf(files.path) };
};

test('what a process has counted is counted when it was killed', { timeout: 20_000 }, async (context) => {
  const { store, path } = await journal(context);
  const children = [0, 1].map(() =>
    startProcess(context, { task: 'count', path, args: [one.key, String(now)] }),
  );
  let said = 0;
  for (let turn = 0; turn < 20; turn += 1) {
    for (const child of children) said = Math.max(said, Number(await child.line()));
  }
  for (const child of children) await child.kill();
  ok((await store.counters.take({ ...one, wanted: 0 })).used >= said);
  ok(said >= 40, 'both count together');
});

test('the file is made with the first taking, for its owner only, and closing leaves nothing beside it', async (context) => {
  const { store, counters } = await journal(context);
  ok(!existsSync(counters));
  await store.counters.take(one);
  if (process.platform !== 'win32') equal(statSync(counters).mode & 0o777, 0o600);
  await store.close();
  ok(!existsSync(walOf(counters)) && !existsSync(shmOf(counters)));
});

test('a file that is damaged or no database is replaced, and one that was removed is made again', async (context) => {
  const { store, counters } = await journal(context);
  writeFileSync(counters, 'x'.repeat(5_000));
  equal((await store.counters.take(one)).used, 1);
  await store.close();
  rmSync(counters);
  const again = new SqliteCounters(counters);
  equal((await again.take(one)).used, 1);
  again.close();
});

test('counters that cannot be reached say so, and are there again when they can', async (context) => {
  const { store, counters } = await journal(context);
  await store.close();
  const blocked = new SqliteCounters(`${counters}/nowhere`);
  await rejects(blocked.take(one), StoreFailure);
  blocked.close();
  await rejects(blocked.take(one), StoreFailure);
  if (process.getuid?.() === 0) return;
  writeFileSync(counters, '');
  chmodSync(counters, 0o400);
  const locked = new SqliteCounters(counters);
  await rejects(locked.take(one), StoreFailure);
  chmodSync(counters, 0o600);
  equal((await locked.take(one)).used, 1);
  locked.close();
});
