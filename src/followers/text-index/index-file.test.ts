import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { createMemoryVault, openMemoryStore } from '../../stores/memory/memory-store.ts';
import { indexOf, openJournal, temporary, write } from '../../testing/indexed-journal.ts';
import { IndexFile } from './index-file.ts';

const notes = (count: number, word = 'lock') =>
  Array.from({ length: count }, (_, i) => ({ text: `${word} number${i} ${'and more '.repeat(i % 20)}` }));

const filled = async (count: number, vault = createMemoryVault()) => {
  const journal = openJournal(openMemoryStore(vault));
  await write(journal, notes(count));
  return journal;
};

test('a search finds what was written just before it, by whichever process, and each entry once', async (context) => {
  const folder = temporary(context);
  const vault = createMemoryVault();
  const journal = await filled(4_500, vault);
  const other = openJournal(openMemoryStore(vault));
  await other.catchUp();
  const one = indexOf(journal, folder);
  const two = indexOf(other, folder);
  const totals = await Promise.all([one, two].map(async ({ find }) => (await find({ text: 'lock' })).total));
  assert.deepEqual(totals, [4_500, 4_500]);
  await write(journal, notes(1, 'new'));
  assert.deepEqual(await one.seqs('new'), [4_501]);
  assert.deepEqual(await two.seqs('new'), [], 'a search covers what its process had read when it began');
  await other.catchUp();
  await write(other, notes(1, 'new'));
  assert.deepEqual(await two.seqs('new'), [4_502, 4_501]);
  assert.deepEqual(await one.seqs('new'), [4_501], 'that another has come further is no harm');
  assert.deepEqual([one.log.warnings, two.log.warnings], [[], []]);
  await Promise.all([one.index.close(), two.index.close()]);
});

test('a process that comes later goes on where the index stands', async (context) => {
  const folder = temporary(context);
  const journal = await filled(300);
  const first = indexOf(journal, folder);
  assert.equal((await first.find({ text: 'lock' })).total, 300);
  await first.index.close();
  const second = indexOf(journal, folder);
  const read: number[] = [];
  const { store } = journal;
  const watched = openJournal({
    ...store,
    read: (after, limit) => (read.push(after), store.read(after, limit)),
  });
  await watched.catchUp();
  read.length = 0;
  const found = await second.index.find(
    { text: 'lock', limit: 1, offset: 0 },
    { journal: watched, viewer: undefined },
  );
  assert.ok(found.ok && found.value.total === 300);
  assert.deepEqual(read, []);
  await second.index.close();
});

const damages: readonly (readonly [string, (path: string) => void])[] = [
  ['overwritten at its beginning', (path) => writeFileSync(path, 'no database at all'.repeat(1_000))],
  ['empty', (path) => truncateSync(path, 0)],
  [
    'overwritten in its middle',
    (path) => {
      const bytes = readFileSync(path);
      bytes.fill(0xa5, 4_096);
      writeFileSync(path, bytes);
    },
  ],
  ['cut off', (path) => truncateSync(path, 8_192)],
];

for (const [how, damage] of damages) {
  test(`an index that is ${how} is built anew, and the log says so`, async (context) => {
    const folder = temporary(context);
    const journal = await filled(2_500);
    const first = indexOf(journal, folder);
    assert.equal((await first.find({ text: 'lock' })).total, 2_500);
    await first.index.close();
    damage(first.path);
    const second = indexOf(journal, folder);
    assert.equal((await second.find({ text: 'lock' })).total, 2_500);
    assert.equal(second.log.warnings.length, 1, second.log.warnings.join());
    assert.match(second.log.warnings[0] ?? '', /was damaged .* built anew/);
    assert.deepEqual(await second.seqs('number7'), [8]);
    await second.index.close();
  });
}

test('an index that is deleted while it is used is built anew, whichever of its files go', async (context) => {
  const folder = temporary(context);
  const journal = await filled(1_000);
  const one = indexOf(journal, folder);
  const two = indexOf(journal, folder);
  const totals = async () => [
    (await one.find({ text: 'lock' })).total,
    (await two.find({ text: 'lock' })).total,
  ];
  assert.deepEqual(await totals(), [1_000, 1_000]);
  rmSync(one.path);
  assert.deepEqual(await totals(), [1_000, 1_000]);
  assert.ok(existsSync(one.path));
  for (const file of readdirSync(folder)) rmSync(join(folder, file));
  await write(journal, notes(1));
  assert.deepEqual(await totals(), [1_001, 1_001]);
  rmSync(folder, { recursive: true });
  assert.deepEqual(await totals(), [1_001, 1_001]);
  await one.index.close();
  await write(journal, notes(1));
  assert.equal((await two.find({ text: 'lock' })).total, 1_002, 'the end of the other does no harm');
  await two.index.close();
});

test('the index of a journal that was put back to an older state is built anew', async (context) => {
  const folder = temporary(context);
  const vault = createMemoryVault();
  const before = await filled(50, vault);
  const first = indexOf(before, folder);
  assert.equal((await first.find({ text: 'lock' })).total, 50);
  await first.index.close();

  const restored = openJournal(
    openMemoryStore({ ...createMemoryVault(vault.identity), rows: vault.rows.slice(0, 20) }),
  );
  await restored.catchUp();
  const second = indexOf(restored, folder);
  assert.equal((await second.find({ text: 'lock' })).total, 20, 'it is shorter');
  assert.match(second.log.warnings[0] ?? '', /another history/);
  await write(restored, notes(40, 'other'));
  assert.equal((await second.find({ text: 'other' })).total, 40);
  await second.index.close();

  const third = indexOf(before, folder);
  assert.deepEqual((await third.find({ text: 'other' })).total, 0, 'it is longer, and another');
  assert.equal((await third.find({ text: 'lock' })).total, 50);
  await third.index.close();
});

test('another generation of a journal has an index of its own', async (context) => {
  const folder = temporary(context);
  const vault = createMemoryVault();
  const before = indexOf(await filled(10, vault), folder);
  const after = indexOf(await filled(3, createMemoryVault({ ...vault.identity, generation: 2 })), folder);
  assert.notEqual(before.path, after.path);
  assert.equal((await before.find({ text: 'lock' })).total, 10);
  assert.equal((await after.find({ text: 'lock' })).total, 3);
  assert.equal((await before.find({ text: 'lock' })).total, 10);
  await Promise.all([before.index.close(), after.index.close()]);
});

test('an index takes the place of those of older formats, and of what nobody has used for long', async (context) => {
  const folder = temporary(context);
  const journal = await filled(3);
  const { index, path, find, log } = indexOf(journal, folder);
  const own = basename(path);
  const old = own.replace(/\.(\d+)-/, '.0-');
  const newer = own.replace(/\.(\d+)-/, '.99-');
  const [rules, unused] = ['0123456789ab', 'ba9876543210'].map((rule) =>
    own.replace(/-[^-]*$/, `-${rule}.index`),
  );
  const stranger = `x${old}`;
  const snapshot = `${journal.store.identity.id}.snapshot`;
  const files = [old, newer, rules, unused, stranger, snapshot].map(String);
  for (const name of files)
    for (const side of ['', '-wal', '-shm']) writeFileSync(join(folder, `${name}${side}`), '');
  for (const name of [unused, stranger, newer, snapshot])
    for (const side of ['', '-wal', '-shm']) utimesSync(join(folder, `${name}${side}`), 1, 1);
  assert.equal((await find({ text: 'lock' })).total, 3);
  const left = readdirSync(folder).filter((name) => !name.endsWith('-lock') && !name.startsWith(own));
  assert.deepEqual(
    left.toSorted(),
    [newer, rules, stranger, snapshot]
      .flatMap((name) => [`${name}`, `${name}-shm`, `${name}-wal`])
      .toSorted(),
  );
  assert.deepEqual(log.warnings, []);
  await index.close();
});

test('an index of an older format that another program still uses is built anew by it, and stays', async (context) => {
  const folder = temporary(context);
  const journal = await filled(3);
  const { index, path, find } = indexOf(journal, folder);
  const start = { seq: 0, chain: '' };
  const older = new IndexFile({ path: path.replace(/\.(\d+)-/, '.0-'), start }, assert.fail);
  const add = {
    kind: 'add',
    addition: { after: start, head: { seq: 1, chain: 'x' }, documents: [] },
  } as const;
  assert.equal(older.do(add).at.seq, 1);
  assert.equal((await find({ text: 'lock' })).total, 3);
  assert.equal(older.do({ kind: 'stand' }).at.seq, 0, 'it was taken away');
  assert.equal(older.do(add).at.seq, 1);
  assert.equal((await find({ text: 'lock' })).total, 3);
  assert.equal(older.do({ kind: 'stand' }).at.seq, 1, 'and is left alone where there is an index already');
  older.close();
  await index.close();
});

test('an index in memory is in no file, and takes those of its journal away', async (context) => {
  const folder = temporary(context);
  const journal = await filled(3);
  const before = indexOf(journal, folder);
  assert.equal((await before.find({ text: 'lock' })).total, 3);
  await before.index.close();
  const stranger = 'other.1.1-x.index';
  writeFileSync(join(folder, stranger), '');
  const { index, find } = indexOf(journal, folder, { inMemory: true });
  assert.equal((await find({ text: 'lock' })).total, 3);
  assert.equal((await find({ text: 'lock' })).total, 3);
  const left = readdirSync(folder).filter((name) => !name.endsWith('-lock'));
  assert.deepEqual(left, [stranger]);
  await index.close();
  const again = indexOf(journal, join(folder, 'nowhere'), { inMemory: true });
  assert.equal((await again.find({ text: 'lock' })).total, 3);
  assert.equal(existsSync(join(folder, 'nowhere')), false);
  await again.index.close();
});

test('the files of an index are their owner’s alone, also when an older version made them', async (context) => {
  if (process.platform === 'win32') return;
  const folder = temporary(context);
  const journal = await filled(3);
  const modes = () =>
    Object.fromEntries(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]));
  const one = indexOf(journal, folder);
  assert.equal((await one.find({ text: 'lock' })).total, 3);
  assert.equal(Object.keys(modes()).length, 4, 'database, log, shared memory and lock');
  assert.deepEqual(new Set(Object.values(modes())), new Set([0o600]));
  await one.index.close();
  chmodSync(one.path, 0o644);
  const two = indexOf(journal, folder);
  assert.equal((await two.find({ text: 'lock' })).total, 3);
  assert.deepEqual(new Set(Object.values(modes())), new Set([0o600]));
  await two.index.close();
});

test('where no index can be written a search is refused with the reason, and works once it can', async (context) => {
  const folder = join(temporary(context), 'cache');
  const journal = await filled(5);
  writeFileSync(folder, 'a file in the place of the folder');
  const { index, find, path } = indexOf(journal, folder);
  const refused = await index.find({ text: 'lock', limit: 1, offset: 0 }, { journal, viewer: undefined });
  assert.ok(!refused.ok && refused.code === 'storage_failed');
  assert.ok(refused.message.includes(path));
  rmSync(folder);
  assert.equal((await find({ text: 'lock' })).total, 5);
  await index.close();
  const late = await index.find({ text: 'lock', limit: 1, offset: 0 }, { journal, viewer: undefined });
  assert.ok(!late.ok && late.code === 'stopping');
  await index.close();
});

test('entries in an index that nobody should find are damage', async (context) => {
  const folder = temporary(context);
  const journal = await filled(3);
  await write(journal, [{ text: 'a secret lock', agent: 'ada', for: ['bob'] }]);
  const one = indexOf(journal, folder);
  assert.equal((await one.find({ text: 'lock' }, 'eve')).total, 3);
  const database = new DatabaseSync(one.path);
  database.exec("insert into words (rowid, text, tags) values (4, 'lock', 'public')");
  database.close();
  assert.deepEqual(new Set(await one.seqs('lock', 'eve')), new Set([1, 2, 3]));
  assert.match(one.log.warnings[0] ?? '', /not to be found/);
  await one.index.close();
});

test('a search that would take long is refused with how far the index is, and the next finds it further', async (context) => {
  const folder = temporary(context);
  const journal = await filled(10_000);
  const { index, clock, find } = indexOf(journal, folder);
  const began = index.find({ text: 'lock', limit: 1, offset: 0 }, { journal, viewer: undefined });
  while (index.standsAt === 0) await clock.pause();
  clock.advance(60_000);
  const refused = await began;
  assert.ok(!refused.ok && refused.code === 'overloaded');
  assert.match(refused.message, /[0-9]+ of 10000 entries/);
  assert.equal((await find({ text: 'lock' })).total, 10_000);
  await index.close();
});
