/* An answer that did not reach its client is proven by no later call, whatever the hub had given by then. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { createInterface } from 'node:readline';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import type { Hub, HubCall } from '../../src/surfaces/hub.ts';
import { RawMcp, begin, initialize, modern, notification, request } from './raw-mcp.ts';
import { testedCode } from '../tested-code.ts';
import { type Served, post, serve } from './serving.ts';
import { openStdio } from './stdio-surface.ts';

const inboxSchema = z.object({ messages: z.array(z.object({ text: z.string() })) });
const messageSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  result: z.looseObject({ structuredContent: z.unknown().optional() }).optional(),
});

/** One client of MCP, which is answered, and says that it wants an answer no more. */
interface Speaking {
  readonly call: (id: number, name: string, args?: object) => Promise<unknown>;
  readonly cancel: (id: number) => Promise<unknown>;
}

const cancelled = (requestId: number) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});

const calling = (id: number, name: string, args: object = {}) =>
  request(id, 'tools/call', { name, arguments: args });

const overHttp = async (t: TestContext, { url }: Served): Promise<Speaking> => {
  const { client } = await begin(t, `${url}/mcp`);
  return {
    call: async (id, name, args) => {
      const { messages } = await client.post(calling(id, name, args));
      return messages[0]?.result?.['structuredContent'];
    },
    cancel: (id) => client.post(cancelled(id)),
  };
};

interface Lines {
  readonly write: (line: string) => unknown;
  readonly read: NodeJS.ReadableStream;
}

/** Lines that go in and out of a process, or of a surface in this one. */
const overLines = async ({ write, read }: Lines): Promise<Speaking> => {
  const waiting = new Map<unknown, (value: unknown) => void>();
  createInterface({ input: read }).on('line', (line) => {
    const { id, result } = messageSchema.parse(JSON.parse(line));
    waiting.get(id)?.(result?.structuredContent);
  });
  const ask = (message: { readonly id: number }): Promise<unknown> => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    waiting.set(message.id, resolve);
    write(`${JSON.stringify(message)}\n`);
    return promise;
  };
  await ask(initialize('2025-06-18'));
  write(`${JSON.stringify(notification('notifications/initialized'))}\n`);
  return {
    call: (id, name, args) => ask(calling(id, name, args)),
    cancel: async (id) => write(`${JSON.stringify(cancelled(id))}\n`),
  };
};

const overPipe = (t: TestContext, served: Served): Promise<Speaking> => {
  const { input, output } = openStdio(t, served);
  return overLines({ write: (line) => input.write(line), read: output });
};

/** A process of its own, which calls the hub over HTTP. */
const overProcess = (t: TestContext, { url }: Served): Promise<Speaking> => {
  const child = spawn(process.execPath, [testedCode('test/surfaces/mcp-child.ts'), url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(async () => {
    const exited = once(child, 'exit');
    child.stdin.end();
    await exited;
  });
  return overLines({ write: (line) => child.stdin.write(line), read: child.stdout });
};

const send = async (served: Served, text: string): Promise<void> => {
  const { status } = await post(served, 'message_send', {
    body: { to: 'bob', text },
    headers: { 'Signalbox-Agent': 'ada' },
  });
  assert.equal(status, 200);
};

const texts = (answer: unknown): readonly string[] =>
  inboxSchema.parse(answer).messages.map(({ text }) => text);

const ways = {
  'in a session over HTTP': overHttp,
  'over a pipe': overPipe,
  'over a process in front of the hub': overProcess,
};

describe('an answer that was cancelled after it had been given', () => {
  for (const [way, opened] of Object.entries(ways)) {
    it(`is shown again ${way}, and others are not`, async (t) => {
      const served = await serve(t);
      await post(served, 'start', { body: { agent: 'ada' } });
      const bob = await opened(t, served);
      await bob.call(1, 'start', { agent: 'bob' });
      await send(served, 'one');
      assert.deepEqual(texts(await bob.call(2, 'inbox')), ['one']);
      await bob.cancel(2);
      await bob.call(3, 'status');
      assert.deepEqual(texts(await bob.call(4, 'inbox')), ['one'], 'what was cancelled has not arrived');
      await bob.call(5, 'status');
      await bob.cancel(4);
      assert.deepEqual(texts(await bob.call(6, 'inbox')), [], 'it had been proven before it was cancelled');
      await send(served, 'two');
      assert.deepEqual(texts(await bob.call(7, 'inbox')), ['two']);
      await bob.cancel(2);
      assert.deepEqual(texts(await bob.call(8, 'inbox')), [], 'another call was cancelled');
    });
  }
});

/** A hub that gives its answer to `inbox` only when the client of that call has gone. */
const givesToNobody = () => {
  const state = { armed: true, given: Promise.withResolvers<void>(), leave: (): void => {} };
  const wrap = (hub: Hub): Partial<Hub> => ({
    call: async (call: HubCall) => {
      const reply = await hub.call(call);
      if (call.operation !== 'inbox' || !state.armed) return reply;
      state.armed = false;
      assert.ok(reply.ok && call.gone !== undefined);
      assert.deepEqual(texts(reply.value.value), ['one']);
      const left = once(call.gone, 'abort');
      state.leave();
      await left;
      state.given.resolve();
      return reply;
    },
  });
  return { state, wrap };
};

describe('an answer whose client went away before it was written', () => {
  it('is shown again in a session', async (t) => {
    const { state, wrap } = givesToNobody();
    const served = await serve(t, wrap);
    await post(served, 'start', { body: { agent: 'ada' } });
    const { client } = await begin(t, `${served.url}/mcp`);
    await client.post(calling(1, 'start', { agent: 'bob' }));
    await send(served, 'one');
    const streaming = client.postStream(calling(2, 'inbox'));
    const cut = Promise.withResolvers<void>();
    state.leave = () => void streaming.then((stream) => stream.cut()).then(cut.resolve, cut.reject);
    await Promise.all([state.given.promise, cut.promise]);
    await client.post(calling(3, 'status'));
    const { messages } = await client.post(calling(4, 'inbox'));
    assert.deepEqual(texts(messages[0]?.result?.['structuredContent']), ['one']);
  });

  it('is shown again where there are no sessions', async (t) => {
    const { state, wrap } = givesToNobody();
    const served = await serve(t, wrap);
    await post(served, 'start', { body: { agent: 'ada' } });
    const { body } = await post(served, 'start', { body: { agent: 'bob' } });
    const { session } = z.object({ session: z.string() }).parse(body);
    await send(served, 'one');
    const client = new RawMcp(t, `${served.url}/mcp`);
    const ask = async (id: number, name: string) => {
      const { body: message, headers } = modern(id, 'tools/call', { name, arguments: { session } });
      const { messages } = await client.post(message, headers);
      return messages[0]?.result?.['structuredContent'];
    };
    const leaving = new AbortController();
    state.leave = () => leaving.abort();
    const { body: message, headers } = modern(2, 'tools/call', { name: 'inbox', arguments: { session } });
    const broken = fetch(`${served.url}/mcp`, {
      method: 'POST',
      body: JSON.stringify(message),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      signal: leaving.signal,
    }).then((response) => response.text());
    await assert.rejects(broken);
    await state.given.promise;
    await ask(3, 'status');
    assert.deepEqual(texts(await ask(4, 'inbox')), ['one']);
  });
});

interface Asked {
  readonly path: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks over a connection of its own, and ends that once the answer has come. */
const askAndEnd = async (
  { port }: Served,
  { path, body, headers }: Asked,
  end: (socket: Socket) => unknown,
) => {
  const socket = connect(port, '127.0.0.1');
  const text = JSON.stringify(body);
  const head = Object.entries({
    ...headers,
    'content-type': 'application/json',
    'content-length': text.length,
  });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST ${path} HTTP/1.1\r\nhost: localhost\r\n${lines.join('')}\r\n${text}`);
  let came = '';
  while (!came.includes('"one"') && !came.includes('one\\"')) came += String((await once(socket, 'data'))[0]);
  end(socket);
};

/** A hub, a message for bob, and what becomes of the answer to his `inbox`. */
const withMail = async (t: TestContext) => {
  const fate = Promise.withResolvers<AbortSignal>();
  const served = await serve(t, (hub) => ({
    call: (call) => {
      const signal = call.gone ?? call.signal;
      if (call.operation === 'inbox' && signal !== undefined) fate.resolve(signal);
      return hub.call(call);
    },
  }));
  await post(served, 'start', { body: { agent: 'ada' } });
  const { body } = await post(served, 'start', { body: { agent: 'bob' } });
  const { session } = z.object({ session: z.string() }).parse(body);
  await send(served, 'one');
  const headers = { 'Signalbox-Session': session };
  const inboxAfter = async (): Promise<unknown> => {
    await post(served, 'status', { body: {}, headers });
    return texts((await post(served, 'inbox', { body: {}, headers })).body);
  };
  return { served, session, headers, fate: fate.promise, inboxAfter };
};

const until = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort');
};

describe('an answer whose connection was ended after it', () => {
  it('is shown again when that was reset, which is what the system does when nobody has read it', async (t) => {
    const { served, headers, fate, inboxAfter } = await withMail(t);
    const asked = { path: '/v1/operations/inbox', body: {}, headers };
    await askAndEnd(served, asked, (socket) => socket.resetAndDestroy());
    await until(await fate);
    assert.deepEqual(await inboxAfter(), ['one']);
  });

  it('counts when a program has ended it as usual', async (t) => {
    const { served, headers, inboxAfter } = await withMail(t);
    const over = Promise.withResolvers<unknown>();
    await askAndEnd(served, { path: '/v1/operations/inbox', body: {}, headers }, (socket) =>
      socket.once('close', over.resolve).end(),
    );
    await over.promise;
    assert.deepEqual(await inboxAfter(), []);
  });

  it('is shown again over MCP when it was ended at once, as for a call that is cancelled', async (t) => {
    const { served, session, fate, inboxAfter } = await withMail(t);
    const { body, headers } = modern(2, 'tools/call', { name: 'inbox', arguments: { session } });
    const accept = 'application/json, text/event-stream';
    await askAndEnd(served, { path: '/mcp', body, headers: { ...headers, accept } }, (socket) =>
      socket.end(),
    );
    await until(await fate);
    assert.deepEqual(await inboxAfter(), ['one']);
  });

  it('counts over MCP once the next request has come over it', async (t) => {
    const { served, session, fate, inboxAfter } = await withMail(t);
    const client = new RawMcp(t, `${served.url}/mcp`);
    for (const name of ['inbox', 'status']) {
      const { body, headers } = modern(2, 'tools/call', { name, arguments: { session } });
      await client.post(body, headers);
    }
    assert.equal((await fate).aborted, false);
    assert.deepEqual(await inboxAfter(), []);
  });

  it('is shown again, and counted, to a client that joins its session anew', async (t) => {
    const { served, session, headers, inboxAfter } = await withMail(t);
    assert.deepEqual(texts((await post(served, 'inbox', { body: {}, headers })).body), ['one']);
    const again = await post(served, 'start', { body: { session } });
    assert.match(JSON.stringify(again.body), /1 unread message\. Read with inbox/);
    assert.deepEqual(await inboxAfter(), ['one']);
    const proven = await post(served, 'start', { body: { session } });
    assert.match(
      JSON.stringify(proven.body),
      /1 unread message/,
      'joining proves nothing of the answer before it',
    );
    assert.deepEqual(await inboxAfter(), ['one']);
    await post(served, 'status', { body: {}, headers });
    const third = await post(served, 'start', { body: { session } });
    assert.doesNotMatch(
      JSON.stringify(third.body),
      /unread message/,
      'what was proven counts before it is written',
    );
  });
});

describe('a session whose process has gone', () => {
  it('is shown again what it was answered last, when somebody comes back to it', async (t) => {
    const served = await serve(t);
    await post(served, 'start', { body: { agent: 'ada' } });
    const connection = { 'Signalbox-Connection': 'pipe-1' };
    const { body } = await post(served, 'start', { body: { agent: 'bob' }, headers: connection });
    const { session } = z.object({ session: z.string() }).parse(body);
    await send(served, 'one');
    assert.deepEqual(texts((await post(served, 'inbox', { body: {}, headers: connection })).body), ['one']);
    await fetch(`${served.url}/v1/connection`, { method: 'DELETE', headers: connection });
    await post(served, 'start', { body: { agent: 'bob', session } });
    const headers = { 'Signalbox-Session': session };
    await post(served, 'status', { body: {}, headers });
    assert.deepEqual(texts((await post(served, 'inbox', { body: {}, headers })).body), ['one']);
  });
});

describe('the header that names calls which were answered in vain', () => {
  it('is refused when it is not a list of request ids', async (t) => {
    const served = await serve(t);
    const refused = async (value: string) => {
      const { status, body } = await post(served, 'status', { headers: { 'Signalbox-Lost': value } });
      assert.equal(status, 400, value);
      return JSON.stringify(body);
    };
    for (const value of ['%', 'a  b', 'a '.repeat(20) + 'a', 'x'.repeat(4_001)])
      assert.match(await refused(value), /Signalbox-Lost must name up to 20 request ids/);
    const { status } = await post(served, 'status', {
      body: {},
      headers: { 'Signalbox-Lost': encodeURIComponent('é b') },
    });
    assert.equal(status, 200);
    assert.deepEqual(served.calls.at(-1)?.lost, ['é b']);
  });
});
