import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { chainLink, chainStart } from '../../journal/chain.ts';
import { Keyring, keyOf, sealedWith } from '../../journal/cipher.ts';
import { verify } from '../../journal/journal.ts';
import { type JournalName, type Storage, workspaceJournal } from '../../journal/storage.ts';
import type { AppendOutcome, Store, StoredRow } from '../../journal/store.ts';
import type { Outcome } from '../../kernel/errors.ts';
import { memoryStorage } from '../../stores/memory/storage.ts';
import { sqliteStorage } from '../../stores/sqlite/storage.ts';
import { opened } from '../../testing/store-files.ts';
import { encryptionDraftOf as draftOf } from '../upkeep/drafts.ts';
import { takeCensus } from './census.ts';
import { rewriteJournal } from './rewrite.ts';

const keyFrom = (seed: string) => keyOf(createHash('sha256').update(seed).digest(), seed);
const [first, second] = [keyFrom('first'), keyFrom('second')];
const ring = new Keyring([first, second]);
const rotated = new Keyring([second, first]);
const name = workspaceJournal('main');

const targetOf = (storage: Storage, keys = ring, decrypt = false) => ({
  storage,
  cipherOf: (journal: string) => keys.cipher(journal),
  key: decrypt ? undefined : keys.active,
});

const storages: Readonly<Record<string, (context: TestContext) => Storage>> = {
  memory: () => memoryStorage(),
  sqlite: (context) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-rewrite-'));
    context.after(() => rmSync(dataDir, { recursive: true }));
    return sqliteStorage({ dataDir });
  },
};

const textOf = (seq: number): string => JSON.stringify({ seq, title: `Title ${seq}` });

/** Appends rows up to `upTo`. */
const fill = async (store: Store, upTo: number): Promise<void> => {
  const head = await store.head();
  let chain = head === 0 ? chainStart(store.identity.id) : String((await store.readAt([head]))[0]?.chain);
  const link = chain;
  const rows: StoredRow[] = [];
  for (let seq = head + 1; seq <= upTo; seq += 1) {
    chain = chainLink(chain, textOf(seq));
    rows.push({ seq, batch: `batch ${upTo}`, text: textOf(seq), chain });
  }
  const appended = await store.append({ expected: head, link, batch: `batch ${upTo}`, rows });
  assert.equal(appended.kind, 'appended');
};

const journalOf = async (storage: Storage, entries: number): Promise<void> => {
  const store = opened(await storage.open(name, 'may'));
  await fill(store, entries);
  await store.close();
};

/** What a journal says and under which keys, once it has been verified. */
const contentOf = async (storage: Storage, of: JournalName = name) => {
  const store = opened(await storage.open(of, 'must-exist'));
  opened(await verify(store));
  const cipher = ring.cipher(store.identity.id);
  const rows = await store.read(0, 10_000);
  await store.close();
  return {
    generation: store.identity.generation,
    texts: rows.map(({ text, seq }) => cipher.open(text, seq)),
    keys: [...new Set(rows.map(({ text }) => sealedWith(text)))],
  };
};

const texts = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => textOf(i + 1));

const messageOf = (outcome: Outcome<unknown>): string =>
  outcome.ok ? 'done' : `${outcome.code}: ${outcome.message}`;

/** A storage in which the draft takes so many appends, and then fails as `how` says. */
const failing = (storage: Storage, appends: number, how: AppendOutcome | 'throw'): Storage => {
  let left = appends;
  return {
    ...bound(storage),
    open: async (of, creation) => {
      const store = await storage.open(of, creation);
      if (!store.ok || of !== draftOf(name)) return store;
      const { value } = store;
      const append: Store['append'] = async (request) => {
        left -= 1;
        if (left >= 0) return value.append(request);
        if (how === 'throw') throw new Error('killed');
        return how;
      };
      return { ok: true, value: wrapped(value, { append }) };
    },
  };
};

const bound = (storage: Storage): Storage => ({
  kind: storage.kind,
  place: storage.place,
  placeOf: storage.placeOf,
  open: storage.open,
  names: storage.names,
  wasBegun: storage.wasBegun,
  bytesOf: storage.bytesOf,
  remove: storage.remove,
  replace: storage.replace,
  close: storage.close,
});

/** A store with other members in the place of its own. */
const wrapped = (store: Store, over: Partial<Store>): Store =>
  new Proxy(store, {
    get: (target, member): unknown =>
      Reflect.has(over, member) ? Reflect.get(over, member) : Reflect.get(target, member, target),
  });

for (const [kind, storageFor] of Object.entries(storages)) {
  describe(`storing a journal anew: ${kind}`, () => {
    it('encrypts it, and makes it plain again, entry by entry the same', async (t) => {
      const storage = storageFor(t);
      await journalOf(storage, 1_234);
      const id = opened(await rewriteJournal(targetOf(storage), name));
      assert.deepEqual([id.entries, id.untouched], [1_234, false]);
      const sealed = { generation: 2, texts: texts(1_234), keys: [first.id] };
      assert.deepEqual(await contentOf(storage), sealed);
      assert.deepEqual(opened(await storage.names()), [name]);
      const again = opened(await rewriteJournal(targetOf(storage), name));
      assert.equal(again.untouched, true);
      assert.deepEqual(await contentOf(storage), sealed);
      opened(await rewriteJournal(targetOf(storage, rotated), name));
      assert.deepEqual(await contentOf(storage), { ...sealed, generation: 3, keys: [second.id] });
      opened(await rewriteJournal(targetOf(storage, rotated, true), name));
      assert.deepEqual(await contentOf(storage), { ...sealed, generation: 4, keys: [undefined] });
      assert.deepEqual(opened(await takeCensus(storage, name)), {
        journal: name,
        entries: 1_234,
        plain: 1_234,
        keys: new Map(),
      });
    });

    it('goes on where it was interrupted, and until then leaves the journal as it was', async (t) => {
      const storage = storageFor(t);
      await journalOf(storage, 1_700);
      const before = await contentOf(storage);
      await assert.rejects(rewriteJournal(targetOf(failing(storage, 2, 'throw')), name), /killed/);
      assert.deepEqual(await contentOf(storage), before);
      const full = { kind: 'unknown', code: 'storage_full', reason: 'The disk is full.' } as const;
      const stopped = await rewriteJournal(targetOf(failing(storage, 1, full)), name);
      assert.match(messageOf(stopped), /^storage_full: The disk is full\. The journal is as it was/);
      assert.deepEqual(await contentOf(storage), before);
      assert.deepEqual((await contentOf(storage, draftOf(name))).texts, texts(1_500));
      opened(await rewriteJournal(targetOf(failing(storage, 1, 'throw')), name));
      assert.deepEqual(await contentOf(storage), { generation: 2, texts: texts(1_700), keys: [first.id] });
    });

    it('begins anew where what is left of an earlier attempt does not fit', async (t) => {
      const storage = storageFor(t);
      await journalOf(storage, 700);
      await assert.rejects(rewriteJournal(targetOf(failing(storage, 1, 'throw')), name), /killed/);
      opened(await rewriteJournal(targetOf(storage, rotated), name));
      assert.deepEqual((await contentOf(storage)).keys, [second.id]);
      opened(await rewriteJournal(targetOf(storage, ring, true), name));
      const odd = opened(await storage.open(draftOf(name), 'may'));
      await fill(odd, 3);
      await odd.close();
      opened(await rewriteJournal(targetOf(storage), name));
      assert.deepEqual(await contentOf(storage), { generation: 4, texts: texts(700), keys: [first.id] });
    });
  });

  describe(`a journal that cannot be stored anew: ${kind}`, () => {
    it('is refused when something was written meanwhile, which is then in it as well', async (t) => {
      const storage = storageFor(t);
      await journalOf(storage, 700);
      let late = false;
      const busy: Storage = {
        ...bound(storage),
        open: async (of, creation) => {
          const store = await storage.open(of, creation);
          if (!store.ok || of !== draftOf(name) || late) return store;
          late = true;
          const close = async (): Promise<void> => {
            await store.value.close();
            const other = opened(await storage.open(name, 'must-exist'));
            await fill(other, 703);
            await other.close();
          };
          return { ok: true, value: wrapped(store.value, { close }) };
        },
      };
      assert.match(messageOf(await rewriteJournal(targetOf(busy), name)), /^storage_busy: .*call again/);
      assert.deepEqual((await contentOf(storage)).keys, [undefined]);
      opened(await rewriteJournal(targetOf(busy), name));
      assert.deepEqual(await contentOf(storage), { generation: 2, texts: texts(703), keys: [first.id] });
    });

    it('is refused while another process works on it, and without a key that is needed', async (t) => {
      const storage = storageFor(t);
      await journalOf(storage, 10);
      const busy = opened(await storage.open(name, 'must-exist'));
      const office = await busy.elect('at-work');
      assert(office !== undefined);
      assert.match(
        messageOf(await rewriteJournal(targetOf(storage), name)),
        /^storage_busy: .*Stop every hub/,
      );
      await office.resign();
      await busy.close();
      opened(await rewriteJournal(targetOf(storage), name));
      const stranger = new Keyring([second]);
      const before = await contentOf(storage);
      for (const decrypt of [true, false])
        assert.match(
          messageOf(await rewriteJournal(targetOf(storage, stranger, decrypt), name)),
          /^encryption_key_missing: Of workspaces\/main are encrypted: 10 entries with first\.\w+; this process has only second\./,
        );
      assert.deepEqual(await contentOf(storage), before);
    });
  });
}
