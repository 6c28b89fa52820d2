/* What becomes of single calls while a hub goes away, with hubs whose end a test can decide. */
import assert from 'node:assert/strict';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { hubAt } from '../../src/host/hub-sources.ts';
import { type Line, type Source, SteadyHub } from '../../src/host/steady-hub.ts';
import { ok, refuse } from '../../src/kernel/errors.ts';
import type { Attempt } from '../../src/surfaces/http/client.ts';
import { hubAddress } from '../../src/surfaces/http/address.ts';
import type { HubCall } from '../../src/surfaces/hub.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { lossyProxy } from '../surfaces/lossy-proxy.ts';
import { type Served, serve, valueIn } from '../surfaces/serving.ts';

const callOf = (operation: string, over: Partial<HubCall> = {}): HubCall => ({
  operation,
  input: {},
  caller: {
    principal: 'owner',
    role: 'admin',
    kind: 'person',
    agent: undefined,
    session: undefined,
    connection: 'stdio:1',
    client: undefined,
  },
  workspace: undefined,
  requestId: undefined,
  signal: undefined,
  ...over,
});

const adding = (over: Partial<HubCall> = {}) => callOf('task_add', { input: { title: 'x' }, ...over });

const wantMain = async () => ok({ by: 'configuration', name: 'main' } as const);

const steady = (context: TestContext, source: Source) => {
  const log = new CollectedLog();
  const writes = (operation: string): boolean => operation === 'task_add';
  const hub = new SteadyHub({ source, version: '1', writes, log });
  context.after(() => hub.close());
  return { hub, log };
};

/** A hub that nobody has to show anything. */
const hubThere = (url: string): Source =>
  hubAt(
    valueIn(hubAddress(url)),
    { token: undefined, dataDir: '/nowhere' },
    { want: wantMain, log: new CollectedLog() },
  );

/** In front of a real hub, over connections that lose answers on order. */
const proxied = async (context: TestContext, patienceMs: number) => {
  const served = await serve(context);
  const proxy = await lossyProxy(context, served.port);
  const source = {
    ...hubThere(proxy.url),
    patienceMs,
  };
  return { served, proxy, ...steady(context, source) };
};

const totalOf = async ({ hub }: Pick<Served, 'hub'>): Promise<number> =>
  z.looseObject({ total: z.number() }).parse(valueIn(await hub.call(callOf('task_list'))).value).total;

/** A hub of which only the calls matter. */
const lineOf = (id: string, attempt: Line['attempt']): Line => ({
  id,
  attempt,
  disconnect: async () => false,
  openChanges: async () => away,
  health: async () => ({ status: 'ok', version: '1', store: 'none', workspaces: [] }),
  close: async () => {},
});

const away = refuse('stopping', 'The hub does not answer (ECONNREFUSED). Nothing was stored.', {
  reason: 'ECONNREFUSED',
});
const lost: Attempt = { kind: 'away', begun: true, reason: 'ECONNRESET', refusal: undefined };
const answered: Attempt = {
  kind: 'answered',
  outcome: ok({ value: 1, replayed: false, waiting: undefined }),
};

/** The hubs that are found one after the other. */
const sourceOf = (...lines: (Line | undefined)[]): Source & { looks: number } => {
  const source = {
    name: 'The hub',
    patienceMs: 0,
    looks: 0,
    look: async () => {
      source.looks += 1;
      const line = lines.shift();
      return line === undefined ? away : ok(line);
    },
  };
  return source;
};

describe('a call whose answer is lost', () => {
  it('is made again under one request id, and done once', async (t) => {
    const { served, proxy, hub } = await proxied(t, 5_000);
    await hub.connect();
    proxy.losing = 1;
    const reply = valueIn(await hub.call(adding()));
    assert.equal(reply.replayed, true);
    assert.equal(await totalOf(served), 1);
    const ids = served.calls
      .filter(({ operation }) => operation === 'task_add')
      .map(({ requestId }) => requestId);
    assert.equal(ids.length, 2);
    assert.equal(new Set(ids).size, 1);
  });

  it('keeps the request id of its caller', async (t) => {
    const { served, hub } = await proxied(t, 5_000);
    await hub.call(adding({ requestId: 'mine' }));
    assert.equal(served.calls.at(-1)?.requestId, 'mine');
  });

  it('is not known to be done when no hub comes back, and one that only reads is simply not answered', async (t) => {
    const { hub } = steady(t, sourceOf(lineOf('a', async () => lost)));
    const added = await hub.call(adding({ requestId: 'mine' }));
    assert(!added.ok && added.code === 'outcome_unknown');
    assert.match(added.message, /did not answer, .*\(ECONNREFUSED\).*signalbox serve/);
    assert.equal(added.details['request'], 'mine');
    const read = steady(t, sourceOf(lineOf('a', async () => lost)));
    const listed = await read.hub.call(callOf('task_list'));
    assert(!listed.ok && listed.code === 'stopping');
  });

  it('is not asked of another hub, which serves the calls after it', async (t) => {
    const seen: string[] = [];
    const second = lineOf('b', async ({ requestId }) => {
      seen.push(requestId);
      return answered;
    });
    const { hub } = steady(
      t,
      sourceOf(
        lineOf('a', async () => lost),
        second,
      ),
    );
    const added = await hub.call(adding({ requestId: 'first' }));
    assert(!added.ok && added.code === 'outcome_unknown');
    assert.match(added.message, /another hub has taken its place/);
    assert.equal((await hub.call(adding({ requestId: 'second' }))).ok, true);
    assert.deepEqual(seen, ['second']);
  });

  it('is not made for ever when every hub dies of it', async (t) => {
    let tries = 0;
    const dying = lineOf('a', async () => {
      tries += 1;
      return lost;
    });
    const { hub } = steady(t, { ...sourceOf(), look: async () => ok(dying) });
    const outcome = await hub.call(adding());
    assert(!outcome.ok && outcome.code === 'outcome_unknown');
    assert.equal(tries, 6);
  });
});

describe('calls without a hub', () => {
  it('say after the limit which hub does not answer', async (t) => {
    const served = await serve(t);
    await served.surface.close();
    const source = {
      ...hubThere(served.url),
      patienceMs: 100,
    };
    const { hub, log } = steady(t, source);
    for (const call of [adding(), callOf('task_list')]) {
      const outcome = await hub.call(call);
      assert(!outcome.ok && outcome.code === 'stopping');
      assert.match(
        outcome.message,
        /127\.0\.0\.1:\d+ does not answer \(ECONNREFUSED\)\. Nothing was stored\. .*signalbox serve/,
      );
    }
    assert.equal(log.warnings.length, 1, 'said once');
    assert.equal(hub.failure?.code, 'stopping');
  });

  it('look again each time, and go on when it is back', async (t) => {
    const { hub } = steady(
      t,
      sourceOf(
        undefined,
        lineOf('a', async () => answered),
      ),
    );
    assert.equal((await hub.call(adding())).ok, false);
    assert.equal((await hub.call(adding())).ok, true);
    assert.equal(hub.failure, undefined);
  });

  it('share one search', async (t) => {
    const source = sourceOf(lineOf('a', async () => answered));
    const { hub } = steady(t, source);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => hub.call(adding())));
    assert(outcomes.every((outcome) => outcome.ok));
    assert.equal(source.looks, 1);
  });

  it('end when nobody waits for them any longer', async (t) => {
    const { hub } = steady(t, { ...sourceOf(), patienceMs: 60_000 });
    const control = new AbortController();
    const calling = hub.call(adding({ signal: control.signal }));
    control.abort();
    const outcome = await calling;
    assert(!outcome.ok && outcome.code === 'stopping');
    assert.match(outcome.message, /broken off/);
  });

  it('end when this process does', async (t) => {
    const { hub, log } = steady(t, { ...sourceOf(), patienceMs: 60_000 });
    const calling = hub.call(adding());
    await hub.close();
    assert.equal((await calling).ok, false);
    assert.deepEqual(log.warnings, []);
    assert.equal(hub.failure, undefined);
  });
});

describe('calls that the journals can answer', () => {
  it('go there when no hub returns, and stay there', async (t) => {
    const own = lineOf('a', async () => answered);
    const source = { ...sourceOf(lineOf('a', async () => lost)), instead: async () => ok(own) };
    const { hub } = steady(t, source);
    assert.equal((await hub.call(adding())).ok, true);
    assert.equal((await hub.call(adding())).ok, true);
  });

  it('are told why the journals cannot be opened, each time anew', async (t) => {
    const broken = refuse('journal_corrupt', 'The journal is damaged.');
    let opened = 0;
    const instead = async () => {
      opened += 1;
      return broken;
    };
    const { hub } = steady(t, { ...sourceOf(), instead });
    assert.deepEqual(await hub.call(adding()), broken);
    assert.deepEqual(await hub.call(adding()), broken);
    assert.equal(opened, 2);
  });
});

describe('leaving', () => {
  it('looks for no hub when nothing was called', async (t) => {
    const source = sourceOf();
    const { hub } = steady(t, source);
    await hub.disconnect(adding().caller, undefined);
    assert.equal(source.looks, 0);
  });

  it('ends the session at the hub that has come back', async (t) => {
    const { served, proxy, hub } = await proxied(t, 5_000);
    valueIn(await hub.call(callOf('start', { input: { agent: 'ada' } })));
    proxy.losing = 1;
    await hub.disconnect(adding().caller, undefined);
    assert.equal(served.left.length, 2);
  });
});

describe('the changes of a hub that goes away', () => {
  it('are followed at the next, and everything may have changed in between', async (t) => {
    const { served, proxy, hub } = await proxied(t, 5_000);
    const keys: string[] = [];
    let heard = Promise.withResolvers<void>();
    const end = valueIn(
      await hub.changes(undefined, (told) => {
        keys.push(...told);
        heard.resolve();
      }),
    );
    t.after(end);
    const until = async (key: string): Promise<void> => {
      while (!keys.includes(key)) {
        await heard.promise;
        heard = Promise.withResolvers<void>();
      }
    };
    valueIn(await served.hub.call(adding()));
    await until('task:T-1');
    assert(!keys.includes('*'), 'nothing was missed so far');
    proxy.losing = 1;
    valueIn(await served.hub.call(adding()));
    await until('*');
    valueIn(await served.hub.call(adding()));
    await until('task:T-3');
  });
});
