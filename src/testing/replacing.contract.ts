/* What becomes of those who have a journal open that another one replaces, and of what they write meanwhile. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { JournalName, Storage } from '../journal/storage.ts';
import { type Store, StoreFailure } from '../journal/store.ts';
import type { FreshKey } from '../journal/subject-keys.ts';
import { present } from '../kernel/assert.ts';
import type { CreateStorage } from './stored-keys.contract.ts';
import { opened } from './store-files.ts';
import { appendTo, emptyHead, intactRows, requestOf } from './store-rows.ts';

const main: JournalName = 'workspaces/main';
const other: JournalName = 'workspaces/other';

/** What else a store can do that is tested. */
interface Telling {
  /** Whether it tells a journal that was replaced from one that is damaged or lost. */
  readonly tellsReplaced: boolean;
}

const ofAda: FreshKey = {
  id: 'key-1',
  subject: { principal: 'owner', agent: 'ada' },
  secret: randomBytes(32),
};

type Case = (open: () => Promise<Storage>, telling: Telling) => Promise<void>;

const written = async (storage: Storage, name: JournalName): Promise<Store> => {
  const store = opened(await storage.open(name, 'may'));
  await appendTo(store, emptyHead(store), [`one of ${name}`, `two of ${name}`]);
  return store;
};

const textsIn = async (storage: Storage, name: JournalName): Promise<readonly string[]> => {
  const store = opened(await storage.open(name, 'must-exist'));
  const rows = await intactRows(store);
  await store.close();
  return rows.map(({ text }) => text);
};

/** Who wants to write behind what it has read hears that the journal is not there any more, or that it is another. */
const demandGone = async (
  store: Store,
  last: Awaited<ReturnType<typeof intactRows>>,
  { tellsReplaced }: Telling,
): Promise<void> => {
  const { seq, chain } = last.at(-1) ?? emptyHead(store);
  const outcome = await store.append(requestOf({ seq, chain }, ['late']));
  ok(outcome.kind === 'unknown', JSON.stringify(outcome));
  if (tellsReplaced) equal(outcome.code, 'journal_replaced');
  else ok(['journal_missing', 'journal_corrupt'].includes(outcome.code), outcome.reason);
};

const isReplaced = (failure: unknown): boolean =>
  failure instanceof StoreFailure && failure.refusal.code === 'journal_replaced';

const cases: Readonly<Record<string, Case>> = {
  'whoever has a journal open appends no more once it is called otherwise': async (open, telling) => {
    const [here, there] = [await open(), await open()];
    await (await written(here, main)).close();
    const store = opened(await there.open(main, 'must-exist'));
    const head = await intactRows(store);
    opened(await here.replace(other, main));
    await demandGone(store, head, telling);
    await store.close();
    deepEqual(opened(await here.names()), [other]);
    deepEqual(await textsIn(here, other), [`one of ${main}`, `two of ${main}`]);
    const goesOn = opened(await there.open(other, 'must-exist'));
    const [, last] = await intactRows(goesOn);
    ok(last !== undefined);
    await appendTo(goesOn, last, ['three']);
    await goesOn.close();
  },

  'whoever has a journal open does no more with it once another one is in its place': async (
    open,
    telling,
  ) => {
    const [here, there] = [await open(), await open()];
    await (await written(here, main)).close();
    const restored = opened(await here.open(other, { as: { id: 'another', generation: 2 } }));
    await appendTo(restored, emptyHead(restored), [`one of ${other}`, `two of ${other}`]);
    await restored.close();
    const store = opened(await there.open(main, 'must-exist'));
    const head = await intactRows(store);
    opened(await here.replace(main, other));
    await demandGone(store, head, telling);
    deepEqual(await textsIn(here, main), [`one of ${other}`, `two of ${other}`]);
    if (telling.tellsReplaced) {
      await rejects(store.head(), isReplaced);
      await rejects(store.read(0, 10), isReplaced);
      await rejects(store.readAt([1]), isReplaced);
      await rejects(present(store.subjectKeys, 'it keeps keys').ensure([ofAda]), isReplaced);
      const { writable, reason = '' } = await store.health();
      ok(!writable && reason.includes('replaced or taken away'), reason);
    }
    await store.close();
  },

  'whoever has a journal open does no more with it once its next generation is in its place': async (
    open,
    telling,
  ) => {
    const [here, there] = [await open(), await open()];
    await (await written(here, main)).close();
    const store = opened(await there.open(main, 'must-exist'));
    const rows = await intactRows(store);
    const { id, generation } = store.identity;
    const next = opened(await here.open(other, { as: { id, generation: generation + 1 } }));
    const request = requestOf(
      emptyHead(next),
      rows.map(({ text }) => text),
    );
    equal((await next.append(request)).kind, 'appended');
    await next.close();
    opened(await here.replace(main, other));
    // It ends where the old one did, with the same link.
    await demandGone(store, rows, telling);
    equal((await textsIn(here, main)).length, rows.length);
    await store.close();
  },

  'one is replaced only while it ends where it was said': async (open) => {
    const storage = await open();
    for (const name of [main, other]) await (await written(storage, name)).close();
    for (const endsAt of [0, 1, 3]) {
      const refused = await storage.replace(main, other, endsAt);
      equal(!refused.ok && refused.code, 'storage_busy');
    }
    deepEqual(await textsIn(storage, main), [`one of ${main}`, `two of ${main}`]);
    deepEqual(opened(await storage.names()), [main, other]);
    opened(await storage.replace(main, other, 2));
    deepEqual(await textsIn(storage, main), [`one of ${other}`, `two of ${other}`]);
    opened(await storage.replace(other, main, 0));
    deepEqual(opened(await storage.names()), [other]);
  },

  'what was acknowledged while it is called otherwise is in it, and nothing is after that': async (open) => {
    const [here, there] = [await open(), await open()];
    await (await written(here, main)).close();
    const store = opened(await there.open(main, 'must-exist'));
    let head = (await intactRows(store)).at(-1) ?? emptyHead(store);
    const write = async (): Promise<boolean> => {
      const request = requestOf(head, ['more']);
      const { kind } = await store.append(request);
      if (kind === 'appended') head = request.rows.at(-1) ?? head;
      return kind === 'appended';
    };
    ok(await write());
    const writing = (async () => {
      while (await write());
    })();
    opened(await here.replace(other, main));
    const { length } = await textsIn(here, other);
    await writing;
    equal(head.seq, length);
    await store.close();
  },
};

/** Registers the tests that every storage has to pass. */
export const replacingContract = (
  name: string,
  create: CreateStorage,
  telling: Telling = { tellsReplaced: false },
): void => {
  describe(`journals that are replaced: ${name}`, () => {
    for (const [title, body] of Object.entries(cases)) {
      test(title, { timeout: 20_000 }, async (context) => body(await create(context), telling));
    }
  });
};
