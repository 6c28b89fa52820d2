import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, describe, it } from 'node:test';
import { errorCodes } from '../../src/catalogue/errors.ts';
import { errorTable } from '../../src/kernel/errors.ts';
import type { Caller } from '../../src/kernel/operation.ts';
import { type RemoteHub, connectHub } from '../../src/surfaces/http/client.ts';
import type { HubCall } from '../../src/surfaces/hub.ts';
import { lossyProxy } from './lossy-proxy.ts';
import { type Served, type Wrap, serve, valueIn } from './serving.ts';

const nobody: Caller = {
  principal: 'somebody',
  role: 'reader',
  kind: 'person',
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
};

const callOf = (operation: string, over: Partial<HubCall> = {}): HubCall => ({
  operation,
  input: {},
  caller: nobody,
  workspace: undefined,
  requestId: undefined,
  signal: undefined,
  ...over,
});

const connected = async (
  context: TestContext,
  wrap?: Wrap,
): Promise<{ readonly served: Served; readonly remote: RemoteHub }> => {
  const served = await serve(context, wrap);
  const remote = valueIn(await connectHub(served.url));
  context.after(() => remote.close());
  return { served, remote };
};

describe('a hub in another process', () => {
  it('answers as if it were here', async (t) => {
    const { served, remote } = await connected(t);
    assert.equal(remote.version, served.hub.version);
    assert.deepEqual(await remote.health(), await served.hub.health());
    const call = callOf('probe_echo', { input: { text: 'grüß dich', n: 1 } });
    assert.deepEqual(await remote.call(call), await served.hub.call(call));
  });

  it('is told who speaks, where, and under which request id; who that is it decides itself', async (t) => {
    const { served, remote } = await connected(t);
    const caller: Caller = {
      ...nobody,
      agent: 'anna',
      session: 's-1',
      connection: 'stdio:1',
      client: 'Клиент ✓ Code/2\n',
    };
    await remote.call(callOf('probe_echo', { caller, workspace: 'shop', requestId: 'r 1', peek: true }));
    await remote.call(callOf('probe_echo', { caller: { ...nobody, kind: 'agent' } }));
    const [seen, next] = served.calls;
    assert.deepEqual([seen?.peek, next?.peek], [true, false]);
    assert.equal(next?.caller.kind, 'agent', 'who makes itself less than its connection stays so');
    assert.deepEqual(seen?.caller, {
      ...caller,
      principal: 'owner',
      role: 'admin',
      kind: 'person',
      client: 'Code/2',
    });
    assert.equal(seen.workspace, 'shop');
    assert.equal(seen.requestId, 'r 1');
  });

  it('refuses with the same code, message and details', async (t) => {
    const { served, remote } = await connected(t);
    for (const code of errorCodes) {
      const call = callOf('probe_refuse', { input: { code } });
      const outcome = await remote.call(call);
      assert(!outcome.ok && outcome.code === code);
      assert.deepEqual(outcome, await served.hub.call(call));
      assert.equal(typeof errorTable[outcome.code].retryable, 'boolean');
    }
  });

  it('says when a call had been done before', async (t) => {
    const { remote } = await connected(t);
    const call = callOf('workspace_add', { input: { name: 'shop' }, requestId: 'once' });
    const first = valueIn(await remote.call(call));
    assert.equal(first.replayed, false);
    assert.deepEqual(valueIn(await remote.call(call)), {
      value: first.value,
      replayed: true,
      waiting: undefined,
    });
  });
});

describe('the headers for a hub in another process', () => {
  it('ends the session of a connection', async (t) => {
    const { served, remote } = await connected(t);
    const caller = { ...nobody, connection: 'stdio:9' };
    valueIn(await remote.call(callOf('start', { input: { agent: 'anna' }, caller })));
    await remote.disconnect(caller, undefined);
    await remote.disconnect(nobody, undefined);
    assert.deepEqual(
      served.left.map(({ connection }) => connection),
      ['stdio:9'],
    );
    const { value } = valueIn(await remote.call(callOf('agent_list', { input: { all: true } })));
    assert.equal((value as { items: { sessions: number }[] }).items[0]?.sessions, 0);
  });

  it('is not asked what no header can carry', async (t) => {
    const { served, remote } = await connected(t);
    for (const bad of ['a\r\nHost: evil', '', 'ä', 'x'.repeat(201)]) {
      const outcome = await remote.call(callOf('probe_echo', { caller: { ...nobody, session: bad } }));
      assert(!outcome.ok && outcome.code === 'invalid_input');
    }
    assert.equal(served.calls.length, 0);
  });

  it('is asked no odd addresses', async (t) => {
    const { remote } = await connected(t);
    for (const name of ['../../health', 'a b', 'a?b', '#']) {
      const outcome = await remote.call(callOf(name));
      assert(!outcome.ok && outcome.code === 'unknown_operation', JSON.stringify(outcome));
    }
  });
});

describe('a hub whose answers get lost', () => {
  const reached = async (t: TestContext) => {
    const served = await serve(t);
    const proxy = await lossyProxy(t, served.port);
    const remote = valueIn(await connectHub(proxy.url));
    t.after(() => remote.close());
    return { served, proxy, remote };
  };

  it('is asked again under one request id, so that nothing is done twice', async (t) => {
    const { served, proxy, remote } = await reached(t);
    proxy.losing = 1;
    const { value, replayed } = valueIn(
      await remote.call(callOf('workspace_add', { input: { name: 'shop' } })),
    );
    assert.equal((value as { name: string }).name, 'shop');
    assert.equal(replayed, true);
    assert.equal(served.calls.length, 2);
    assert.equal(new Set(served.calls.map(({ requestId }) => requestId)).size, 1);
    assert.notEqual(served.calls[0]?.requestId, undefined);
  });

  it('may have done what was asked, and that is what the caller hears', async (t) => {
    const { served, proxy, remote } = await reached(t);
    proxy.losing = 100;
    const outcome = await remote.call(
      callOf('workspace_add', { input: { name: 'shop' }, requestId: 'mine' }),
    );
    assert(!outcome.ok && outcome.code === 'outcome_unknown');
    assert.equal(outcome.details['request'], 'mine');
    proxy.losing = 0;
    const { value } = valueIn(await served.hub.call(callOf('workspace_list')));
    assert.equal((value as { items: unknown[] }).items.length, 2);
  });

  it('leaves a caller who waits no longer in doubt', async (t) => {
    const { remote } = await connected(t, () => ({ call: () => new Promise(() => {}) }));
    const waiting = new AbortController();
    const outcome = remote.call(callOf('probe_echo', { signal: waiting.signal }));
    waiting.abort();
    const refusal = await outcome;
    assert(!refusal.ok && refusal.code === 'outcome_unknown');
  });

  it('has surely done nothing when nobody was there to be asked', async (t) => {
    const { served, remote } = await connected(t);
    await served.surface.close();
    assert.deepEqual(await remote.health(), {
      status: 'stopping',
      version: remote.version,
      store: 'unknown',
      workspaces: [],
    });
    const outcome = await remote.call(callOf('workspace_add', { input: { name: 'shop' } }));
    assert(!outcome.ok && outcome.code === 'stopping');
    assert(outcome.message.includes(served.url));
    assert.match(outcome.message, /Nothing was stored/);
    await remote.disconnect({ ...nobody, connection: 'x' }, undefined);
  });
});

describe('looking for a hub', () => {
  const answering = async (t: TestContext, text: string, status = 200): Promise<string> => {
    const server = createServer((_request, response) => response.writeHead(status).end(text)).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  it('finds none where nobody listens', async () => {
    const outcome = await connectHub('http://127.0.0.1:1');
    assert(!outcome.ok && outcome.code === 'stopping');
    assert.match(outcome.message, /http:\/\/127\.0\.0\.1:1 does not answer/);
  });

  it('finds none in another program', async (t) => {
    for (const text of ['<html>', '{}', 'null', '{"status":"ok"}']) {
      const outcome = await connectHub(await answering(t, text));
      assert(!outcome.ok && outcome.code === 'storage_failed', text);
      assert.match(outcome.message, /not a Signalbox hub/);
    }
  });

  it('refuses what is no address of a hub', async () => {
    for (const address of ['', 'hub', '127.0.0.1:8321', 'ftp://127.0.0.1:8321', 'file:///etc/passwd']) {
      const outcome = await connectHub(address);
      assert(!outcome.ok && outcome.code === 'invalid_input', address);
    }
  });
});
