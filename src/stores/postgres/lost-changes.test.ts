/* Journals that are replaced or removed while connections are cut: what was done once is not done again. */
import { deepEqual, equal } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { JournalName, Storage } from '../../journal/storage.ts';
import type { Outcome } from '../../kernel/errors.ts';
import { sharedPostgres, withPostgres } from '../../testing/postgres-server.ts';
import { clusterFor } from '../../testing/postgres-storage.ts';
import { opened } from '../../testing/store-files.ts';
import { appendTo, emptyHead, intactRows } from '../../testing/store-rows.ts';
import { unreliableProxy } from '../../testing/unreliable-proxy.ts';

const timeout = 60_000;
const to: JournalName = 'workspaces/to';
const from: JournalName = 'workspaces/from';

const written = async (storage: Storage, name: JournalName, texts: readonly string[]): Promise<void> => {
  const store = opened(await storage.open(name, 'may'));
  await appendTo(store, emptyHead(store), texts);
  await store.close();
};

/** The journals that are there, and what is in them. */
const textsIn = async (storage: Storage): Promise<Readonly<Record<string, readonly string[]>>> => {
  const texts: Record<string, readonly string[]> = {};
  for (const name of opened(await storage.names())) {
    const store = opened(await storage.open(name, 'must-exist'));
    texts[name] = (await intactRows(store)).map(({ text }) => text);
    await store.close();
  }
  return texts;
};

/** A storage whose connections go by a proxy, and one whose connections do not. */
const throughProxy = async (context: TestContext) => {
  const url = new URL((await sharedPostgres()).url);
  const proxy = await unreliableProxy(context, Number(url.port || 5432));
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  const cluster = await clusterFor(context);
  const storage = await cluster.storage({ url: url.href, patienceMs: 20_000 });
  return { proxy, storage, direct: await cluster.storage() };
};

/** What a change comes to whose connection is cut at this statement, when others do something before it is repeated. */
const cutAt = async (
  { proxy }: Awaited<ReturnType<typeof throughProxy>>,
  [mishap, statement]: readonly ['lost' | 'unanswered', 'begin' | 'commit'],
  {
    change,
    meanwhile,
  }: { readonly change: () => Promise<Outcome<true>>; readonly meanwhile: () => Promise<unknown> },
): Promise<Outcome<true>> => {
  proxy.order(mishap, `${statement}\0`);
  const changing = change();
  await proxy.happened();
  proxy.accept(false);
  await meanwhile();
  proxy.accept(true);
  return changing;
};

withPostgres('journals in PostgreSQL that change while connections are lost', 'any', () => {
  const cases = [
    { title: 'one that ends where the new one does', endsAt: 2, before: ['1', '2'] },
    { title: 'one that may end anywhere', endsAt: undefined, before: ['1', '2'] },
    { title: 'none, wherever it ends', endsAt: undefined, before: undefined },
    { title: 'none', endsAt: 0, before: undefined },
  ];
  for (const { title, endsAt, before } of cases) {
    test(`a journal whose commit is not answered is in the place of ${title}`, {
      timeout,
    }, async (context) => {
      const at = await throughProxy(context);
      const { storage, direct, proxy } = at;
      if (before !== undefined) await written(direct, to, before);
      await written(direct, from, ['one', 'two']);
      proxy.order('unanswered', 'commit\0');
      const replacing = storage.replace(to, from, endsAt);
      await proxy.happened();
      deepEqual(await replacing, { ok: true, value: true });
      deepEqual(await textsIn(direct), { [to]: ['one', 'two'] });
      await written(direct, from, ['three', 'four']);
      const again = await cutAt(at, ['unanswered', 'commit'], {
        change: () => storage.replace(to, from, endsAt === undefined ? undefined : 2),
        meanwhile: () => written(direct, from, ['another']),
      });
      deepEqual(again, { ok: true, value: true });
      deepEqual(await textsIn(direct), { [from]: ['another'], [to]: ['three', 'four'] });
    });
  }

  test('nothing is replaced by a journal that went away, or by another one of its name', {
    timeout,
  }, async (context) => {
    const at = await throughProxy(context);
    const { storage, direct } = at;
    await written(direct, to, ['1', '2']);
    for (const another of [undefined, ['another']]) {
      await written(direct, from, ['one', 'two']);
      const outcome = await cutAt(at, ['lost', 'begin'], {
        change: () => storage.replace(to, from, 2),
        meanwhile: async () => {
          opened(await direct.remove(from));
          if (another !== undefined) await written(direct, from, another);
        },
      });
      equal(!outcome.ok && outcome.code, 'journal_missing');
      deepEqual(await textsIn(direct), { ...(another && { [from]: another }), [to]: ['1', '2'] });
    }
  });

  test('a journal that was removed is not removed again, once there is another one of its name', {
    timeout,
  }, async (context) => {
    const at = await throughProxy(context);
    const { storage, direct } = at;
    await written(direct, to, ['1', '2']);
    const outcome = await cutAt(at, ['unanswered', 'commit'], {
      change: () => storage.remove(to),
      meanwhile: () => written(direct, to, ['another']),
    });
    deepEqual(outcome, { ok: true, value: true });
    deepEqual(await textsIn(direct), { [to]: ['another'] });
  });
});
