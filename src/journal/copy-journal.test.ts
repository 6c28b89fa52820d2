import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { present } from '../kernel/assert.ts';
import { opened } from '../testing/store-files.ts';
import { appendTo, emptyHead } from '../testing/store-rows.ts';
import { createMemoryVault, openMemoryStore } from '../stores/memory/memory-store.ts';
import { copyJournal } from './copy-journal.ts';

test('a journal that is copied takes its keys of personal text along, and those that were destroyed since are', async () => {
  const from = createMemoryVault();
  const [source, target] = [openMemoryStore(from), openMemoryStore(createMemoryVault(from.identity))];
  const keys = present(source.subjectKeys, 'it keeps keys');
  const head = await appendTo(source, emptyHead(source), ['one']);
  await keys.ensure(
    ['a', 'b'].map((id) => ({ id, subject: { principal: id }, secret: new Uint8Array(32).fill(1) })),
  );
  equal(opened(await copyJournal(source, target, 'there')), 1);
  await keys.destroy(['a']);
  await appendTo(source, head, ['two']);
  equal(opened(await copyJournal(source, target, 'there')), 1);
  deepEqual(await target.subjectKeys?.load(), await keys.load());
});
