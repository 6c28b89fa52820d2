import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { createTestJournal, openStore, refusalCode } from '../../testing/store-files.ts';
import { startProcess } from '../../testing/store-process.ts';
import { appendTo, emptyHead, intactRows } from '../../testing/store-rows.ts';
import { createJournal } from './create.ts';
import { inspect } from './inspect.ts';

const timeout = 20_000;

test('of processes that create a journal at the same time all get the same one', {
  timeout,
}, async (context) => {
  const { directory, path, open, remove } = createTestJournal();
  context.after(remove);
  const processes = Array.from({ length: 4 }, () => startProcess(context, { task: 'create', path }));
  for (const each of processes) equal(await each.line(), 'ready');
  for (const each of processes) each.tell('go');
  const ids = await Promise.all(processes.map((each) => each.line()));
  for (const each of processes) await each.finish();
  const store = await open();
  context.after(store.close);
  deepEqual(new Set(ids), new Set([store.identity.id]));
  equal((await intactRows(store)).length, processes.length);
  deepEqual(
    readdirSync(directory).filter((name) => name.includes('.new-')),
    [],
    'no draft stays behind',
  );
});

test('a journal that is there is never replaced', (context) => {
  const { path, remove } = createTestJournal();
  context.after(remove);
  const identity = { id: 'first', generation: 3 };
  ok(createJournal(path, identity).ok);
  ok(createJournal(path, { id: 'second', generation: 1 }).ok);
  const found = inspect(path);
  deepEqual(found.ok && found.value?.identity, identity);
});

test('a draft left by a crash is not taken for a journal', async (context) => {
  const { path, open, remove } = createTestJournal();
  context.after(remove);
  ok(createJournal(`${path}.new-crashed`).ok);
  equal(await refusalCode(path, 'must-exist'), 'journal_missing');
  const store = await open();
  equal(await store.head(), 0);
  await store.close();
});

test('only the owner may read a journal, and it says in its header what it is', async (context) => {
  const { directory, path, open, remove } = createTestJournal();
  context.after(remove);
  const store = await open();
  await appendTo(store, emptyHead(store), ['private']);
  ok((await store.elect('mirror')) !== undefined);
  equal(statSync(directory).mode & 0o777, 0o700);
  for (const name of readdirSync(directory)) equal(statSync(join(directory, name)).mode & 0o077, 0, name);
  await store.close();
  deepEqual(
    readdirSync(directory).filter((name) => /-(wal|shm)$/.test(name)),
    [],
    'the last to close leaves no side files',
  );
  const database = new DatabaseSync(path, { readOnly: true });
  deepEqual({ ...database.prepare('pragma application_id').get() }, { application_id: 0x53676278 });
  deepEqual({ ...database.prepare('pragma user_version').get() }, { user_version: 1 });
  deepEqual({ ...database.prepare('pragma journal_mode').get() }, { journal_mode: 'wal' });
  database.close();
});

test('a process that only reads leaves no side files either', async (context) => {
  const { directory, open, remove } = createTestJournal();
  context.after(remove);
  await (await open()).close();
  const store = await open();
  equal(await store.head(), 0);
  await store.close();
  deepEqual(readdirSync(directory), ['journal.db']);
});

test('a path with unusual characters, and one that is a link, lead to the journal', async (context) => {
  const { directory, remove } = createTestJournal();
  context.after(remove);
  const path = join(directory, 'ünï cödé?#%20&.db');
  const store = await openStore(path);
  const head = await appendTo(store, emptyHead(store), ['one']);
  mkdirSync(join(directory, 'elsewhere'));
  const link = join(directory, 'elsewhere', 'link.db');
  symlinkSync(path, link);
  const linked = await openStore(link);
  ok((await store.elect('mirror')) !== undefined);
  equal(await linked.elect('mirror'), undefined, 'both are the same journal');
  await appendTo(linked, head, ['two']);
  equal((await intactRows(store)).length, 2);
  await linked.close();
  await store.close();
  deepEqual(readdirSync(join(directory, 'elsewhere')), ['link.db']);
});
