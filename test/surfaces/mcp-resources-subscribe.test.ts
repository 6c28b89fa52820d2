import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import {
  InMemoryTransport,
  type JSONRPCMessage,
  WebStandardStreamableHTTPServerTransport,
  createMcpHandler,
} from '@modelcontextprotocol/server';
import { systemClock } from '../../src/engine/clock.ts';
import { present } from '../../src/kernel/assert.ts';
import { refuse } from '../../src/kernel/errors.ts';
import { Updates } from '../../src/surfaces/mcp/resources/followers.ts';
import { ListeningTransport, listenIn } from '../../src/surfaces/mcp/resources/listens.ts';
import { mcpServer } from '../../src/surfaces/mcp/server.ts';
import { type Era, connect, contentOf, newClient, resultOf } from './mcp-clients.ts';
import { type Served, type Wrap, post, serve } from './serving.ts';

const board = 'signalbox://board';
const task = (id: string): string => `signalbox://task/${id}`;

/** What a client is notified of, one after the other. */
const heardBy = (client: Client) => {
  const heard: string[] = [];
  let wake = (): void => {};
  const hear = (what: string): void => {
    heard.push(what);
    wake();
  };
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => hear(params.uri));
  client.setNotificationHandler('notifications/tools/list_changed', () => hear('tools'));
  return {
    /** Resolves once this many notifications have come, with all of them, sorted. */
    first: async (count: number): Promise<readonly string[]> => {
      while (heard.length < count) await new Promise<void>((resolve) => void (wake = resolve));
      return heard.toSorted();
    },
    heard,
  };
};

/** How many watch the hub. */
const watchers = () => {
  const now = { count: 0 };
  const wrap: Wrap = (hub) => ({
    changes: async (workspace, listener) => {
      const watched = await hub.changes(workspace, listener);
      if (!watched.ok) return watched;
      now.count += 1;
      return {
        ok: true,
        value: () => {
          now.count -= 1;
          watched.value();
        },
      };
    },
  });
  return { now, wrap };
};

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise(setImmediate);
};

/** Subscribes in the way of the era; the result ends it. */
const subscribe = async (
  client: Client,
  era: Era,
  uris: readonly string[],
): Promise<() => Promise<unknown>> => {
  if (era === 'modern') {
    const subscription = await client.listen({ resourceSubscriptions: [...uris] });
    assert.deepEqual(subscription.honoredFilter, { resourceSubscriptions: uris });
    return () => subscription.close();
  }
  for (const uri of uris) await client.subscribeResource({ uri });
  return () => Promise.all(uris.map((uri) => client.unsubscribeResource({ uri })));
};

for (const era of ['legacy', 'modern'] as const) {
  describe(`subscriptions over stdio, ${era}`, () => {
    it('tell what changed and nothing else, until they end', async (t) => {
      const { now, wrap } = watchers();
      const served = await serve(t, wrap);
      const client = await connect(t, served, { era, over: 'over stdio' });
      await resultOf(client, 'start', { agent: 'ada' });
      await resultOf(client, 'task_add', { tasks: [{ title: 'One' }, { title: 'Two' }] });
      const { first, heard } = heardBy(client);
      const end = await subscribe(client, era, [board, task('T-1')]);
      assert.equal(now.count, 1);
      await resultOf(client, 'agent_update', { wip_limit: 3 });
      await resultOf(client, 'task_claim', { id: 'T-1' });
      assert.deepEqual(await first(2), [board, task('T-1')]);
      assert.equal((await contentOf(client, task('T-1')))['status'], 'in_progress');
      await end();
      // Those of earlier revisions hear of their tools as long as they are connected.
      await until(() => now.count === (era === 'legacy' ? 1 : 0));
      await resultOf(client, 'task_done', { id: 'T-1' });
      assert.equal(heard.length, 2);
      await client.close();
      await until(() => now.count === 0);
    });

    it('tell of the tools', async (t) => {
      const { now, wrap } = watchers();
      const served = await serve(t, wrap);
      const client = await connect(t, served, { era, over: 'over stdio' });
      const { first } = heardBy(client);
      if (era === 'modern') await client.listen({ toolsListChanged: true });
      await until(() => now.count === 1);
      await post(served, 'mode_set', { body: { mode: 'full' } });
      assert.deepEqual(await first(1), ['tools']);
    });
  });
}

describe('resources/subscribe', () => {
  it('refuses what there is not, and more than the limit', async (t) => {
    const served = await serve(t);
    const client = await connect(t, served, { era: 'legacy', over: 'over stdio' });
    assert.equal(client.getServerCapabilities()?.resources?.subscribe, true);
    assert.equal(client.getServerCapabilities()?.tools?.listChanged, true);
    for (const uri of ['signalbox://x', task('../x'), task(''), task('%00'), task('x'.repeat(100_000))]) {
      await assert.rejects(client.subscribeResource({ uri }), { code: -32602 });
    }
    for (let n = 1; n <= 200; n += 1) await client.subscribeResource({ uri: task(`T-${n}`) });
    await client.subscribeResource({ uri: task('T-1') });
    await assert.rejects(
      client.subscribeResource({ uri: board }),
      /subscribed to 200 resources.*Unsubscribe from one.*\[limit_exceeded\]/,
    );
    await client.unsubscribeResource({ uri: task('T-1') });
    await client.unsubscribeResource({ uri: task('T-1') });
    await client.subscribeResource({ uri: board });
    const { first } = heardBy(client);
    await resultOf(client, 'task_add', { title: 'One' });
    assert.deepEqual(await first(1), [board]);
  });

  it('says so when the hub does not tell what changes', async (t) => {
    const deaf: Wrap = () => ({ changes: async () => refuse('invalid_state', 'This hub does not tell.') });
    const client = await connect(t, await serve(t, deaf), { era: 'legacy', over: 'over stdio' });
    await assert.rejects(client.subscribeResource({ uri: board }), /does not tell.*\[invalid_state\]/);
    assert.equal((await contentOf(client, board))['total'], 0);
  });
});

describe('subscriptions/listen on a pipe', () => {
  it('acknowledges only what will be told', async (t) => {
    const client = await connect(t, await serve(t), { era: 'modern', over: 'over stdio' });
    const many = Array.from({ length: 300 }, (_, i) => task(`T-${i + 1}`));
    const uris = ['signalbox://x', board, board, task('../x'), 'file:///etc/passwd', ...many];
    const filter = { toolsListChanged: true, promptsListChanged: true, resourceSubscriptions: uris };
    const { honoredFilter } = await client.listen(filter);
    const taken = [board, ...many.slice(0, 199)];
    assert.deepEqual(honoredFilter, { toolsListChanged: true, resourceSubscriptions: taken });
    assert.deepEqual((await client.listen({ resourceSubscriptions: [board] })).honoredFilter, {});
  });

  it('acknowledges nothing when the hub does not tell what changes', async (t) => {
    const deaf: Wrap = () => ({ changes: async () => refuse('invalid_state', 'This hub does not tell.') });
    const client = await connect(t, await serve(t, deaf), { era: 'modern', over: 'over stdio' });
    const { honoredFilter } = await client.listen({ toolsListChanged: true, resourceSubscriptions: [board] });
    assert.deepEqual(honoredFilter, {});
  });

  it('is kept apart from others on the same pipe', async (t) => {
    const { now, wrap } = watchers();
    const client = await connect(t, await serve(t, wrap), { era: 'modern', over: 'over stdio' });
    const { first, heard } = heardBy(client);
    const one = await client.listen({ resourceSubscriptions: [board] });
    await client.listen({ resourceSubscriptions: [board, task('T-1')] });
    await one.close();
    await resultOf(client, 'task_add', { title: 'One' });
    assert.deepEqual(await first(2), [board, task('T-1')]);
    assert.deepEqual([heard.length, now.count], [2, 1]);
  });

  it('passes every other message on as it is', async () => {
    const [wire, far] = InMemoryTransport.createLinkedPair();
    const updates = new Updates({ changes: async () => refuse('invalid_state', 'Not used.') }, systemClock);
    const near = new ListeningTransport(wire, { updates, workspace: undefined });
    const seen: JSONRPCMessage[] = [];
    far.onmessage = (message) => void seen.push(message);
    near.onmessage = (message) => void seen.push(message);
    await Promise.all([near.start(), far.start()]);
    const messages: readonly JSONRPCMessage[] = [
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { jsonrpc: '2.0', id: 1, result: { odd: ['x'] } },
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: {} as string } },
      { jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { notifications: 7 } },
    ];
    for (const message of messages) {
      await near.send(message);
      await far.send(message);
    }
    assert.deepEqual(
      seen,
      messages.flatMap((message) => [message, message]),
    );
    let closed = 0;
    near.onclose = () => void (closed += 1);
    await near.close();
    assert(closed > 0);
  });
});

const address = new URL('http://127.0.0.1/mcp');

const speakerOf = () => ({
  caller: {
    principal: 'owner',
    role: 'admin',
    kind: 'person',
    agent: undefined,
    session: undefined,
    connection: undefined,
    client: undefined,
  } as const,
  workspace: undefined,
});

/** Handlers of the modern era without sockets: the bus is fed, and requests to listen are followed. */
const handlerFor = ({ hub, catalogue }: Pick<Served, 'catalogue' | 'hub'>) => {
  const updates = new Updates(hub, systemClock);
  const handler = createMcpHandler(
    () => mcpServer({ hub, catalogue, mode: undefined, speakerOf, watch: { kind: 'listens' } }),
    { legacy: 'reject' },
  );
  const fetch = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    const listen = listenIn(body);
    if (listen === undefined) return handler.fetch(new Request(url, init));
    const following = updates.follow(undefined, listen.wanted, handler.notify);
    assert((await following.ready).ok);
    init.signal?.addEventListener('abort', following.end);
    return handler.fetch(new Request(url, init), { parsedBody: listen.request });
  };
  return { handler, fetch, updates };
};

describe('subscriptions/listen over HTTP', () => {
  it('is fed by what changes, and not once it is over', async (t) => {
    const { now, wrap } = watchers();
    const served = await serve(t, wrap);
    const { fetch, handler, updates } = handlerFor(served);
    const client = newClient('modern');
    const { first } = heardBy(client);
    await client.connect(new StreamableHTTPClientTransport(address, { fetch }));
    const subscription = await client.listen({ resourceSubscriptions: ['signalbox://x', board] });
    assert.deepEqual(subscription.honoredFilter, { resourceSubscriptions: [board] });
    await resultOf(client, 'task_add', { title: 'One' });
    assert.deepEqual(await first(1), [board]);
    await subscription.close();
    await until(() => now.count === 0 && updates.size === 0);
    await handler.close();
    await client.close();
  });
});

describe('resources/subscribe in a session over HTTP', () => {
  it('is told on the stream of the session, until that is closed', async (t) => {
    const { now, wrap } = watchers();
    const { hub, catalogue } = await serve(t, wrap);
    const updates = new Updates(hub, systemClock);
    const server = mcpServer({
      hub,
      catalogue,
      mode: undefined,
      speakerOf,
      watch: { kind: 'connection', updates, workspace: undefined, toolsMayChange: false },
    });
    const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => 's-1' });
    await server.connect(transport);
    const streaming = Promise.withResolvers<void>();
    const fetch = async (url: string | URL, init?: RequestInit): Promise<Response> => {
      const response = await transport.handleRequest(new Request(url, init));
      if (init?.method === 'GET') streaming.resolve();
      return response;
    };
    const client = newClient('legacy');
    const { first } = heardBy(client);
    await client.connect(new StreamableHTTPClientTransport(address, { fetch }));
    assert.equal(now.count, 0);
    await client.subscribeResource({ uri: board });
    await streaming.promise;
    await resultOf(client, 'task_add', { title: 'One' });
    assert.deepEqual(await first(1), [board]);
    await client.close();
    await transport.close();
    await until(() => now.count === 0 && updates.size === 0);
  });
});

describe('a request to listen', () => {
  const listening = (notifications: unknown): unknown => ({
    jsonrpc: '2.0',
    id: 1,
    method: 'subscriptions/listen',
    params: { _meta: { x: 1 }, notifications },
  });

  it('is narrowed to what can be told, and otherwise left as it is', () => {
    const { wanted, request } = present(
      listenIn(listening({ toolsListChanged: true, resourceSubscriptions: [board, 'x', board], other: 1 })),
      'this is one',
    );
    assert.deepEqual(wanted, { uris: [board], tools: true });
    assert.deepEqual(
      request,
      listening({ toolsListChanged: true, resourceSubscriptions: [board], other: 1 }),
    );
  });

  it('is nothing else', () => {
    for (const other of [
      undefined,
      [],
      7,
      listening(undefined),
      listening({ resourceSubscriptions: board }),
      { ...(listening({}) as object), method: 'ping' },
    ]) {
      assert.equal(listenIn(other), undefined);
    }
  });
});
