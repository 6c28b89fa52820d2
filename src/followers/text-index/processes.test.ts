import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { indexOf, openJournal, write } from '../../testing/indexed-journal.ts';
import { createTestJournal } from '../../testing/store-files.ts';
import { startSearching } from '../../testing/store-process.ts';

const notes = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ text: `lock number${i} of many` }));

test('processes of one machine build and follow one index, and one that is killed meanwhile leaves no harm', async (context) => {
  const files = createTestJournal();
  context.after(files.remove);
  const cacheDir = join(files.directory, 'cache');
  const store = await files.open();
  const journal = openJournal(store);
  for (let i = 0; i < 12; i += 1) await write(journal, notes(1_000));

  const searching = Array.from({ length: 3 }, () => startSearching(context, files.path, cacheDir));
  const [victim, ...others] = searching;
  for (const one of searching) assert.equal(await one.line(), 'ready');
  for (const one of searching) one.tell('lock');
  const { path } = indexOf(journal, cacheDir);
  while (!existsSync(path)) await turn();
  await victim?.kill();
  for (const one of others) assert.equal(await one.line(), '12000');

  for (let round = 1; round <= 5; round += 1) {
    await write(journal, [{ text: 'fresh' }]);
    for (const one of others) one.tell('fresh');
    for (const one of others) assert.equal(await one.line(), String(round));
  }
  const own = indexOf(journal, cacheDir);
  assert.equal((await own.find({ text: 'number7 lock' })).total, 12);
  assert.deepEqual(own.log.warnings, []);
  await own.index.close();
  for (const one of others) await one.kill();
  await store.close();
});
