import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { areas } from '../../areas/index.ts';
import { Codec } from '../../journal/codec.ts';
import { Journal } from '../../journal/journal.ts';
import { sealerFor } from '../../journal/sealer.ts';
import { masked } from '../../journal/subject-keys.ts';
import { present } from '../../kernel/assert.ts';
import { type MemoryVault, createMemoryVault, openMemoryStore } from '../../stores/memory/memory-store.ts';
import { entriesOf, indexOf, temporary, write } from '../../testing/indexed-journal.ts';

const notes = [
  { agent: 'ada', text: 'the quinquereme of Nineveh' },
  { agent: 'bob', text: 'a stately galleon' },
];

/** A journal whose texts are sealed, and its index, as one process has them. */
const openOn = async (context: TestContext, vault: MemoryVault, cacheDir: string) => {
  const store = openMemoryStore(vault);
  const codec = new Codec(areas, { sealer: sealerFor(store, areas) });
  const journal = new Journal(store, codec, { sink: () => undefined });
  await journal.catchUp();
  const found = indexOf(journal, cacheDir);
  context.after(() => found.index.close());
  return { ...found, journal };
};

const destroyKeys = async (vault: MemoryVault): Promise<readonly string[]> => {
  const keys = present(openMemoryStore(vault).subjectKeys, 'it keeps keys');
  const ids = await keys.retire(masked({ agent: 'ada' }));
  await keys.destroy(ids);
  return ids;
};

const bytesIn = (folder: string): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('\n');

test('an index that was given up has no word of what was erased, in any of its files, and is built anew', async (context) => {
  const vault = createMemoryVault();
  const cacheDir = temporary(context);
  const { index, journal, seqs, path } = await openOn(context, vault, cacheDir);
  await write(journal, notes);
  assert.deepEqual([await seqs('quinquereme'), await seqs('galleon')], [[1], [2]]);
  assert.match(bytesIn(cacheDir), /quinquereme/);
  const older = path.replace(/-[^-]+\.index$/, '-000000000000.index');
  writeFileSync(older, 'quinquereme');
  journal.condemn(await destroyKeys(vault));
  assert.equal(await index.forget(), undefined);
  assert.doesNotMatch(bytesIn(cacheDir), /quinquereme|nineveh/i);
  assert.deepEqual([await seqs('quinquereme'), await seqs('galleon')], [[], [2]]);
  assert.doesNotMatch(bytesIn(cacheDir), /quinquereme|nineveh/i);
});

test('what was read before is not added after, nor what was gathered', async (context) => {
  const vault = createMemoryVault();
  const cacheDir = temporary(context);
  const { index, journal, seqs } = await openOn(context, vault, cacheDir);
  index.gather([], journal.head);
  await write(journal, notes);
  index.gather(entriesOf(notes, 0), journal.head);
  const adding = index.catchUp(journal, journal.head.seq);
  journal.condemn(await destroyKeys(vault));
  assert.equal(await index.forget(), undefined);
  await adding;
  assert.deepEqual([await seqs('quinquereme'), await seqs('galleon')], [[], [2]]);
  assert.doesNotMatch(bytesIn(cacheDir), /quinquereme|nineveh/i);
});

test('an index that another process has open is given up under it', async (context) => {
  const vault = createMemoryVault();
  const cacheDir = temporary(context);
  const one = await openOn(context, vault, cacheDir);
  await write(one.journal, notes);
  const other = await openOn(context, vault, cacheDir);
  assert.deepEqual(await other.seqs('quinquereme'), [1]);
  const ids = await destroyKeys(vault);
  one.journal.condemn(ids);
  assert.equal(await one.index.forget(), undefined);
  other.journal.condemn(ids);
  assert.equal(await other.index.forget(), undefined);
  assert.deepEqual([await other.seqs('quinquereme'), await one.seqs('galleon')], [[], [2]]);
  assert.doesNotMatch(bytesIn(cacheDir), /quinquereme|nineveh/i);
});
