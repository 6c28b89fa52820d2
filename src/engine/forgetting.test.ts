import assert from 'node:assert/strict';
import { it } from 'node:test';
import { erasedText } from '../journal/sealer.ts';
import { StoreFailure, type Store } from '../journal/store.ts';
import { type SubjectKeys, masked } from '../journal/subject-keys.ts';
import { present } from '../kernel/assert.ts';
import { refuse } from '../kernel/errors.ts';
import { type MemoryVault, createMemoryVault } from '../stores/memory/memory-store.ts';
import { answerOver, callOver } from '../testing/busy-workspace.ts';
import { open } from '../testing/engine-harness.ts';
import { erase, savedOf, writeErasure } from '../testing/erasing.ts';
import type { Engine } from './engine.ts';

const begin = async (vault: MemoryVault) => {
  const first = await open(vault);
  await answerOver(first.engine, 'a', { operation: 'start', input: { agent: 'ada' } });
  await answerOver(first.engine, 'a', { operation: 'task_add', input: { title: 'Plan of ada' } });
  return first;
};

const titles = async (engine: Engine): Promise<string> =>
  JSON.stringify(await answerOver(engine, 'z', { operation: 'task_list' }));

/** A store whose keys are reached in another way. */
const withKeys = (store: Store, over: Partial<SubjectKeys>): Store => ({
  ...store,
  subjectKeys: { ...present(store.subjectKeys, 'the store keeps keys'), ...over },
});

const living = (vault: MemoryVault): number =>
  [...vault.keys.values()].filter(({ secret }) => secret !== undefined).length;

it('a process that ran all the time answers with what is left, from its next answer on', async () => {
  const vault = createMemoryVault();
  const { engine } = await begin(vault);
  const other = (await open(vault)).engine;
  assert.match(await titles(other), /Plan of ada/);
  const seqs = [2];
  assert.match(JSON.stringify(await other.journal.entriesAt(seqs)), /Plan of ada/);
  await erase(engine, { agent: 'ada' });
  assert.doesNotMatch(await titles(other), /Plan of ada/);
  assert.doesNotMatch(JSON.stringify(await other.journal.entriesAt(seqs)), /Plan of ada/);
  assert.deepEqual(savedOf(other.slices), savedOf(engine.slices));
});

it('calls that are decided while it is erased are done once, and in the order of the journal', async () => {
  const vault = createMemoryVault();
  const { engine } = await begin(vault);
  const adding = (n: number) =>
    callOver(engine, 'a', { operation: 'task_add', input: { title: `Later ${n}`, slug: `later-${n}` } });
  const calls = Array.from({ length: 20 }, (_, n) => adding(n));
  const erasing = erase(engine, { agent: 'ada' });
  calls.push(...Array.from({ length: 20 }, (_, n) => adding(20 + n)));
  for (const outcome of await Promise.all(calls)) assert.ok(outcome.ok, JSON.stringify(outcome));
  await erasing;
  await answerOver(engine, 'a', { operation: 'task_add', input: { title: 'Last', priority: 1 } });
  const again = (await open(vault)).engine;
  assert.deepEqual(savedOf(again.slices), savedOf(engine.slices));
  const list = await titles(engine);
  assert.doesNotMatch(list, /Plan of ada/);
  assert.match(list, /Last/);
});

it('what a process that died left half done is done by the next that opens the journal', async () => {
  const vault = createMemoryVault();
  const failing = () =>
    Promise.reject(new StoreFailure(refuse('storage_busy', 'The disk is gone for a moment.')));
  const first = await open(vault, { wrap: (store) => withKeys(store, { destroy: failing }) });
  await answerOver(first.engine, 'a', { operation: 'start', input: { agent: 'ada' } });
  await answerOver(first.engine, 'a', { operation: 'task_add', input: { title: 'Plan of ada' } });
  await writeErasure(first.engine, { agent: 'ada' });
  assert.equal((await first.engine.forgotten())?.code, 'storage_busy');
  assert.doesNotMatch(await titles(first.engine), /Plan of ada/, 'nobody waits for the keys');
  assert.equal(living(vault), 1);
  const { engine } = await open(vault);
  assert.equal(await engine.forgotten(), undefined);
  assert.equal(living(vault), 0);
  assert.match(await titles(engine), new RegExp(RegExp.escape(erasedText)));
  assert.deepEqual(savedOf(engine.slices), savedOf(first.engine.slices));
});

it('an erasure that was begun and never written takes nothing away, and can be made again', async () => {
  const vault = createMemoryVault();
  const { engine } = await begin(vault);
  await present(engine.journal.store.subjectKeys, 'it keeps keys').retire(masked({ agent: 'ada' }));
  const other = (await open(vault)).engine;
  await answerOver(other, 'a', { operation: 'task_add', input: { title: 'More of ada' } });
  assert.match(await titles(other), /Plan of ada.*More of ada/);
  await erase(other, { agent: 'ada' });
  for (const one of [engine, other]) assert.doesNotMatch(await titles(one), /of ada/);
});

it('a state that cannot be folded anew is not shown, and is as soon as it can', async () => {
  const vault = createMemoryVault();
  const { engine } = await begin(vault);
  const other = (await open(vault)).engine;
  await writeErasure(engine, { agent: 'ada' });
  await other.journal.catchUp();
  vault.faults.reads = 'storage_failed';
  const refused = await callOver(other, 'z', { operation: 'task_list' });
  assert.ok(!refused.ok);
  assert.equal(refused.code, 'storage_failed');
  vault.faults.reads = undefined;
  assert.doesNotMatch(await titles(other), /Plan of ada/);
});
