import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { caller, open, starting, valueOf } from '../../testing/engine-harness.ts';
import { createMemoryVault } from '../memory/memory-store.ts';
import { type PostgresServer, startPostgres, withPostgres } from '../../testing/postgres-server.ts';
import { clusterFor } from '../../testing/postgres-storage.ts';
import { appendTo, emptyHead, headOf, intactRows, requestOf } from '../../testing/store-rows.ts';
import { transactionPooler } from '../../testing/transaction-pooler.ts';
import { type Mishap, unreliableProxy } from '../../testing/unreliable-proxy.ts';
import { openPostgresStorage } from './storage.ts';

const timeout = 60_000;

let started: Promise<PostgresServer> | undefined;

/** A store whose connections go by a proxy, and one whose connections do not. */
const throughProxy = async (context: TestContext, patienceMs = 20_000) => {
  const server = await (started ??= startPostgres());
  const proxy = await unreliableProxy(context, server.port);
  const cluster = await clusterFor(context, server);
  const url = server.url.replace(String(server.port), String(proxy.port));
  const store = await cluster.store({ url, patienceMs });
  return { proxy, store, direct: await cluster.store() };
};

interface Cut {
  readonly mishap: Mishap;
  /** The connection has prepared the statement before. */
  readonly isKnown: boolean;
}

const cutDuringAppend = async (context: TestContext, { mishap, isKnown }: Cut): Promise<void> => {
  const { proxy, store, direct } = await throughProxy(context);
  let head = await appendTo(store, emptyHead(store), ['before']);
  if (isKnown) head = await appendTo(store, head, ['before', 'as many at once']);
  const request = requestOf(head, ['the marked one', 'and another']);
  proxy.order(mishap, 'the marked one');
  const outcome = await store.append(request);
  await proxy.happened();
  if (mishap === 'unanswered') deepEqual(outcome, { kind: 'moved', missed: request.rows });
  else deepEqual(outcome, { kind: 'appended' });
  proxy.deliver();
  await appendTo(store, headOf(request.rows, head), ['after']);
  deepEqual(
    (await intactRows(direct)).map(({ text }) => text),
    ['before', ...(isKnown ? ['before', 'as many at once'] : []), 'the marked one', 'and another', 'after'],
  );
};

withPostgres('connections to PostgreSQL that are lost', 'own', () => {
  for (const mishap of ['lost', 'unanswered', 'late'] satisfies Mishap[]) {
    for (const isKnown of [false, true]) {
      const how = `${mishap}, a statement ${isKnown ? 'known' : 'new'} to it`;
      test(`an append whose connection is cut is done once (${how})`, { timeout }, (context) =>
        cutDuringAppend(context, { mishap, isKnown }),
      );
    }
  }

  test('an append whose outcome cannot be found out is found by its batch later', {
    timeout,
  }, async (context) => {
    const { proxy, store } = await throughProxy(context, 300);
    const request = requestOf(emptyHead(store), ['the marked one']);
    proxy.order('unanswered', 'the marked one');
    const appended = store.append(request);
    await proxy.happened();
    proxy.accept(false);
    const outcome = await appended;
    equal(outcome.kind === 'unknown' && outcome.code, 'outcome_unknown');
    proxy.accept(true);
    deepEqual(await store.read(0, 10), request.rows);
  });

  test('who repeats a call whose outcome was lost, with the same request id, gets the first outcome', {
    timeout,
  }, async (context) => {
    const { proxy, store, direct } = await throughProxy(context, 300);
    const { engine } = await open(createMemoryVault(), { wrap: () => store });
    const call = () => engine.execute(caller, starting('ada'), { requestId: 'r1' });
    proxy.order('unanswered', 'agents.started');
    const first = call();
    await proxy.happened();
    proxy.accept(false);
    equal(valueOf(await first), 'outcome_unknown');
    proxy.accept(true);
    deepEqual(valueOf(await call()), { types: ['agents.started'], seq: 1, replayed: true });
    equal(await direct.head(), 1);
    await engine.close();
  });

  test('what is read while connections are cut is read over new ones', { timeout }, async (context) => {
    const { proxy, store, direct } = await throughProxy(context);
    const head = await appendTo(direct, emptyHead(direct), ['one']);
    equal(await store.head(), 1);
    proxy.accept(false);
    proxy.accept(true);
    equal(await store.head(), 1);
    const rung = Promise.withResolvers<void>();
    store.watch(rung.resolve);
    await appendTo(direct, head, ['two']);
    await rung.promise;
    ok((await store.readAt([2]))[0]?.text === 'two');
  });
});

withPostgres('connections to PostgreSQL that are lent', 'own', () => {
  test('a pooler that lends them to transactions is refused', { timeout }, async (context) => {
    const server = await (started ??= startPostgres());
    const port = await transactionPooler(context, server.port);
    const url = server.url.replace(String(server.port), String(port));
    const outcome = await openPostgresStorage({ url, cluster: 'x' });
    equal(outcome.ok || outcome.code, 'storage_failed');
    match(
      outcome.ok ? '' : outcome.message,
      /behind a pooler.*Name the address of the server itself.*pool_mode = session/,
    );
  });
});
