import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { Base, Store } from '../../journal/store.ts';
import { type TestFiles, createTestJournal, openStore, refusalCode } from '../../testing/store-files.ts';
import { startProcess } from '../../testing/store-process.ts';
import { type ChainHead, appendTo, emptyHead } from '../../testing/store-rows.ts';
import { bellOf } from './format.ts';
import { markText } from './watermark.ts';

const timeout = 30_000;
const texts = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${i} ${'x'.repeat(1_000)}`);

const truncated = async (store: Store, { seq, chain }: ChainHead): Promise<void> =>
  deepEqual(await store.truncate({ seq, chain }), { ok: true, value: true });

/** A journal of four entries, of which two were taken out; closed. */
const truncatedJournal = async (context: TestContext) => {
  const files = createTestJournal();
  context.after(files.remove);
  const store = await files.open();
  const base = await appendTo(store, emptyHead(store), ['one', 'two']);
  const head = await appendTo(store, base, ['three', 'four']);
  await truncated(store, base);
  await store.close();
  return { ...files, base, head };
};

const change = ({ path }: TestFiles, sql: string): void => {
  const database = new DatabaseSync(path);
  database.exec(`${sql}; pragma wal_checkpoint(truncate)`);
  database.close();
};

test('pages that were freed are used again: the file does not grow', { timeout }, async (context) => {
  const { path, open, remove } = createTestJournal();
  context.after(remove);
  const store = await open();
  const head = await appendTo(store, emptyHead(store), texts(2_000));
  await store.close();
  const size = statSync(path).size;
  const second = await open();
  await truncated(second, head);
  await appendTo(second, head, texts(1_900));
  await second.close();
  ok(statSync(path).size <= size * 1.02, `${statSync(path).size} bytes, and ${size} before`);
});

test('a truncated journal has a format that older versions refuse', { timeout }, async (context) => {
  const files = await truncatedJournal(context);
  const database = new DatabaseSync(files.path, { readOnly: true });
  deepEqual(database.prepare('pragma user_version').get()?.['user_version'], 2);
  database.close();
});

test('a watermark is compared with what is there, and one below the base with nothing', {
  timeout,
}, async (context) => {
  const files = await truncatedJournal(context);
  const { chain: other } = files.head;
  const marks: readonly (readonly [ChainHead, string | undefined])[] = [
    [{ seq: 1, chain: other }, undefined],
    [files.base, undefined],
    [{ seq: 2, chain: other }, 'journal_corrupt'],
    [files.head, undefined],
    [{ seq: 4, chain: files.base.chain }, 'journal_corrupt'],
    [{ seq: 5, chain: other }, 'journal_corrupt'],
  ];
  for (const [mark, code] of marks) {
    writeFileSync(bellOf(files.path), markText(mark));
    equal(await refusalCode(files.path, 'must-exist'), code, `entry ${mark.seq}`);
  }
});

test('an entry that is missing behind the base is damage, and nothing is written any more', {
  timeout,
}, async (context) => {
  const files = await truncatedJournal(context);
  change(files, 'delete from entries where seq = 3');
  equal(await refusalCode(files.path, 'must-exist'), 'journal_corrupt');
  rmSync(bellOf(files.path));
  const store = await openStore(files.path);
  context.after(store.close);
  await rejects(store.read(0, 10), /some are missing/);
  equal((await store.health()).writable, false);
  equal((await store.truncate({ seq: 4, chain: files.head.chain })).ok, false);
});

test('a truncation beside a process that appends takes nothing that is not behind it', {
  timeout,
}, async (context) => {
  const { path, open, remove } = createTestJournal();
  context.after(remove);
  const child = startProcess(context, { task: 'append', path });
  await child.line();
  const store = await open();
  context.after(store.close);
  let base: Base = await store.base();
  for (let round = 0; round < 10; round += 1) {
    for (let seq = 0; seq < base.seq + 3; ) seq = Number((await child.line()).split(' ')[0]);
    const rows = await store.read(base.seq, 1_000);
    const upTo = rows.at(-2);
    ok(upTo !== undefined, 'the other process goes on');
    await truncated(store, upTo);
    base = await store.base();
    deepEqual(base, { seq: upTo.seq, chain: upTo.chain });
    const [next] = await store.read(0, 1);
    equal(next?.seq, upTo.seq + 1);
    equal((await store.readAt([upTo.seq + 1]))[0]?.before, upTo.chain);
  }
  await child.kill();
  await store.close();
  const again = await open();
  context.after(again.close);
  deepEqual(await again.base(), base);
});
