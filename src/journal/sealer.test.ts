import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { areas } from '../areas/index.ts';
import { present } from '../kernel/assert.ts';
import type { Entry } from '../kernel/entry.ts';
import { type MemoryVault, createMemoryVault, openMemoryStore } from '../stores/memory/memory-store.ts';
import { authorsIn } from './authorship.ts';
import { chainLink, chainStart } from './chain.ts';
import { Codec } from './codec.ts';
import { Journal } from './journal.ts';
import { erasedText, sealerFor } from './sealer.ts';
import { StoreFailure } from './store.ts';
import { masked, subjectName } from './subject-keys.ts';

const entryOf = (seq: number, over: Partial<Entry> = {}): Entry => ({
  seq,
  time: 1_000_000 + seq,
  actor: { principal: 'owner', agent: 'ada', session: 's-1' },
  type: 'tasks.added',
  version: 1,
  data: { id: `T-${seq}`, number: seq, title: 'A title', priority: 3, links: ['https://a.example', 'b'] },
  cause: { unit: seq, by: 'task_add', size: 1 },
  ...over,
});

/** A journal as one process sees it, and what it was handed. */
const openJournal = (vault: MemoryVault) => {
  const store = openMemoryStore(vault);
  const seen: Entry[] = [];
  const codec = new Codec(areas, { sealer: sealerFor(store, areas) });
  const journal = new Journal(store, codec, { sink: (entries) => seen.push(...entries) });
  return { journal, store, codec, seen };
};

const titleIn = (entry: Entry | undefined): unknown => {
  const { data } = present(entry, 'it was read');
  return typeof data === 'object' && data !== null && 'title' in data ? data.title : undefined;
};

const stored = (vault: MemoryVault, seq: number): string => present(vault.rows[seq - 1], 'it is stored').text;

describe('the text of an entry', () => {
  it('is stored sealed, and read by every process as it was written, members in their order', async () => {
    const vault = createMemoryVault();
    const written = [
      entryOf(1),
      entryOf(2, {
        type: 'agents.started',
        actor: { principal: 'owner' },
        data: { agent: 'cy', session: 's-2', resumed: false, metadata: { branch: 'main', model: 'a b' } },
      }),
      entryOf(3, { type: 'tasks.noted', data: { id: 'T-1', text: 'Grüße, "你好"\n' } }),
      entryOf(4, {
        type: 'tasks.edited',
        data: { id: 'T-1', revision: 2, title: '', body: null, links: [] },
      }),
    ];
    assert.equal((await openJournal(vault).journal.append(written)).kind, 'appended');
    const { journal, seen } = openJournal(vault);
    await journal.catchUp();
    assert.equal(JSON.stringify(seen), JSON.stringify(written));
    assert.equal(JSON.stringify(await journal.entriesAt([3, 1])), JSON.stringify([written[2], written[0]]));
    const all = vault.rows.map(({ text }) => text).join('\n');
    for (const text of ['A title', 'a.example', 'main', 'Grüße', '你好'])
      assert.ok(!all.includes(text), text);
    assert.equal(stored(vault, 4), JSON.stringify(written[3]), 'what says nothing stays as it is');
    const names = [...vault.keys.values()].map(({ subject }) => subject && subjectName(subject));
    const agents = ['ada', 'cy'].map((agent) => subjectName(masked({ principal: 'owner', agent })));
    assert.deepEqual(new Set(names), new Set(agents), 'an agent that joins is its own subject');
  });

  it('is a placeholder of the same shape without its key', async () => {
    const vault = createMemoryVault();
    await openJournal(vault).journal.append([
      entryOf(1),
      entryOf(2, { type: 'agents.updated', data: { agent: 'ada', metadata: { branch: 'main' } } }),
    ]);
    await openMemoryStore(vault).subjectKeys?.destroy([...vault.keys.keys()]);
    const { journal, seen } = openJournal(vault);
    await journal.catchUp();
    assert.deepEqual(
      seen.map(({ data }) => data),
      [
        { id: 'T-1', number: 1, title: erasedText, priority: 3, links: [erasedText] },
        { agent: 'ada', metadata: { erased: erasedText } },
      ],
    );
  });

  it('that was stored before texts were sealed is read as it is, and counted', async () => {
    const vault = createMemoryVault();
    const plain = new Journal(openMemoryStore(vault), new Codec(areas), { sink: () => undefined });
    await plain.append([entryOf(1), entryOf(2)]);
    const { journal, seen, codec, store } = openJournal(vault);
    await journal.catchUp();
    await journal.append([
      entryOf(3),
      entryOf(4, { type: 'tasks.released', data: { id: 'T-1', revision: 2 } }),
    ]);
    assert.deepEqual(seen.map(titleIn), ['A title', 'A title', 'A title', undefined]);
    assert.deepEqual(await authorsIn({ store, codec, areas }), [
      { principal: 'owner', agent: 'ada', sealed: 1, plain: 2 },
    ]);
  });
});

describe('sealed text', () => {
  it('is bound to its journal and its place there', async () => {
    const vault = createMemoryVault();
    await openJournal(vault).journal.append([entryOf(1), entryOf(2)]);
    const [first, second] = vault.rows;
    const moved = present(first, 'it is stored').text.replace('"seq":1', '"seq":2');
    const chain = chainLink(present(first, 'it is stored').chain, moved);
    vault.rows[1] = { ...present(second, 'it is stored'), text: moved, chain };
    const { journal } = openJournal(vault);
    await assert.rejects(journal.catchUp(), isCorrupt);
    const other = createMemoryVault();
    for (const [id, key] of vault.keys) other.keys.set(id, key);
    const row = present(first, 'it is stored');
    other.rows.push({ ...row, chain: chainLink(chainStart(other.identity.id), row.text) });
    await assert.rejects(openJournal(other).journal.catchUp(), isCorrupt);
  });

  it('is not opened with another key of the same name', async () => {
    const vault = createMemoryVault();
    await openJournal(vault).journal.append([entryOf(1)]);
    for (const [id, key] of vault.keys) vault.keys.set(id, { ...key, secret: new Uint8Array(32) });
    await assert.rejects(openJournal(vault).journal.catchUp(), isCorrupt);
  });
});

const isCorrupt = (thrown: unknown): boolean =>
  thrown instanceof StoreFailure && thrown.refusal.code === 'journal_corrupt';

describe('a key', () => {
  it('that another process made while this one ran is found when it is met', async () => {
    const vault = createMemoryVault();
    const [one, other] = [openJournal(vault), openJournal(vault)];
    await one.journal.append([entryOf(1)]);
    await other.journal.catchUp();
    const bob = { principal: 'owner', agent: 'bob' };
    await other.journal.append([entryOf(2, { actor: bob })]);
    await one.journal.catchUp();
    assert.deepEqual(one.seen.map(titleIn), ['A title', 'A title']);
    assert.equal(one.codec.sealer?.missing, 0);
  });

  it('that is nowhere is looked for once, and its text is a placeholder', async () => {
    const vault = createMemoryVault();
    await openJournal(vault).journal.append([entryOf(1)]);
    vault.keys.clear();
    const { journal, seen, codec } = openJournal(vault);
    await journal.catchUp();
    assert.deepEqual(seen.map(titleIn), [erasedText]);
    assert.equal(codec.sealer?.missing, 1);
  });

  it('is durable before what is sealed under it, so that nothing is stored when it cannot be', async () => {
    const vault = createMemoryVault();
    const store = openMemoryStore(vault);
    const failure = new StoreFailure({ ok: false, code: 'storage_full', message: 'no room', details: {} });
    const subjectKeys = {
      ...present(store.subjectKeys, 'it keeps keys'),
      ensure: () => Promise.reject(failure),
    };
    const codec = new Codec(areas, { sealer: sealerFor({ ...store, subjectKeys }, areas) });
    const journal = new Journal(store, codec, { sink: () => undefined });
    await assert.rejects(journal.append([entryOf(1)]), failure);
    assert.equal(vault.rows.length, 0);
    const silent = entryOf(1, { type: 'tasks.released', data: { id: 'T-1', revision: 2 } });
    assert.equal((await journal.append([silent])).kind, 'appended');
  });
});
