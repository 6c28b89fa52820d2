import { equal, match, ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFailure, type StoredRow } from '../../journal/store.ts';
import {
  createTestJournal,
  opened,
  openStore,
  refusalCode,
  type TestFiles,
} from '../../testing/store-files.ts';
import { startProcess } from '../../testing/store-process.ts';
import { appendTo, emptyHead, intactRows, requestOf } from '../../testing/store-rows.ts';
import { openSqliteStore } from './sqlite-store.ts';

const entries = 300;

/** A journal of some thirty pages, closed. */
const filled = async (context: TestContext): Promise<TestFiles> => {
  const files = createTestJournal();
  context.after(files.remove);
  const store = await files.open();
  await appendTo(
    store,
    emptyHead(store),
    Array.from({ length: entries }, (_, index) => `${index} ${'x'.repeat(index)}`),
  );
  await store.close();
  return files;
};

const digest = (path: string): string =>
  `${createHash('sha256').update(readFileSync(path)).digest('hex')} ${statSync(path).mtimeMs}`;

/** Opening refuses with this code, whatever it was told, and leaves the file as it is. */
const refuses = async (path: string, code: string): Promise<void> => {
  const before = digest(path);
  equal(await refusalCode(path, 'may'), code);
  equal(await refusalCode(path, 'must-exist'), code);
  equal(digest(path), before, 'the file was not touched');
};

test('a journal that is empty, cut off or overwritten is damage, never a new journal', async (context) => {
  const { path } = await filled(context);
  const whole = readFileSync(path);
  const pieces = [
    0,
    1,
    99,
    100,
    511,
    512,
    4_095,
    4_096,
    4_097,
    8_192,
    whole.length >> 1,
    whole.length - 4_096,
  ];
  for (const length of [...pieces, whole.length - 1]) {
    writeFileSync(path, whole.subarray(0, length));
    await refuses(path, 'journal_corrupt');
  }
  for (const garbage of ['hello', 'x'.repeat(20_000), '\0'.repeat(20_000)]) {
    writeFileSync(path, garbage);
    await refuses(path, 'journal_corrupt');
  }
  const first = Buffer.from(whole);
  first.fill(0xa5, 100, 4_096);
  writeFileSync(path, first);
  await refuses(path, 'journal_corrupt');
});

test('the refusal names the file and says what to do', async (context) => {
  const { path } = await filled(context);
  truncateSync(path, 0);
  const outcome = await openSqliteStore({ path, create: 'may' });
  ok(!outcome.ok);
  ok(outcome.message.includes(path));
  match(outcome.message, /Nothing was changed.*It has 0 bytes.*restore a backup/);
});

test('a damaged file is not repaired from the entries that lie beside it', async (context) => {
  const { path, remove } = createTestJournal();
  context.after(remove);
  const child = startProcess(context, { task: 'append', path });
  for (let confirmed = 0; confirmed < 30; confirmed += 1) await child.line();
  await child.kill();
  ok(statSync(`${path}-wal`).size > 0, 'entries lie beside the journal');
  const whole = readFileSync(path);
  for (const broken of [Buffer.alloc(0), Buffer.alloc(whole.length, 0xa5), whole.subarray(0, 2_000)]) {
    writeFileSync(path, broken);
    await refuses(path, 'journal_corrupt');
  }
  rmSync(path);
  equal(await refusalCode(path, 'may'), 'journal_missing', 'nor is a new one made in front of them');
  writeFileSync(path, whole);
  const store = await openStore(path);
  context.after(store.close);
  ok((await intactRows(store)).length >= 30, 'and they were kept');
});

test('a file that is too short for the entries beside it is damage', async (context) => {
  const { path } = await filled(context);
  const child = startProcess(context, { task: 'append', path });
  for (let confirmed = 0; confirmed < 10; confirmed += 1) await child.line();
  await child.kill();
  const [whole, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
  let refused = 0;
  for (let length = whole.length - 4_096; length >= 4_096; length -= 4_096) {
    writeFileSync(path, whole.subarray(0, length));
    writeFileSync(`${path}-wal`, log);
    const before = digest(path);
    const outcome = await openSqliteStore({ path, create: 'may' });
    if (outcome.ok) {
      // The pages that were cut off are also in the log.
      ok((await intactRows(outcome.value)).length > entries, `cut at ${length}`);
      await outcome.value.close();
    } else {
      refused += 1;
      equal(outcome.code, 'journal_corrupt');
      equal(digest(path), before);
    }
  }
  ok(refused > 10, `${refused} cuts were noticed`);
});

test('databases of other programs and of newer versions are refused', async (context) => {
  const { path } = await filled(context);
  const change = (sql: string): void => {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
  };
  change('pragma user_version = 3');
  await refuses(path, 'upgrade_required');
  change('pragma user_version = 0');
  await refuses(path, 'journal_corrupt');
  change('pragma user_version = 1; pragma application_id = 0');
  await refuses(path, 'journal_corrupt');
  change('pragma application_id = 0x53676278; delete from journal');
  await refuses(path, 'journal_corrupt');
  change('drop table journal');
  await refuses(path, 'journal_corrupt');
  rmSync(path);
  change('create table notes (text)');
  await refuses(path, 'journal_corrupt');
});

test('a journal without its table of entries is refused', async (context) => {
  const { path } = await filled(context);
  const database = new DatabaseSync(path);
  database.exec('drop table entries');
  database.close();
  await refuses(path, 'journal_corrupt');
});

test('a missing journal is refused when it must exist, and a directory is not a journal', async (context) => {
  const { directory, path, remove } = createTestJournal();
  context.after(remove);
  equal(await refusalCode(path, 'must-exist'), 'journal_missing');
  ok(!existsSync(directory), 'nothing was made');
  mkdirSync(path, { recursive: true });
  equal(await refusalCode(path, 'may'), 'journal_corrupt');
});

test('a changed byte is never taken for what was written', async (context) => {
  const { path } = await filled(context);
  const whole = readFileSync(path);
  const store = await openStore(path);
  const written = await store.read(0, entries);
  await store.close();
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  context.diagnostic(`SEED=${seed}`);
  const random = randomOf(seed);
  for (let round = 0; round < 150; round += 1) {
    const at = Math.floor(random() * whole.length);
    const flipped = Buffer.from(whole);
    flipped[at] = (whole[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    writeFileSync(path, flipped);
    const rows = await readUntilDamage(path);
    const wrong = rows.find(({ seq, text }) => text !== written[seq - 1]?.text);
    equal(wrong, undefined, `byte ${at}, seed ${seed}`);
    equal(readFileSync(path).equals(flipped), true, 'and the file was not touched');
  }
});

/** The rows up to the first thing that was noticed to be wrong. */
const readUntilDamage = async (path: string): Promise<readonly StoredRow[]> => {
  const outcome = await openSqliteStore({ path, create: 'must-exist' });
  if (!outcome.ok) return [];
  const store = outcome.value;
  const rows: StoredRow[] = [];
  try {
    // Row by row, and each against the chain, as a journal does.
    for (let head = emptyHead(store); ; ) {
      const [row] = await store.read(head.seq, 1);
      if (row === undefined) return rows;
      const [expected] = requestOf(head, [row.text]).rows;
      if (row.chain !== expected?.chain) return rows;
      rows.push({ ...row });
      head = row;
    }
  } catch (error) {
    ok(error instanceof StoreFailure, String(error));
    return rows;
  } finally {
    await store.close();
  }
};

const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  // Mulberry32, by Tommy Ettinger.
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

test('a journal that is removed or replaced while in use takes no more entries', async (context) => {
  const { path } = await filled(context);
  const store = await openStore(path);
  context.after(store.close);
  const rows = await store.read(0, entries);
  const head = await appendTo(store, rows.at(-1) ?? emptyHead(store), ['still there']);
  const attempt = async (): Promise<string> => {
    const outcome = await store.append(requestOf(head, ['lost']));
    return outcome.kind === 'unknown' ? outcome.code : outcome.kind;
  };
  for (const file of [path, `${path}-wal`]) {
    renameSync(file, `${path}.away`);
    equal(await attempt(), 'journal_missing', `${file} is gone`);
    equal((await store.health()).writable, false);
    copyFileSync(`${path}.away`, file);
    equal(await attempt(), 'journal_missing', `${file} is another file`);
    renameSync(`${path}.away`, file);
    equal((await store.health()).writable, true);
  }
  await appendTo(store, head, ['back in place']);
  equal((await intactRows(store)).length, entries + 2);
});

test('after damage was met in reading, nothing is appended', async (context) => {
  const { path } = await filled(context);
  const database = new DatabaseSync(path);
  database.exec('delete from entries where seq = 7');
  database.close();
  const store: Store = opened(await openSqliteStore({ path, create: 'must-exist' }));
  context.after(store.close);
  const last = (await store.readAt([entries]))[0] ?? emptyHead(store);
  await store.read(0, 100).then(
    () => ok(false, 'a gap is damage'),
    (error: unknown) => equal(error instanceof StoreFailure && error.refusal.code, 'journal_corrupt'),
  );
  const outcome = await store.append(requestOf(last, ['more']));
  equal(outcome.kind === 'unknown' && outcome.code, 'journal_corrupt');
  equal((await store.health()).writable, false);
});
