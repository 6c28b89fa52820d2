import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Storage } from '../../journal/storage.ts';
import type { Outcome } from '../../kernel/errors.ts';
import { startRedis, testsThatStartRedis } from '../../testing/redis-server.ts';
import { opened } from '../../testing/store-files.ts';
import { appendTo, emptyHead, requestOf } from '../../testing/store-rows.ts';
import { judge } from './durability.ts';
import { openRedisStorage } from './storage.ts';

const timeout = 30_000;

const place = async (context: TestContext, settings: readonly string[]) => {
  const server = await startRedis({ settings });
  context.after(server.stop);
  return {
    server,
    open: async (acceptDataLossWindow: boolean, url = server.url): Promise<Outcome<Storage>> => {
      const storage = await openRedisStorage({ url, cluster: 'test', acceptDataLossWindow });
      if (storage.ok) context.after(storage.value.close);
      return storage;
    },
  };
};

const refusalOf = (outcome: Outcome<Storage>): string => {
  ok(!outcome.ok);
  equal(outcome.code, 'invalid_state', outcome.message);
  return outcome.message;
};

const lossWindowOf = async (outcome: Outcome<Storage>): Promise<string | undefined> => {
  const store = opened(await opened(outcome).open('workspaces/main', 'may'));
  await appendTo(store, emptyHead(store), ['one']);
  const { lossWindow } = store.capabilities;
  await store.close();
  return lossWindow;
};

interface Case {
  readonly settings: readonly string[];
  readonly refusal: readonly RegExp[];
  readonly lossWindow: RegExp;
}

const cases: Readonly<Record<string, Case>> = {
  'that syncs once a second': {
    settings: ['appendfsync everysec'],
    refusal: [
      /appendfsync is everysec/,
      /"CONFIG SET appendfsync always", and in redis\.conf "appendfsync always"/,
      /--accept-data-loss-window/,
    ],
    lossWindow: /^about 1 s of acknowledged changes, if the server loses power \(appendfsync everysec\)$/,
  },
  'that never syncs': {
    settings: ['appendfsync no'],
    refusal: [/appendfsync is no/, /CONFIG SET appendfsync always/],
    lossWindow: /appendfsync no/,
  },
  'that keeps everything in memory': {
    settings: ['appendonly no', 'appendfsync everysec'],
    refusal: [/appendonly is no/, /"CONFIG SET appendonly yes" and "CONFIG SET appendfsync always"/],
    lossWindow: /^everything since the last snapshot/,
  },
  'that does not sync while it rewrites its log': {
    settings: ['no-appendfsync-on-rewrite yes'],
    refusal: [/CONFIG SET no-appendfsync-on-rewrite no/],
    lossWindow: /rewrote its log/,
  },
  'that does not say': {
    settings: ['rename-command CONFIG secret'],
    refusal: [/does not say.*CONFIG GET is refused.*a journal\. Let this user ask.*rename-command/],
    lossWindow: /^unknown/,
  },
};

/** The address for a user who may do all but ask this. */
const asking = async ({ server }: Awaited<ReturnType<typeof place>>, ...denied: readonly string[]) => {
  await server.ask('ACL', 'SETUSER', 'ada', 'reset', 'on', '>pw', '~*', '&*', '+@all', ...denied);
  return `redis://ada:pw@127.0.0.1:${server.port}`;
};

testsThatStartRedis('what Redis does not say', () => {
  test('a server that is not asked how it is could lose anything, unless that is accepted', {
    timeout,
  }, async (context) => {
    const there = await place(context, []);
    const url = await asking(there, '-info');
    const message = refusalOf(await there.open(false, url));
    match(message, /does not say how it is \(INFO is refused\).*ACL SETUSER <user> \+info \+config\|get/);
    match(message, /--accept-data-loss-window accepts the loss \(unknown/);
    match((await lossWindowOf(await there.open(true, url))) ?? '', /^unknown: the server does not say how/);
    opened(await there.open(false));
  });

  test('a server that deletes keys is refused, whichever way it says so', { timeout }, async (context) => {
    const there = await place(context, ['maxmemory 100mb', 'maxmemory-policy allkeys-lru']);
    for (const denied of ['-info', '-config', '+ping']) {
      const url = await asking(there, denied);
      match(
        refusalOf(await there.open(true, url)),
        /maxmemory-policy allkeys-lru.*CONFIG SET maxmemory-policy noeviction/,
      );
    }
  });

  test('a server that says nothing at all is one that does not say', { timeout }, async (context) => {
    const there = await place(context, ['maxmemory 100mb', 'maxmemory-policy allkeys-lru']);
    const url = await asking(there, '-info', '-config');
    match(refusalOf(await there.open(false, url)), /does not say how it keeps what it acknowledges/);
    match((await lossWindowOf(await there.open(true, url))) ?? '', /^unknown/);
  });

  test('a server with the right settings that may not be asked for them is only to be asked', {
    timeout,
  }, async (context) => {
    const there = await place(context, []);
    const url = await asking(there, '-config');
    const advised =
      /CONFIG GET is refused\).* a journal\. Let this user ask: "ACL SETUSER <user> \+info \+config\|get"/;
    match(refusalOf(await there.open(false, url)), advised);
    await there.server.ask('CONFIG', 'SET', 'appendonly', 'no');
    match(
      refusalOf(await there.open(false, url)),
      /appendonly is no.*"CONFIG SET appendonly yes".*Let this user ask.*Then try again/,
    );
    await there.server.ask('CONFIG', 'SET', 'appendonly', 'yes');
    await there.server.ask('ACL', 'SETUSER', 'ada', '+info', '+config|get');
    opened(await there.open(false, url));
  });
});

test('a version and a policy that are missing in what a server says are not said', () => {
  const settings = new Map([
    ['appendonly', 'yes'],
    ['appendfsync', 'always'],
    ['no-appendfsync-on-rewrite', 'no'],
  ]);
  const judged = (info: string) => {
    const outcome = judge('here', { info, settings }, false);
    ok(outcome !== 'wait');
    return outcome.ok ? 'fit' : outcome.message;
  };
  const version = 'redis_version:7.2.4\r\naof_enabled:1';
  match(judged(version), /does not say whether it deletes keys/);
  match(judged(`${version}\r\nmaxmemory:0`), /does not say whether it deletes keys/);
  match(judged(`${version}\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru`), /maxmemory-policy noeviction/);
  const keeps = 'maxmemory_policy:noeviction';
  equal(judged(`${version}\r\n${keeps}`), 'fit');
  match(judged(`redis_version:7.2.4\r\n${keeps}`), /does not say whether it logs each change/);
  match(judged(keeps), /does not say how it is/);
  match(judged(`redis_version:6.2.1\r\n${keeps}`), /is version 6\.2\.1/);
  match(judged(`redis_version:unknown\r\n${keeps}`), /is version unknown/);
});

testsThatStartRedis('what Redis may lose', () => {
  for (const [title, { settings, refusal, lossWindow }] of Object.entries(cases)) {
    test(`a server ${title} is refused with what to set, unless the loss is accepted, which the store says then`, {
      timeout,
    }, async (context) => {
      const { open } = await place(context, settings);
      const message = refusalOf(await open(false));
      for (const part of refusal) match(message, part);
      match((await lossWindowOf(await open(true))) ?? '', lossWindow);
    });
  }

  test('a server that was switched on to log is fit when its log is complete', {
    timeout,
  }, async (context) => {
    const { server, open } = await place(context, ['appendonly no', 'appendfsync everysec']);
    await server.ask('CONFIG', 'SET', 'appendonly', 'yes');
    await server.ask('CONFIG', 'SET', 'appendfsync', 'always');
    equal(await lossWindowOf(await open(false)), undefined);
  });

  test('a server that deletes keys to make room is refused, whatever is accepted', {
    timeout,
  }, async (context) => {
    const { server, open } = await place(context, ['maxmemory 100mb', 'maxmemory-policy allkeys-lru']);
    match(refusalOf(await open(true)), /CONFIG SET maxmemory-policy noeviction/);
    await server.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    opened(await open(false));
  });

  test('a server that becomes unsafe while it is in use is found out, and stores nothing more', {
    timeout,
  }, async (context) => {
    const { server, open } = await place(context, []);
    const store = opened(await opened(await open(false)).open('workspaces/main', 'may'));
    context.after(store.close);
    const head = await appendTo(store, emptyHead(store), ['one']);
    await server.ask('CONFIG', 'SET', 'appendfsync', 'everysec');
    const { writable, reason } = await store.health();
    equal(writable, false);
    match(reason ?? '', /CONFIG SET appendfsync always/);
    const outcome = await store.append(requestOf(head, ['two']));
    equal(outcome.kind === 'unknown' && outcome.code, 'invalid_state');
    await server.ask('CONFIG', 'SET', 'appendfsync', 'always');
    deepEqual(await store.health(), { writable: true, reason: undefined });
    await appendTo(store, head, ['two']);
  });

  test('a server that comes back less safe than it was is not written to', { timeout }, async (context) => {
    const { server, open } = await place(context, []);
    const store = opened(await opened(await open(false)).open('workspaces/main', 'may'));
    context.after(store.close);
    const head = await appendTo(store, emptyHead(store), ['one']);
    await server.ask('CONFIG', 'SET', 'appendfsync', 'no');
    await server.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    equal(await store.head(), 1);
    const outcome = await store.append(requestOf(head, ['two']));
    equal(outcome.kind === 'unknown' && outcome.code, 'invalid_state');
  });
});
