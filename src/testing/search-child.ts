import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { assert } from '../kernel/assert.ts';
import { indexOf, openJournal } from './indexed-journal.ts';
import { openStore } from './store-files.ts';

/* Another process that searches a journal. For each word on its standard input it says how many entries have it. */
const [, , path, cacheDir] = process.argv;
assert(path !== undefined && cacheDir !== undefined, 'started with a journal and a folder for the index');
const store = await openStore(path);
const journal = openJournal(store);
const { index, find } = indexOf(journal, cacheDir);
writeSync(1, 'ready\n');
for await (const text of createInterface({ input: process.stdin })) {
  await journal.catchUp();
  writeSync(1, `${(await find({ text })).total}\n`);
}
await index.close();
await store.close();
