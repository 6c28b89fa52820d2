import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, describe, it } from 'node:test';
import { ok, refuse } from '../../src/kernel/errors.ts';
import { type RemoteHub, connectHub } from '../../src/surfaces/http/client.ts';
import { changeKeysMax, changeStreamsMax } from '../../src/surfaces/http/limits.ts';
import { lossyProxy } from './lossy-proxy.ts';
import { type Served, errorOf, post, serve, valueIn } from './serving.ts';

/** What is told, and a way to wait until something has been. */
class Heard {
  readonly keys: string[] = [];
  #wake = (): void => {};

  readonly listener = (keys: ReadonlySet<string>): void => {
    this.keys.push(...keys);
    this.#wake();
  };

  async until(key: string): Promise<void> {
    while (!this.keys.includes(key)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const listening = async (
  context: TestContext,
  remote: RemoteHub,
  workspace?: string,
): Promise<{ readonly heard: Heard; readonly end: () => void }> => {
  const heard = new Heard();
  const end = valueIn(await remote.changes(workspace, heard.listener));
  context.after(end);
  return { heard, end };
};

const connected = async (context: TestContext, url: string): Promise<RemoteHub> => {
  const remote = valueIn(await connectHub(url));
  context.after(() => remote.close());
  return remote;
};

const addTask = (served: Served, headers: Record<string, string> = {}) =>
  post(served, 'task_add', { body: { title: 'x' }, headers });

/** The raw stream, as a program without a library would read it. */
const streamOf = async (
  context: TestContext,
  url: string,
  { query = '', headers = {} }: { readonly query?: string; readonly headers?: Record<string, string> } = {},
) => {
  const aborting = new AbortController();
  context.after(() => aborting.abort());
  const response = await fetch(`${url}/v1/changes${query}`, { headers, signal: aborting.signal });
  return { response, reader: response.body?.pipeThrough(new TextDecoderStream()).getReader() };
};

describe('GET /v1/changes', () => {
  it('is a stream of events whose data are keys', async (t) => {
    const served = await serve(t);
    // The first call opens the workspace, which is a change as well.
    await post(served, 'task_list');
    const { response, reader } = await streamOf(t, served.url);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal((await reader?.read())?.value, ': listening\n\n');
    await addTask(served);
    assert.equal((await reader?.read())?.value, 'data: ["task:T-1","tasks.ready"]\n\n');
  });

  it('takes the workspace from the address as well as from the header', async (t) => {
    const served = await serve(t);
    await post(served, 'workspace_add', { body: { name: 'shop' } });
    const shop = { 'signalbox-workspace': 'shop' };
    // The first call opens the workspace, which is a change as well.
    await post(served, 'task_list', { headers: shop });
    for (let task = 1; task <= 2; task += 1) await addTask(served);
    for (const [task, headers] of [{}, shop].entries()) {
      const { reader } = await streamOf(t, served.url, { query: '?workspace=shop', headers });
      assert.equal((await reader?.read())?.value, ': listening\n\n');
      await addTask(served);
      await addTask(served, shop);
      assert.match((await reader?.read())?.value ?? '', new RegExp(`^data: \\["task:T-${task + 1}"`));
    }
  });

  it('has a limit, and room again when one has gone', async (t) => {
    let begun = 0;
    const ended = Promise.withResolvers<void>();
    const { url } = await serve(t, () => ({
      changes: async () => {
        begun += 1;
        return ok(() => ended.resolve());
      },
    }));
    const requests = await Promise.all(
      Array.from({ length: changeStreamsMax }, async () => {
        const request = get(`${url}/v1/changes`, { agent: false }).on('error', () => {});
        t.after(() => request.destroy());
        await once(request, 'response');
        return request;
      }),
    );
    const { code, retryable } = errorOf(await (await fetch(`${url}/v1/changes`)).json());
    assert.deepEqual([code, retryable, begun], ['overloaded', true, changeStreamsMax]);
    requests[0]?.destroy();
    await ended.promise;
    assert.equal((await streamOf(t, url)).response.status, 200);
  });
});

describe('GET /v1/changes that cannot be answered', () => {
  it('refuses a workspace that there is not, and another method', async (t) => {
    const { url } = await serve(t);
    const unknown = await fetch(`${url}/v1/changes`, { headers: { 'signalbox-workspace': 'nowhere' } });
    assert.equal(errorOf(await unknown.json()).code, 'workspace_unknown');
    assert.equal((await fetch(`${url}/v1/changes`, { method: 'POST' })).status, 405);
  });

  it('refuses what is wrong with the address, as the stream of events does', async (t) => {
    const { url } = await serve(t);
    const refused = async (path: string, headers = {}) =>
      errorOf(await (await fetch(`${url}${path}`, { headers })).json());
    for (const [query, code, headers] of [
      ['workspace=nowhere', 'workspace_unknown'],
      ['work%73pace=nowhere', 'workspace_unknown'],
      ['workspace=a%20b', 'invalid_input'],
      ['workspace=main&workspace=main', 'invalid_input'],
      ['workspace=main', 'invalid_input', { 'signalbox-workspace': 'shop' }],
      ['workspaces=main', 'invalid_input'],
    ] as const) {
      const found = await refused(`/v1/changes?${query}`, headers);
      assert.equal(found.code, code, query);
      assert.deepEqual(found, await refused(`/v1/events?${query}`, headers));
    }
    // Nothing can be gone on from here.
    for (const name of ['from', 'since']) {
      const { code, message } = await refused(`/v1/changes?${name}=x`);
      assert.equal(code, 'invalid_input');
      assert.match(
        message,
        new RegExp(`a parameter "${name}", which means nothing here. There is only workspace`),
      );
    }
  });
});

describe('a stream of changes', () => {
  it('ends when the hub stops', async (t) => {
    const served = await serve(t);
    const { reader } = await streamOf(t, served.url);
    await reader?.read();
    await served.surface.close();
    assert.equal((await reader?.read())?.done, true);
  });

  it('keeps little for a reader that does not read, and tells it everything when it does', async (t) => {
    let tell = (_keys: ReadonlySet<string>): void => {};
    const { port } = await serve(t, () => ({
      changes: async (_workspace, listener) => {
        tell = listener;
        return ok(() => {});
      },
    }));
    const socket = connect(port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.write('GET /v1/changes HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'readable');
    // More than the buffers on the way will take.
    tell(new Set(['x'.repeat(16 * 1024 * 1024)]));
    for (let i = 0; i <= changeKeysMax; i += 1) tell(new Set([`k${i}`]));
    let end = '';
    for await (const chunk of socket) {
      end = (end + String(chunk)).slice(-100);
      if (end.includes('data: ["*"]')) break;
    }
    assert.doesNotMatch(end, /k\d/);
  });

  it('stops listening when its reader goes', async (t) => {
    const ended = Promise.withResolvers<void>();
    const { url } = await serve(t, () => ({ changes: async () => ok(() => ended.resolve()) }));
    const { reader } = await streamOf(t, url);
    await reader?.cancel();
    await ended.promise;
  });
});

describe('the changes of a hub in another process', () => {
  it('are told as they are here, of one workspace and of the hub', async (t) => {
    const served = await serve(t);
    const remote = await connected(t, served.url);
    await post(served, 'workspace_add', { body: { name: 'shop' } });
    const [main, shop] = [await listening(t, remote), await listening(t, remote, 'shop')];
    await addTask(served, { 'signalbox-workspace': 'shop' });
    await shop.heard.until('task:T-1');
    await post(served, 'workspace_add', { body: { name: 'yard' } });
    await main.heard.until('workspaces');
    assert.doesNotMatch(main.heard.keys.join(), /task/);
    assert.doesNotMatch(main.heard.keys.join(), /\*/, 'nothing was missed');
  });

  it('end when nobody wants to hear them', async (t) => {
    const ended = Promise.withResolvers<void>();
    const { url } = await serve(t, () => ({ changes: async () => ok(() => ended.resolve()) }));
    const { end } = await listening(t, await connected(t, url));
    end();
    await ended.promise;
  });

  it('are followed again after a break, in which everything may have changed', async (t) => {
    const served = await serve(t);
    const proxy = await lossyProxy(t, served.port);
    const { heard } = await listening(t, await connected(t, proxy.url));
    proxy.losing = 1;
    await addTask(served);
    await heard.until('*');
    await addTask(served);
    await heard.until('task:T-2');
  });

  it('are refused as the hub refuses them', async (t) => {
    const served = await serve(t);
    const remote = await connected(t, served.url);
    const unknown = await remote.changes('nowhere', () => {});
    assert(!unknown.ok && unknown.code === 'workspace_unknown');
    const odd = await remote.changes('../etc', () => {});
    assert(!odd.ok && odd.code === 'invalid_input');
    await served.surface.close();
    const gone = await remote.changes(undefined, () => {});
    assert(!gone.ok && gone.code === 'stopping');
  });

  it('are everything when they are not understood', async (t) => {
    const served = await serve(t, () => ({
      changes: async (_workspace, listener) => {
        setImmediate(() => listener(new Set(['a\n\nb', '☃'])));
        return ok(() => {});
      },
    }));
    const { heard } = await listening(t, await connected(t, served.url));
    await heard.until('☃');
    assert.deepEqual(heard.keys, ['a\n\nb', '☃']);
  });
});

describe('a call for another hub', () => {
  it('is refused, and so is a stream of its changes', async (t) => {
    const served = await serve(t, (hub) => ({ id: hub.id }));
    const headers = { 'signalbox-hub': 'elsewhere' };
    for (const answer of [
      await fetch(`${served.url}/v1/operations/task_add`, { method: 'POST', body: '{"title":"x"}', headers }),
      await fetch(`${served.url}/v1/changes`, { headers }),
    ]) {
      assert.equal(answer.status, 421);
      assert.equal(errorOf(await answer.json()).code, 'other_hub');
    }
    const listed = await post(served, 'task_list');
    assert.equal((listed.body as { total: number }).total, 0);
    const mine = { 'signalbox-hub': served.hub.id ?? '' };
    assert.equal((await addTask(served, mine)).status, 200);
  });

  it('is not made again by a hub that has come to the same address', async (t) => {
    let id = 'first';
    const served = await serve(t, (hub) => ({
      health: async () => ({ ...(await hub.health()), id }),
      call: (call) => (call.hub === id ? hub.call({ ...call, hub: undefined }) : Promise.resolve(strange)),
    }));
    const remote = await connected(t, served.url);
    id = 'second';
    const outcome = await remote.call({
      operation: 'task_add',
      input: { title: 'x' },
      caller: {
        principal: 'x',
        role: 'admin',
        kind: 'person',
        agent: undefined,
        session: undefined,
        connection: undefined,
        client: undefined,
      },
      workspace: undefined,
      requestId: undefined,
      signal: undefined,
    });
    assert(!outcome.ok && outcome.code === 'other_hub');
    assert.equal(served.calls.length, 0);
  });
});

const strange = refuse('other_hub', 'Another one.');
