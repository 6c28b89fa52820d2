/* Entries that were taken out of a store are read from archives, as if they had never left. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { createMemoryVault, openMemoryStore } from '../stores/memory/memory-store.ts';
import { appendTo, emptyHead, intactRows, requestOf } from '../testing/store-rows.ts';
import { archivedStore } from './archived-store.ts';
import { archiveFolder } from './archives/format.ts';
import { writeArchive } from './archives/write.ts';
import { verify } from './journal.ts';
import { beginningOf, linkAt } from './rows.ts';
import { type Store, StoreFailure, type StoredRow } from './store.ts';

interface Compacted {
  readonly inner: Store;
  readonly store: Store;
  readonly folder: string;
  readonly rows: readonly StoredRow[];
  /** Archives up to there, and takes it out of the store; the path of the archive. */
  readonly compact: (seq: number) => Promise<string>;
}

/** A journal whose entries are long enough for an archive of several blocks. */
const openJournal = async (context: TestContext, count = 300): Promise<Compacted> => {
  const above = mkdtempSync(join(tmpdir(), 'signalbox-archives-'));
  context.after(() => rmSync(above, { recursive: true }));
  const inner = openMemoryStore(createMemoryVault());
  const texts = Array.from({ length: count }, (_, index) => `Grüße ${index} ${'x'.repeat(1_000)}`);
  await appendTo(inner, emptyHead(inner), texts);
  const rows = await inner.read(0, count);
  const folder = join(above, archiveFolder(inner.identity));
  const store = archivedStore(inner, above);
  const compact = async (seq: number): Promise<string> => {
    const base = (await inner.base()).seq;
    const from = base === 0 ? beginningOf(inner.identity) : await linkAt(store, base);
    const to = await linkAt(store, seq);
    const written = await writeArchive(store, { folder, from, to });
    ok(written.ok, written.ok ? '' : written.message);
    deepEqual(await inner.truncate(to), { ok: true, value: true });
    return written.value;
  };
  return { inner, store, folder, rows, compact };
};

/** How the name of the file ends that has the last of the entries: it is known whatever they are split into. */
const endIn = (path: string): string => basename(path).slice('000000000001'.length);

const failsWith = (code: string, path: string) => (failure: unknown) =>
  failure instanceof StoreFailure && failure.refusal.code === code && failure.message.includes(path);

describe('a store whose older entries lie in archives', () => {
  test('has the keys of personal text that the store has', async (t) => {
    const { inner, store } = await openJournal(t, 1);
    ok(inner.subjectKeys !== undefined);
    equal(store.subjectKeys, inner.subjectKeys);
  });

  test('reads as one that has them all', async (t) => {
    const { inner, store, rows, compact } = await openJournal(t);
    await compact(120);
    await compact(250);
    equal((await inner.read(0, 1_000)).length, 50);
    deepEqual(await intactRows(store), rows);
    for (const [after, limit] of [
      [0, 1],
      [0, 300],
      [119, 2],
      [120, 5],
      [249, 1],
      [249, 2],
      [250, 3],
      [299, 10],
      [300, 10],
    ] as const) {
      deepEqual(await store.read(after, limit), rows.slice(after, after + limit), `${after}, ${limit}`);
    }
    const linked = await store.readAt([300, 1, 120, 121, 250, 251]);
    deepEqual(
      linked.map(({ seq, before }) => [seq, before]),
      [300, 1, 120, 121, 250, 251].map((seq) => [seq, rows[seq - 2]?.chain]),
    );
    const verified = await verify(store, 100);
    ok(verified.ok);
    deepEqual([verified.value.entries, verified.value.linkAt], [300, rows[99]?.chain]);
  });

  test('goes on reading where another process has taken entries out meanwhile', async (t) => {
    const { inner, store, folder, rows, compact } = await openJournal(t);
    const other = archivedStore(inner, dirname(folder));
    deepEqual(await other.read(0, 3), rows.slice(0, 3));
    await compact(200);
    deepEqual(await other.read(3, 3), rows.slice(3, 6));
    deepEqual((await other.readAt([7]))[0]?.text, rows[6]?.text);
    const third = archivedStore(inner, dirname(folder));
    deepEqual(
      (await third.readAt([7, 300])).map(({ seq }) => seq),
      [7, 300],
    );
    const late = requestOf({ seq: 199, chain: rows[198]?.chain ?? '' }, ['late']);
    deepEqual(await store.append(late), { kind: 'moved', missed: rows.slice(199) });
  });
});

describe('entries that are taken out while they are read', () => {
  test('are read from the archive, whoever finds that out first', async (t) => {
    const { inner, folder, rows, compact } = await openJournal(t);
    await compact(100);
    const late = Promise.withResolvers<void>();
    const slow: Store = {
      ...inner,
      readAt: async (seqs) => {
        if (seqs[0] === 20) await late.promise;
        return inner.readAt(seqs);
      },
      base: () => inner.base(),
    };
    const store = archivedStore(slow, dirname(folder));
    const second = store.readAt([20]);
    equal((await store.readAt([10]))[0]?.text, rows[9]?.text);
    late.resolve();
    equal((await second)[0]?.text, rows[19]?.text);
  });
});

describe('an archive that is not as it was', () => {
  test('is not there: what lies in it is refused, and the file named', async (t) => {
    const { store, rows, compact } = await openJournal(t);
    const [first, second] = [await compact(100), await compact(200)];
    for (const path of [first, second]) {
      renameSync(path, `${path}.away`);
      await rejects(store.read(path === first ? 0 : 100, 10), failsWith('journal_missing', endIn(path)));
      await rejects(store.readAt([path === first ? 1 : 150]), failsWith('journal_missing', endIn(path)));
      const verified = await verify(store);
      equal(!verified.ok && verified.code, 'journal_missing');
      const { writable, reason, lacking } = await store.health();
      deepEqual([writable, reason, lacking?.includes(endIn(path))], [true, undefined, true]);
      deepEqual(await store.read(200, 300), rows.slice(200), 'what is in the store can be read');
      const late = requestOf({ seq: 99, chain: '' }, ['late']);
      const outcome = await store.append(late);
      equal(outcome.kind === 'unknown' && outcome.code, 'journal_missing');
      renameSync(`${path}.away`, path);
    }
    deepEqual(await intactRows(store), rows);
    deepEqual(await store.health(), { writable: true, reason: undefined });
  });

  test('is missed together with others: no file is named that there never was', async (t) => {
    const { store, folder, compact } = await openJournal(t, 30);
    await compact(10);
    await compact(20);
    await store.read(0, 1);
    rmSync(folder, { recursive: true });
    const { lacking = '' } = await store.health();
    ok(lacking.includes(`Entries 1 to 20 of the journal lie in archives in ${folder},`), lacking);
    ok(!lacking.includes('000000000001-000000000020'), lacking);
  });

  test('cannot be looked for where nobody said where archives are, which is said', async (t) => {
    const { inner, rows, compact } = await openJournal(t);
    const store = archivedStore(inner, undefined);
    deepEqual(await store.health(), { writable: true, reason: undefined });
    const name = endIn(await compact(100));
    await rejects(store.read(0, 10), failsWith('journal_missing', name));
    await rejects(store.readAt([7]), failsWith('journal_missing', 'SIGNALBOX_ARCHIVES'));
    const { writable, reason, lacking } = await store.health();
    deepEqual([writable, reason, lacking?.includes(name)], [true, undefined, true]);
    deepEqual(await store.read(100, 300), rows.slice(100), 'what is in the store can be read');
  });

  test('was changed or cut: it is refused, and the file named', async (t) => {
    const { inner, folder, rows, compact } = await openJournal(t);
    const path = await compact(200);
    const whole = readFileSync(path);
    const damages: readonly (readonly [string, () => void])[] = [
      ['a changed entry', () => writeFileSync(path, whole.toString().replace('Grüße 150', 'Grüße 151'))],
      ['an end that is missing', () => writeFileSync(path, whole.subarray(0, whole.length - 10))],
      ['the half of it', () => writeFileSync(path, whole.subarray(0, whole.length / 2))],
      ['nothing in it', () => writeFileSync(path, '')],
      ['something behind it', () => appendFileSync(path, 'x')],
      [
        'another journal',
        () => writeFileSync(path, whole.toString().replace(inner.identity.id, 'x'.repeat(36))),
      ],
    ];
    for (const [what, damage] of damages) {
      damage();
      const verified = await verify(archivedStore(inner, dirname(folder)));
      equal(!verified.ok && verified.code, 'journal_corrupt', what);
      ok(!verified.ok && verified.message.includes(path), what);
      writeFileSync(path, whole);
    }
    deepEqual(await intactRows(archivedStore(inner, dirname(folder))), rows);
  });
});

describe('an archive that cannot be asked for', () => {
  test('lies on a share that does not answer: that is said soon, and asked once at a time', async (t) => {
    const { inner, folder, compact } = await openJournal(t, 20);
    await compact(10);
    const base = await inner.base();
    // What a server is asked takes its time, and only the clock of the test passes here.
    const atOnce: Store = {
      ...inner,
      base: async () => base,
      health: async () => ({ writable: true, reason: undefined }),
    };
    const store = archivedStore(atOnce, folder);
    const asked = t.mock.method(files, 'readdir', () => new Promise<never>(() => {}));
    syncBuiltinESMExports();
    t.after(syncBuiltinESMExports);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    for (let times = 0; times < 2; times += 1) {
      const health = store.health();
      await new Promise(setImmediate);
      t.mock.timers.tick(1_000);
      const { writable, lacking } = await health;
      deepEqual([writable, lacking?.includes('does not answer')], [true, true]);
    }
    equal(asked.mock.callCount(), 1);
    asked.mock.restore();
  });
});

describe('an archive that cannot be written', () => {
  test('leaves no file and the journal as it was, when an entry is damaged or the folder cannot be made', async (t) => {
    const { inner, folder, rows } = await openJournal(t, 20);
    const from = beginningOf(inner.identity);
    const wrong = await writeArchive(inner, { folder, from, to: { seq: 10, chain: 'x' } });
    equal(!wrong.ok && wrong.code, 'journal_corrupt');
    deepEqual(readdirSync(folder), []);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file is in the way');
    const refused = await writeArchive(inner, { folder, from, to: await linkAt(inner, 10) });
    equal(refused.ok, false);
    deepEqual(await inner.read(0, 30), rows);
  });
});
