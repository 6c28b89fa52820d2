/* What becomes of the keys of personal text when journals are opened by several, replaced and removed. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, describe, test } from 'node:test';
import type { JournalName, Storage } from '../journal/storage.ts';
import type { Subject, SubjectKey, SubjectKeys } from '../journal/subject-keys.ts';
import { present } from '../kernel/assert.ts';
import { opened } from './store-files.ts';

/** Opens a new place for journals, each time as another process would have it. */
export type CreateStorage = (context: TestContext) => Promise<() => Promise<Storage>>;

const main: JournalName = 'workspaces/main';
const draft: JournalName = 'workspaces/draft';

const owner: Subject = { principal: 'owner' };
const ada: Subject = { principal: 'owner', agent: 'ada' };

export const keysIn = async (storage: Storage, name: JournalName = main): Promise<SubjectKeys> =>
  present(opened(await storage.open(name, 'may')).subjectKeys, 'the store keeps keys');

const keyOf = (id: string, subject: Subject, over: Partial<SubjectKey> = {}): SubjectKey => ({
  id,
  subject,
  secret: randomBytes(32),
  retired: false,
  ...over,
});

/** Ids of those that live, with what they are. */
const livingIn = async (keys: SubjectKeys): Promise<ReadonlyMap<string, string>> =>
  new Map(
    (await keys.load()).flatMap(({ id, secret }) =>
      secret === undefined ? [] : [[id, Buffer.from(secret).toString('hex')]],
    ),
  );

const hex = ({ secret }: SubjectKey): string => Buffer.from(secret ?? []).toString('hex');

type Case = (open: () => Promise<Storage>) => Promise<void>;

const cases: Readonly<Record<string, Case>> = {
  'two storages that make a key for one subject at once get the same': async (open) => {
    const storages = await Promise.all([open(), open()]);
    const all = await Promise.all(storages.map((storage) => keysIn(storage)));
    for (let round = 0; round < 10; round += 1) {
      const subjects = [owner, ada].map((subject) => ({ ...subject, principal: `p${round}` }));
      const [one, two] = await Promise.all(
        all.map((keys, i) => {
          // The other way round at the other.
          const wanted = i === 0 ? subjects : subjects.toReversed();
          return keys.ensure(
            wanted.map((subject, at) => ({ id: `${round} ${i} ${at}`, subject, secret: randomBytes(32) })),
          );
        }),
      );
      deepEqual(one?.map(hex), two?.map(hex).toReversed());
    }
    equal((await livingIn(await keysIn(await open()))).size, 20);
  },

  'a journal that takes the place of another has the living keys of both, and none comes back': async (
    open,
  ) => {
    const storage = await open();
    const [a, b, c, d, e] = [
      keyOf('a', ada),
      keyOf('b', owner, { retired: true }),
      keyOf('c', owner),
      keyOf('d', ada),
      keyOf('e', owner, { retired: true }),
    ];
    const [old, next] = [await keysIn(storage), await keysIn(storage, draft)];
    await old.adopt([a, b, c]);
    await old.destroy(['b', 'never here']);
    await next.adopt([b, c, d, e]);
    await next.destroy(['c']);
    opened(await storage.replace(main, draft));
    const keys = await keysIn(await open());
    deepEqual(await livingIn(keys), new Map([a, d, e].map((key) => [key.id, hex(key)])));
    deepEqual((await keys.load()).map(({ id }) => id).toSorted(), ['a', 'b', 'c', 'd', 'e', 'never here']);
    const [writing] = await keys.ensure([{ id: 'f', subject: ada, secret: randomBytes(32) }]);
    ok(writing?.id === 'a' || writing?.id === 'd');
    deepEqual((await keys.retire({ principal: 'owner' })).toSorted(), ['a', 'd', 'e']);
  },

  'keys that were taken over before are no others when the place is taken': async (open) => {
    const storage = await open();
    const [old, next] = [await keysIn(storage), await keysIn(storage, draft)];
    await old.adopt([keyOf('a', ada), keyOf('b', owner)]);
    const before = await livingIn(old);
    await next.adopt(await old.load());
    opened(await storage.replace(main, draft));
    const keys = await keysIn(await open());
    deepEqual(await livingIn(keys), before);
    const [writing] = await keys.ensure([{ id: 'c', subject: ada, secret: randomBytes(32) }]);
    equal(writing?.id, 'a');
    deepEqual(await (await keysIn(storage, draft)).load(), []);
  },

  'with a journal its keys are removed': async (open) => {
    const storage = await open();
    await (await keysIn(storage)).adopt([keyOf('a', ada)]);
    await (await keysIn(storage, draft)).adopt([keyOf('b', ada)]);
    opened(await storage.remove(main));
    deepEqual(await (await keysIn(await open())).load(), []);
    deepEqual([...(await livingIn(await keysIn(storage, draft))).keys()], ['b']);
  },
};

/** Registers the tests that the storages which keep keys have to pass. */
export const storedKeysContract = (name: string, create: CreateStorage): void => {
  describe(`keys of journals: ${name}`, () => {
    for (const [title, body] of Object.entries(cases)) {
      test(title, { timeout: 20_000 }, async (context) => body(await create(context)));
    }
  });
};
