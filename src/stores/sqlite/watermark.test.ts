import { equal, match, ok } from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { createTestJournal, openStore, type TestFiles } from '../../testing/store-files.ts';
import { startProcess } from '../../testing/store-process.ts';
import { appendTo, emptyHead, intactRows } from '../../testing/store-rows.ts';
import { bellOf, walOf } from './format.ts';
import { openSqliteStore } from './sqlite-store.ts';

const timeout = 30_000;

interface Killed extends TestFiles {
  /** The last entry that was confirmed before the end. */
  readonly confirmed: number;
}

/** A journal whose writer was killed, its entries in the log. */
const killed = async (context: TestContext): Promise<Killed> => {
  const files = createTestJournal();
  context.after(files.remove);
  const child = startProcess(context, { task: 'append', path: files.path });
  let last = '';
  for (let heard = 0; heard < 20; heard += 1) last = await child.line();
  await child.kill();
  ok(statSync(walOf(files.path)).size > 0, 'entries lie beside the journal');
  return { ...files, confirmed: Number(last.split(' ')[0]) };
};

/** Opening is refused, names both numbers, and changes nothing; the numbers. */
const refused = async (path: string): Promise<{ readonly ends: number; readonly stored: number }> => {
  const before = readFileSync(path);
  const outcome = await openSqliteStore({ path, create: 'may' });
  ok(!outcome.ok, 'opening is refused');
  equal(outcome.code, 'journal_corrupt');
  const said = /ends at entry (\d+), but entry (\d+) was stored before\. Nothing was changed\./.exec(
    outcome.message,
  );
  ok(said !== null, outcome.message);
  ok(outcome.message.endsWith(`to accept the loss, delete ${bellOf(path)}.`), outcome.message);
  ok(readFileSync(path).equals(before), 'the file was not touched');
  return { ends: Number(said[1]), stored: Number(said[2]) };
};

test('a log that vanished after kill -9 is noticed, and the loss can be accepted', {
  timeout,
}, async (context) => {
  const { path, confirmed } = await killed(context);
  rmSync(walOf(path));
  const { ends, stored } = await refused(path);
  equal(ends, 0);
  ok(stored >= confirmed, 'all that was confirmed is below the watermark');
  rmSync(bellOf(path));
  const store = await openStore(path);
  context.after(store.close);
  equal(await store.head(), 0);
});

test('a log that was cut in half or has a flipped bit is noticed, and one put back is good', {
  timeout,
}, async (context) => {
  const { path, confirmed } = await killed(context);
  const log = readFileSync(walOf(path));
  truncateSync(walOf(path), log.length >> 1);
  const cut = await refused(path);
  ok(cut.ends < cut.stored && cut.stored >= confirmed);
  // Of a commit that was under way the last frames may hold nothing that was confirmed; these are before it.
  const frames = log.length - 32;
  const flipped = Buffer.from(log);
  const at = 32 + Math.floor(frames * 0.8);
  flipped[at] = (log[at] ?? 0) ^ 1;
  writeFileSync(walOf(path), flipped);
  const bit = await refused(path);
  ok(bit.ends < bit.stored);
  ok(readFileSync(walOf(path)).equals(flipped), 'the log was kept');
  writeFileSync(walOf(path), log);
  const store = await openStore(path);
  context.after(store.close);
  ok((await intactRows(store)).length >= confirmed);
});

test('a flipped bit in the last frame is noticed', { timeout }, async (context) => {
  const files = createTestJournal();
  context.after(files.remove);
  const store = await files.open();
  const one = await appendTo(store, emptyHead(store), ['one']);
  await appendTo(store, one, ['two']);
  // As after kill -9: the files as they are while the store is open.
  const path = join(files.directory, 'left.db');
  for (const name of ['', '-wal', '.bell']) copyFileSync(`${files.path}${name}`, `${path}${name}`);
  await store.close();
  const log = readFileSync(walOf(path));
  log[log.length - 100] = (log[log.length - 100] ?? 0) ^ 4;
  writeFileSync(walOf(path), log);
  const { ends, stored } = await refused(path);
  equal(`${ends} of ${stored}`, '1 of 2');
});

test('an older copy, another journal and none at all are noticed after a clean close', async (context) => {
  const { path, directory, remove } = createTestJournal();
  context.after(remove);
  const grow = async (file: string, texts: readonly string[]): Promise<void> => {
    const store = await openStore(file);
    await appendTo(store, (await intactRows(store)).at(-1) ?? emptyHead(store), texts);
    await store.close();
  };
  await grow(path, ['one', 'two']);
  const older = join(directory, 'older.db');
  copyFileSync(path, older);
  await grow(path, ['three']);
  copyFileSync(older, path);
  const { ends, stored } = await refused(path);
  equal(`${ends} of ${stored}`, '2 of 3');
  // A copy without a bell goes on in another way.
  await grow(older, ['another three', 'four']);
  copyFileSync(older, path);
  const outcome = await openSqliteStore({ path, create: 'may' });
  equal(!outcome.ok && outcome.code, 'journal_corrupt');
  match(outcome.ok ? '' : outcome.message, /ends at entry 4, but its entry 3 is another than/);
  rmSync(path);
  const missing = await openSqliteStore({ path, create: 'may' });
  equal(!missing.ok && missing.code, 'journal_missing');
  match(missing.ok ? '' : missing.message, /is missing, but entry 3 was stored before/);
});

test('a bell that says nothing, or nothing that can be understood, is ignored', async (context) => {
  const { path, open, remove } = createTestJournal();
  context.after(remove);
  await (await open()).close();
  const chain = 'a'.repeat(64);
  for (const text of [
    '',
    '!',
    `!00000000009 ${chain}\n`,
    `000000000009 ${chain}`,
    `9 ${chain}\n`,
    '\0'.repeat(78),
  ]) {
    writeFileSync(bellOf(path), text);
    await (await open()).close();
  }
  rmSync(bellOf(path));
  mkdirSync(bellOf(path));
  await (await open()).close();
});

test('when there is nothing to do, the log is moved into the journal', { timeout }, async (context) => {
  const { path, directory, open, remove } = createTestJournal();
  context.after(remove);
  const store = await open();
  context.after(store.close);
  await appendTo(store, emptyHead(store), ['one', 'two']);
  const copy = join(directory, 'copy.db');
  const rowsInFile = (): number => {
    copyFileSync(path, copy);
    const database = new DatabaseSync(copy);
    try {
      return database.prepare('select seq from entries').all().length;
    } finally {
      database.close();
    }
  };
  equal(rowsInFile(), 0, 'not at once');
  while (rowsInFile() === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  equal(rowsInFile(), 2);
});
