/* What becomes of those who have a journal open that another one replaces, and of what they write meanwhile. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JournalName, Storage } from '../journal/storage.ts';
import type { Store } from '../journal/store.ts';
import type { CreateStorage } from './stored-keys.contract.ts';
import { opened } from './store-files.ts';
import { appendTo, emptyHead, intactRows, requestOf } from './store-rows.ts';

const main: JournalName = 'workspaces/main';
const other: JournalName = 'workspaces/other';

type Case = (open: () => Promise<Storage>) => Promise<void>;

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
const demandGone = async (store: Store, last: Awaited<ReturnType<typeof intactRows>>): Promise<void> => {
  const { seq, chain } = last.at(-1) ?? emptyHead(store);
  const outcome = await store.append(requestOf({ seq, chain }, ['late']));
  ok(outcome.kind === 'unknown', JSON.stringify(outcome));
  ok(['journal_missing', 'journal_corrupt'].includes(outcome.code), outcome.reason);
  await store.close();
};

const cases: Readonly<Record<string, Case>> = {
  'whoever has a journal open appends no more once it is called otherwise': async (open) => {
    const [here, there] = [await open(), await open()];
    await (await written(here, main)).close();
    const store = opened(await there.open(main, 'must-exist'));
    const head = await intactRows(store);
    opened(await here.replace(other, main));
    await demandGone(store, head);
    deepEqual(opened(await here.names()), [other]);
    deepEqual(await textsIn(here, other), [`one of ${main}`, `two of ${main}`]);
    const goesOn = opened(await there.open(other, 'must-exist'));
    const [, last] = await intactRows(goesOn);
    ok(last !== undefined);
    await appendTo(goesOn, last, ['three']);
    await goesOn.close();
  },

  'whoever has a journal open appends no more once another one is in its place': async (open) => {
    const [here, there] = [await open(), await open()];
    for (const name of [main, other]) await (await written(here, name)).close();
    const store = opened(await there.open(main, 'must-exist'));
    const head = await intactRows(store);
    opened(await here.replace(main, other));
    await demandGone(store, head);
    deepEqual(await textsIn(here, main), [`one of ${other}`, `two of ${other}`]);
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
export const replacingContract = (name: string, create: CreateStorage): void => {
  describe(`journals that are replaced: ${name}`, () => {
    for (const [title, body] of Object.entries(cases)) {
      test(title, { timeout: 20_000 }, async (context) => body(await create(context)));
    }
  });
};
