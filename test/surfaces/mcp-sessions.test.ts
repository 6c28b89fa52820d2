/* Sessions of the older revisions of MCP: how long they live, whose they are, and what a lost stream is given again. */
import assert from 'node:assert/strict';
import { type TestContext, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Server } from '@modelcontextprotocol/server';
import { systemClock } from '../../src/engine/clock.ts';
import { openGate } from '../../src/host/open-gate.ts';
import { minuteMs } from '../../src/kernel/instants.ts';
import type { Caller } from '../../src/kernel/operation.ts';
import { takeOffice } from '../../src/stores/sqlite/office.ts';
import { createHttpSurface } from '../../src/surfaces/http/surface.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { RawMcp, begin, initialize, request } from './raw-mcp.ts';
import { post, serve, valueIn } from './serving.ts';

const ping = request(1, 'ping');
const call = (name: string, args: object = {}) => request(2, 'tools/call', { name, arguments: args });

/** A hub whose sessions age by hand, and few of which there may be. */
const serveFew = async (context: TestContext, sessionsPerPrincipalMax = 3) => {
  const clock = new ManualClock();
  const served = await serve(context, undefined, { clock, limits: { sessionsPerPrincipalMax } });
  return { served, clock, url: `${served.url}/mcp` };
};

describe('a call in a session', () => {
  it('ends its stream when it is cancelled', async (t) => {
    const { served, url } = await serveFew(t);
    const { client } = await begin(t, url);
    await client.post(call('start', { agent: 'ada' }));
    const waiting = client.post(
      request(7, 'tools/call', { name: 'task_claim', arguments: { wait_ms: 50_000 } }),
    );
    while ((await served.waiting()) === 0) await nextTurn();
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } };
    assert.equal((await client.post(cancelled)).status, 202);
    const { messages } = await waiting;
    assert.deepEqual(
      messages.map(({ id, error }) => [id, error?.code]),
      [[7, -32_800]],
    );
    assert.equal(await served.waiting(), 0);
    // One that has its answer can no longer be cancelled, and nothing is told of it.
    assert.equal((await client.post(cancelled)).status, 202);
    assert.equal((await client.post(ping)).messages.length, 1);
  });
});

describe('a session', () => {
  it('is missing (400) or unknown (404) without its id, and a client that is told so begins anew', async (t) => {
    const { url } = await serveFew(t);
    const { client, session } = await begin(t, url);
    const stranger = new RawMcp(t, url);
    const missing = await stranger.post(ping);
    assert.equal(missing.status, 400);
    assert.match(
      missing.messages[0]?.error?.message ?? '',
      /Mcp-Session-Id is missing\. Send initialize first/,
    );
    assert.equal(missing.messages[0]?.id, 1);
    const unknown = await stranger.post(ping, { 'mcp-session-id': 'gone' });
    assert.equal(unknown.status, 404);
    assert.equal(unknown.messages[0]?.error?.code, -32001);
    assert.match(unknown.messages[0]?.error?.message ?? '', /Send initialize again/);
    for (const [id, status] of [
      ['gone', 404],
      [undefined, 400],
    ] as const) {
      const headers = id === undefined ? {} : { 'mcp-session-id': id };
      assert.equal(await stranger.getStatus(headers), status);
      assert.equal(await stranger.delete(headers), status);
    }
    const again = await stranger.post(initialize('2025-06-18'), { 'mcp-session-id': 'gone' });
    assert.equal(again.status, 200);
    assert.notEqual(again.headers.get('mcp-session-id'), session);
    assert.equal((await client.post(ping)).status, 200);
  });

  it('is not begun twice, and not by a message that is no proper initialize', async (t) => {
    const { url } = await serveFew(t);
    const { client } = await begin(t, url);
    assert.equal((await client.post(initialize('2025-06-18'))).status, 400);
    const stranger = new RawMcp(t, url);
    assert.equal((await stranger.post(request(0, 'initialize', { protocolVersion: 7 }))).status, 400);
    const batch = [initialize('2025-03-26'), request(1, 'tools/list')];
    const refused = await stranger.post(batch);
    assert.equal(refused.status, 400);
    assert.equal(refused.headers.get('mcp-session-id'), null);
  });

  it('belongs to its principal, its workspace and its mode', async (t) => {
    const { served, url } = await serveFew(t);
    await post(served, 'workspace_add', { body: { name: 'shop' } });
    const { client, session } = await begin(t, url);
    const id = { 'mcp-session-id': session };
    assert.equal((await client.post(ping, { 'signalbox-workspace': 'shop' })).status, 404);
    assert.equal((await new RawMcp(t, `${url}/full`).post(ping, id)).status, 404);
    const { hub, catalogue, mcp, log } = served;
    const others = createHttpSurface({
      hub,
      catalogue,
      mcp,
      clock: systemClock,
      log,
      gate: openGate('somebody-else'),
      takeAlone: takeOffice,
    });
    const { url: theirs } = valueIn(await others.listen({ kind: 'tcp', host: '127.0.0.1', port: 0 }));
    t.after(() => others.close());
    const thief = new RawMcp(t, `${theirs}/mcp`, id);
    assert.equal((await thief.post(ping)).status, 404);
    assert.equal(await thief.getStatus(), 404);
    assert.equal(await thief.delete(), 404);
    assert.equal((await client.post(ping)).status, 200);
  });
});

describe('a session is that of the agent, and', () => {
  it('ends it with DELETE and not before', async (t) => {
    const { served, url } = await serveFew(t);
    const { client, session } = await begin(t, url);
    await client.post(call('start', { agent: 'anna' }));
    assert.equal(served.calls.at(-1)?.caller.connection, `mcp:${session}`);
    assert.equal(served.calls.at(-1)?.caller.client, 'raw');
    assert.deepEqual(served.left, []);
    assert.equal(await client.delete(), 200);
    assert.deepEqual(
      served.left.map(({ connection }) => connection),
      [`mcp:${session}`],
    );
    const { body } = await post(served, 'agent_list', { body: { all: true } });
    assert.deepEqual(
      (body as { items: { sessions: number }[] }).items.map(({ sessions }) => sessions),
      [0],
    );
    assert.equal((await client.post(ping)).status, 404);
    assert.equal(await client.delete(), 404);
  });

  it('ends it only after the calls that it had begun', async (t) => {
    const reached = Promise.withResolvers<AbortSignal>();
    const finish = Promise.withResolvers<void>();
    const order: string[] = [];
    const served = await serve(t, (hub) => ({
      call: async (asked) => {
        if (asked.operation !== 'start') return hub.call(asked);
        if (asked.signal !== undefined) reached.resolve(asked.signal);
        await finish.promise;
        order.push('started');
        return hub.call(asked);
      },
      disconnect: async (caller: Caller, workspace) => {
        order.push('left');
        await hub.disconnect(caller, workspace);
      },
    }));
    const { client } = await begin(t, `${served.url}/mcp`);
    const started = client.post(call('start', { agent: 'anna' }));
    const signal = await reached.promise;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    const deleted = client.delete();
    await aborted;
    finish.resolve();
    assert.equal(await deleted, 200);
    assert.deepEqual((await started).messages, []);
    assert.deepEqual(order, ['started', 'left']);
  });
});

describe('a session that is not ended', () => {
  it('is forgotten half an hour after its last use; the session of the agent is not', async (t) => {
    const { served, clock, url } = await serveFew(t);
    const { client } = await begin(t, url);
    await client.post(call('start', { agent: 'anna' }));
    clock.advance(29 * minuteMs);
    assert.equal((await client.post(ping)).status, 200);
    clock.advance(29 * minuteMs);
    assert.equal((await client.post(ping)).status, 200);
    clock.advance(31 * minuteMs);
    assert.equal((await client.post(ping)).status, 404);
    assert.deepEqual(served.left, []);
    const { body } = await post(served, 'agent_list', { body: { all: true } });
    assert.equal((body as { items: { sessions: number }[] }).items[0]?.sessions, 1);
  });

  it('is kept as long as a stream of it is open', async (t) => {
    const { clock, url } = await serveFew(t);
    const { client } = await begin(t, url);
    const stream = await client.get();
    clock.advance(24 * 60 * minuteMs);
    assert.equal((await client.post(ping)).status, 200);
    await stream.cut();
    await untilGone(clock, client);
  });
});

describe('one session too many', () => {
  it('takes the place of the one that was not used for the longest time and has no stream', async (t) => {
    const { clock, url } = await serveFew(t);
    const [streaming, oldest, recent] = [await begin(t, url), await begin(t, url), await begin(t, url)];
    await streaming.client.get();
    clock.advance(minuteMs);
    await recent.client.post(ping);
    const added = await begin(t, url);
    assert.equal((await oldest.client.post(ping)).status, 404);
    for (const { client } of [streaming, recent, added]) assert.equal((await client.post(ping)).status, 200);
  });

  it('is refused when all that there may be are in use', async (t) => {
    const { url } = await serveFew(t, 2);
    const streams = [];
    for (const { client } of [await begin(t, url), await begin(t, url)]) streams.push(await client.get());
    const refused = await new RawMcp(t, url).post(initialize('2025-06-18'));
    assert.equal(refused.status, 503);
    assert.equal(refused.messages[0]?.id, 0);
    assert.match(
      refused.messages[0]?.error?.message ?? '',
      /2 MCP sessions of yours are in use.*Close a client/,
    );
    assert.equal(streams.length, 2);
  });
});

/** Lets time pass until the server has noticed that the stream is gone, and forgets the session. */
const untilGone = async (clock: ManualClock, client: RawMcp): Promise<void> => {
  for (;;) {
    clock.advance(31 * minuteMs);
    await clock.pause();
    if ((await client.getStatus({ accept: 'nothing' })) === 404) return;
  }
};

/** A hub whose MCP server says that its tools have changed when it is told to. */
const serveNotifying = async (context: TestContext) => {
  const servers: Server[] = [];
  const served = await serve(context, undefined, {
    serverFor: () => {
      const server = new Server(
        { name: 'n', version: '1' },
        { capabilities: { tools: { listChanged: true } } },
      );
      servers.push(server);
      return server;
    },
  });
  const { client } = await begin(context, `${served.url}/mcp`);
  const [server] = servers;
  assert(server !== undefined && servers.length === 1);
  return { served, client, say: (): Promise<void> => server.sendToolListChanged() };
};

describe('a stream', () => {
  it('that was cut is resumed with what was missed, and with nothing twice', async (t) => {
    const { client, say } = await serveNotifying(t);
    const first = await client.get();
    await say();
    const seen = await first.next();
    assert.equal(seen?.message?.method, 'notifications/tools/list_changed');
    await first.cut();
    await say();
    await say();
    const second = await client.get({ 'last-event-id': seen.id ?? '' });
    const missed = [await second.next(), await second.next()];
    assert.deepEqual(
      missed.map((event) => event?.message?.method),
      ['notifications/tools/list_changed', 'notifications/tools/list_changed'],
    );
    await say();
    const next = await second.next();
    assert.equal(new Set([seen.id, ...missed.map((event) => event?.id), next?.id]).size, 4);
  });

  it('that the server believes to be open is taken over by whoever resumes it', async (t) => {
    const { client, say } = await serveNotifying(t);
    const first = await client.get();
    await say();
    const seen = await first.next();
    const second = await client.get({ 'last-event-id': seen?.id ?? '' });
    assert.equal(await first.next(), undefined);
    await say();
    assert.equal((await second.next())?.message?.method, 'notifications/tools/list_changed');
  });

  it('takes the place of the one before, and is not resumed after an event that never was', async (t) => {
    const { client, say } = await serveNotifying(t);
    const first = await client.get();
    const second = await client.get();
    assert.equal(await first.next(), undefined);
    await say();
    assert.equal((await second.next())?.message?.method, 'notifications/tools/list_changed');
    for (const id of ['g99', '7', 'x', '-1']) {
      assert.equal(await client.getStatus({ 'last-event-id': id }), 400, id);
    }
  });

  it('ends when the hub stops', async (t) => {
    const { served, client } = await serveNotifying(t);
    const stream = await client.get();
    await served.surface.close();
    assert.equal(await stream.next(), undefined);
  });
});

describe('an answer that was cut off', () => {
  it('is given again, on the revision that tells how', async (t) => {
    const release = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const served = await serve(t, (hub) => ({
      call: async (asked) => {
        if (asked.operation === 'probe_echo') {
          reached.resolve();
          await release.promise;
        }
        return hub.call(asked);
      },
    }));
    const { client } = await begin(t, `${served.url}/mcp`);
    const stream = await client.postStream(call('probe_echo', { text: 'late' }), {
      'mcp-protocol-version': '2025-11-25',
    });
    const opening = await stream.next();
    assert.equal(opening?.message, undefined);
    await reached.promise;
    await stream.cut();
    release.resolve();
    const resumed = await client.get({ 'last-event-id': opening?.id ?? '' });
    const answer = await resumed.message();
    assert.deepEqual(answer.result?.['structuredContent'], { text: 'late' });
    assert.equal(await resumed.next(), undefined);
  });
});
