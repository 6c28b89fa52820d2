import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { type Base, type Store, StoreFailure } from '../journal/store.ts';
import { type ChainHead, appendTo, emptyHead, headOf, requestOf } from './store-rows.ts';

type Case = (open: () => Promise<Store>) => Promise<void>;

const truncated = async (store: Store, upTo: ChainHead): Promise<void> =>
  deepEqual(await store.truncate(upTo), { ok: true, value: true });

const baseAt = ({ seq, chain }: ChainHead): Base => ({ seq, chain });

const isArchived = (failure: unknown): boolean =>
  failure instanceof StoreFailure && failure.refusal.code === 'journal_corrupt';

/** Part of the contract that every store has to pass: entries that are taken out, once they lie in an archive. */
export const truncating: Readonly<Record<string, Case>> = {
  'a journal of which nothing was taken out has no base': async (open) => {
    const store = await open();
    deepEqual(await store.base(), { seq: 0, chain: undefined });
    await appendTo(store, emptyHead(store), ['one']);
    deepEqual(await store.base(), { seq: 0, chain: undefined });
  },

  'what is truncated is gone from the store, and what comes after it is as it was': async (open) => {
    const store = await open();
    const request = requestOf(emptyHead(store), ['one', 'two', 'three', 'four']);
    await store.append(request);
    const [, two, three, four] = request.rows;
    ok(two !== undefined);
    await truncated(store, { seq: 2, chain: two.chain });
    deepEqual(await store.base(), { seq: 2, chain: two.chain });
    equal(await store.head(), 4);
    for (const after of [0, 1, 2]) deepEqual(await store.read(after, 10), [three, four]);
    deepEqual(await store.read(0, 1), [three]);
    deepEqual(await store.read(1, 1), [three]);
    deepEqual(await store.read(3, 10), [four]);
    deepEqual(await store.readAt([3, 4]), [
      { ...three, before: two.chain },
      { ...four, before: three?.chain },
    ]);
  },

  'an entry that was taken out cannot be read, and that is no damage': async (open) => {
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['one', 'two', 'three']);
    const [, two] = await store.read(0, 2);
    ok(two !== undefined);
    await truncated(store, two);
    for (const seqs of [[1], [2], [3, 1]]) await rejects(store.readAt(seqs), isArchived);
    deepEqual(await store.health(), { writable: true, reason: undefined });
    await appendTo(store, head, ['four']);
    equal((await store.readAt([4]))[0]?.text, 'four');
  },

  'a journal goes on when nothing is left but its base': async (open) => {
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['one', 'two']);
    await truncated(store, head);
    equal(await store.head(), 2);
    deepEqual(await store.base(), baseAt(head));
    deepEqual(await store.read(0, 10), []);
    deepEqual(await store.read(2, 10), []);
    const other = requestOf({ seq: 2, chain: emptyHead(store).chain }, ['not behind it']);
    equal((await store.append(other)).kind, 'unknown');
    const request = requestOf(head, ['three']);
    deepEqual(await store.append(request), { kind: 'appended' });
    deepEqual(await store.read(0, 10), request.rows);
    deepEqual(await store.readAt([3]), [{ ...request.rows[0], before: head.chain }]);
    await truncated(store, headOf(request.rows, head));
    equal(await store.head(), 3);
  },

  'nothing is truncated up to an entry that the journal does not have': async (open) => {
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['one', 'two']);
    const { chain } = emptyHead(store);
    for (const upTo of [
      { seq: 1, chain },
      { seq: 2, chain },
      { seq: 3, chain: head.chain },
    ]) {
      equal((await store.truncate(upTo)).ok, false);
    }
    deepEqual(await store.base(), { seq: 0, chain: undefined });
    equal((await store.read(0, 10)).length, 2);
    await appendTo(store, head, ['three']);
  },

  'truncating twice is truncating once': async (open) => {
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['one', 'two', 'three']);
    await truncated(store, head);
    await truncated(store, head);
    deepEqual(await store.base(), baseAt(head));
  },

  'a long journal is truncated whole': async (open) => {
    const store = await open();
    const head = await appendTo(
      store,
      emptyHead(store),
      Array.from({ length: 12_000 }, (_, index) => `entry ${index}`),
    );
    const last = await appendTo(store, head, ['the last']);
    await truncated(store, head);
    deepEqual(await store.base(), baseAt(head));
    equal(await store.head(), last.seq);
    equal((await store.read(0, 10)).length, 1);
  },
};

/** Of stores that several processes share. */
export const truncatingTogether: Readonly<Record<string, Case>> = {
  'all stores of a journal hear of a truncation, and go on': async (open) => {
    const [one, two] = [await open(), await open()];
    const head = await appendTo(one, emptyHead(one), ['one', 'two']);
    equal((await two.read(0, 10)).length, 2);
    await truncated(one, head);
    deepEqual(await two.base(), baseAt(head));
    deepEqual(await two.read(0, 10), []);
    const early = requestOf(head, ['from two']);
    deepEqual(await two.append(early), { kind: 'appended' });
    deepEqual(await one.append(requestOf(head, ['from one'])), { kind: 'moved', missed: early.rows });
  },

  'who is late behind a truncation hears what is still there': async (open) => {
    const [one, two] = [await open(), await open()];
    const start = emptyHead(one);
    const head = await appendTo(one, start, ['one', 'two']);
    const last = requestOf(head, ['three']);
    await one.append(last);
    await truncated(one, head);
    deepEqual(await two.append(requestOf(start, ['late'])), { kind: 'moved', missed: last.rows });
  },
};

/** Of stores that outlive the process. */
export const lastingTruncation: Readonly<Record<string, Case>> = {
  'what was truncated stays so when the journal is opened again': async (open) => {
    const first = await open();
    const head = await appendTo(first, emptyHead(first), ['one', 'two']);
    await truncated(first, head);
    await first.close();
    const second = await open();
    deepEqual(await second.base(), baseAt(head));
    equal(await second.head(), 2);
    await appendTo(second, head, ['three']);
    await second.close();
    const third = await open();
    equal((await third.read(0, 10)).length, 1);
  },
};
