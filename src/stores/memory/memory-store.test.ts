import { deepEqual, equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { StoreFailure } from '../../journal/store.ts';
import { appendTo, emptyHead, requestOf } from '../../testing/store-rows.ts';
import { createMemoryVault, openMemoryStore } from './memory-store.ts';

test('appends meet the faults that were ordered, one each', async () => {
  const vault = createMemoryVault();
  const store = openMemoryStore(vault);
  const head = emptyHead(store);
  vault.faults.appends.push('full', 'lost_unknown', 'stored_unknown');
  const codes: unknown[] = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const outcome = await store.append(requestOf(head, [`attempt ${attempt}`]));
    codes.push(outcome.kind === 'unknown' && outcome.code, await store.head());
  }
  deepEqual(codes, ['storage_full', 0, 'outcome_unknown', 0, 'outcome_unknown', 1]);
  equal((await store.append(requestOf(head, ['too late']))).kind, 'moved');
});

test('a fault does not hide that somebody was faster', async () => {
  const vault = createMemoryVault();
  const [one, two] = [openMemoryStore(vault), openMemoryStore(vault)];
  await appendTo(one, emptyHead(one), ['first']);
  vault.faults.appends.push('full');
  equal((await two.append(requestOf(emptyHead(two), ['second']))).kind, 'moved');
});

test('reading fails for as long as that is ordered', async () => {
  const vault = createMemoryVault();
  const store = openMemoryStore(vault);
  await appendTo(store, emptyHead(store), ['one']);
  vault.faults.reads = 'storage_failed';
  await rejects(store.head(), StoreFailure);
  await rejects(store.read(0, 1), StoreFailure);
  await rejects(store.readAt([1]), StoreFailure);
  vault.faults.reads = undefined;
  equal(await store.head(), 1);
});

test('an append can be held up, and what comes in between is seen', async () => {
  const vault = createMemoryVault();
  const [slow, quick] = [openMemoryStore(vault), openMemoryStore(vault)];
  const gate = Promise.withResolvers<void>();
  vault.faults.beforeAppend = () => gate.promise;
  const held = slow.append(requestOf(emptyHead(slow), ['slow']));
  vault.faults.beforeAppend = undefined;
  await appendTo(quick, emptyHead(quick), ['quick']);
  gate.resolve();
  equal((await held).kind, 'moved');
});
