import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it } from 'node:test';
import { ok, refuse } from '../../src/kernel/errors.ts';
import type { Hub } from '../../src/surfaces/hub.ts';
import { requestHeadBytesMax } from '../../src/surfaces/http/limits.ts';
import { type Wrap, errorOf, parseAnswer, post, requestText, serve, speak } from './serving.ts';

describe('the addresses of the HTTP surface', () => {
  it('tell the state of the hub', async (t) => {
    const served = await serve(t);
    const response = await fetch(`${served.url}/health?now`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.deepEqual(await response.json(), await served.hub.health());
  });

  it('say 503 when something cannot be stored', async (t) => {
    const served = await serve(t, (hub) => ({
      health: async () => ({ ...(await hub.health()), status: 'degraded', writable: false }),
    }));
    assert.equal((await fetch(`${served.url}/health`)).status, 503);
  });

  it('say whether a change could be stored, and why not', async (t) => {
    const readyOf = async (wrap?: Wrap) => {
      const served = await serve(t, wrap);
      const response = await fetch(`${served.url}/ready`);
      assert.equal(response.headers.get('cache-control'), 'no-store');
      assert.equal((await fetch(`${served.url}/ready`, { method: 'HEAD' })).status, response.status);
      return [response.status, await response.json()];
    };
    assert.deepEqual(await readyOf(), [200, { ready: true, reason: null }]);
    const workspaces = [
      { name: 'main', writable: false, reason: 'the disk is full', seq: 1 },
      { name: 'shop', writable: true, reason: null, seq: 1 },
    ];
    const degraded = async (hub: Hub) => ({
      ...(await hub.health()),
      status: 'degraded' as const,
      writable: false,
      workspaces,
    });
    assert.deepEqual(await readyOf((hub) => ({ health: () => degraded(hub) })), [
      503,
      { ready: false, reason: 'main: the disk is full' },
    ]);
    const waiting = { health: () => new Promise<never>(() => {}) };
    assert.deepEqual(await readyOf(() => ({ ...waiting, phase: () => 'opening' as const })), [
      503,
      { ready: false, reason: 'the journals are being opened' },
    ]);
    assert.deepEqual(await readyOf(() => ({ ...waiting, phase: () => 'stopping' as const })), [
      503,
      { ready: false, reason: 'stopping' },
    ]);
  });

  it('describe the operations', async (t) => {
    const { url } = await serve(t);
    const response = await fetch(`${url}/openapi.json`);
    assert.equal(response.status, 200);
    const document = (await response.json()) as { openapi: string; paths: Record<string, unknown> };
    assert.equal(document.openapi, '3.1.0');
    assert('/v1/operations/task_claim' in document.paths);
  });

  it('point the way', async (t) => {
    const { url } = await serve(t);
    const text = await (await fetch(url)).text();
    for (const address of ['/mcp', '/v1/operations/', '/openapi.json', '/health', '/ready'])
      assert(text.includes(address));
    assert.equal((await fetch(url, { method: 'HEAD' })).status, 200);
  });
});

describe('the state of a hub', () => {
  it('is told with 200 when something is amiss and everything can be stored all the same', async (t) => {
    const workspaces = [{ name: 'main', writable: true, reason: 'an archive is not there', seq: 1 }];
    const served = await serve(t, (hub) => ({
      health: async () => ({ ...(await hub.health()), status: 'degraded', writable: true, workspaces }),
    }));
    const health = await fetch(`${served.url}/health`);
    assert.equal(health.status, 200);
    const { status, workspaces: told } = Object(await health.json());
    assert.deepEqual([status, told], ['degraded', workspaces]);
    assert.equal((await fetch(`${served.url}/ready`)).status, 200);
  });
});

describe('odd addresses, and a connection that ends', () => {
  it('end the session of a connection', async (t) => {
    const served = await serve(t);
    const headers = { 'Signalbox-Connection': 'stdio:9' };
    await post(served, 'start', { body: { agent: 'anna' }, headers });
    const response = await fetch(`${served.url}/v1/connection`, { method: 'DELETE', headers });
    assert.equal(response.status, 204);
    assert.equal(await response.text(), '');
    assert.equal(served.left[0]?.connection, 'stdio:9');
    const { body } = await post(served, 'agent_list', { body: { all: true } });
    assert.equal((body as { items: { sessions: number }[] }).items[0]?.sessions, 0);
    const unnamed = await fetch(`${served.url}/v1/connection`, { method: 'DELETE' });
    assert.equal(unnamed.status, 400);
    assert.match(errorOf(await unnamed.json()).message, /Signalbox-Connection/);
  });

  for (const path of [
    '/v1',
    '/v1/operations',
    '/health/',
    '/mcpx',
    '/..',
    '/%2e%2e/etc',
    `/${'x'.repeat(5_000)}`,
    '/__proto__',
  ]) {
    it(`are no more than there are: ${path.slice(0, 20)}`, async (t) => {
      const { port } = await serve(t);
      const { status, body } = parseAnswer(
        await speak(port, requestText(`GET ${path}`, ['Host: localhost'])),
      );
      assert.equal(status, 404);
      const { code, message } = errorOf(body);
      assert.equal(code, 'route_unknown');
      assert.match(message, /POST \/v1\/operations\/<name>/);
      assert(message.length < 400);
    });
  }

  for (const name of [
    '../health',
    '..%2f..',
    'a/b',
    '%00',
    '__proto__',
    'x'.repeat(9_000),
    'probe_echo%0d%0aX: y',
  ]) {
    it(`know no operation ${name.slice(0, 20)}`, async (t) => {
      const { port } = await serve(t);
      const { status, body } = parseAnswer(
        await speak(
          port,
          requestText(`POST /v1/operations/${name.replace(' ', '%20')}`, ['Host: localhost']),
        ),
      );
      assert.equal(status, 404);
      assert.equal(errorOf(body).code, 'unknown_operation');
    });
  }
});

describe('the methods of the HTTP surface', () => {
  it('say which methods they answer', async (t) => {
    const { url, calls } = await serve(t);
    const wrong: readonly [method: string, path: string, allow: string][] = [
      ['GET', '/v1/operations/agent_list', 'POST'],
      ['PUT', '/v1/operations/agent_list', 'POST'],
      ['POST', '/health', 'GET, HEAD'],
      ['POST', '/ready', 'GET, HEAD'],
      ['PATCH', '/mcp/', 'GET, POST, DELETE'],
      ['PATCH', '/mcp/full/', 'GET, POST, DELETE'],
      ['DELETE', '/', 'GET, HEAD'],
      ['OPTIONS', '/openapi.json', 'GET, HEAD'],
      ['PATCH', '/mcp', 'GET, POST, DELETE'],
      ['GET', '/v1/connection', 'DELETE'],
    ];
    for (const [method, path, allow] of wrong) {
      const response = await fetch(url + path, { method });
      assert.equal(response.status, 405, path);
      assert.equal(response.headers.get('allow'), allow);
      assert.equal(errorOf(await response.json()).code, 'method_not_allowed');
    }
    assert.equal(calls.length, 0);
  });

  it('take no input from the query', async (t) => {
    const { status, body } = await post(await serve(t), 'probe_echo?n=3');
    assert.equal(status, 400);
    assert.match(errorOf(body).message, /query/);
  });
});

describe('a visitor', () => {
  const hosts: readonly [host: string | undefined, status: number][] = [
    ['localhost', 200],
    ['LOCALHOST:1', 200],
    ['127.0.0.1:8321', 200],
    ['[::1]:65535', 200],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.evil.example:80', 403],
    ['0.0.0.0', 403],
    ['127.0.0.1:80:80', 403],
    ['', 403],
    [undefined, 403],
  ];
  for (const [host, expected] of hosts) {
    it(`under the Host ${host} gets ${expected}`, async (t) => {
      const { port, calls } = await serve(t);
      for (const path of ['/v1/operations/probe_echo', '/mcp']) {
        const request = requestText(`POST ${path}`, host === undefined ? [] : [`Host: ${host}`]);
        const { status, body } = parseAnswer(await speak(port, request));
        if (expected === 403) assert.equal(errorOf(body).code, 'forbidden');
        assert.equal(status === 403, expected === 403);
      }
      assert.equal(calls.length, expected === 200 ? 1 : 0);
    });
  }

  const origins: readonly [origin: string, status: number][] = [
    ['http://localhost', 200],
    ['https://localhost', 403],
    ['http://localhost:5173', 403],
    ['http://127.0.0.1', 403],
    ['http://[::1]:1', 403],
    ['https://evil.example', 403],
    ['http://localhost.evil.example', 403],
    ['http://localhost:80@evil.example', 403],
    ['null', 403],
    ['file://', 403],
    ['', 403],
  ];
  for (const [origin, expected] of origins) {
    it(`from the Origin ${origin} gets ${expected}`, async (t) => {
      const { port } = await serve(t);
      for (const line of ['POST /v1/operations/probe_echo', 'GET /health']) {
        const { status } = parseAnswer(
          await speak(port, requestText(line, ['Host: localhost', `Origin: ${origin}`])),
        );
        assert.equal(status, expected);
      }
    });
  }
});

describe('what is no HTTP', () => {
  const garbage: readonly [what: string, bytes: string, status: number][] = [
    ['noise', 'hello\r\n\r\n', 400],
    ['another protocol', '\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n', 400],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost localhost\r\n\r\n', 400],
    [
      'two lengths',
      requestText(
        'POST /v1/operations/probe_echo',
        ['Host: localhost', 'Content-Length: 2', 'Content-Length: 3'],
        '{}',
      ),
      400,
    ],
    [
      'a length and chunks',
      requestText(
        'POST /v1/operations/probe_echo',
        ['Host: localhost', 'Content-Length: 2', 'Transfer-Encoding: chunked'],
        '0\r\n\r\n',
      ),
      400,
    ],
    [
      'a broken chunk',
      requestText(
        'POST /v1/operations/probe_echo',
        ['Host: localhost', 'Transfer-Encoding: chunked'],
        'zz\r\n{}\r\n',
      ),
      400,
    ],
    [
      'too many headers',
      requestText('GET /', ['Host: localhost', `X: ${'x'.repeat(requestHeadBytesMax)}`]),
      413,
    ],
    ['an unknown expectation', requestText('GET /', ['Host: localhost', 'Expect: the-unexpected']), 400],
  ];
  for (const [what, bytes, expected] of garbage) {
    it(`is refused in JSON: ${what}`, async (t) => {
      const served = await serve(t);
      const { status, head, body } = parseAnswer(await speak(served.port, bytes));
      assert.equal(status, expected);
      assert.match(head, /content-type: application\/json/i);
      errorOf(body);
      assert.equal((await post(served, 'probe_echo')).status, 200);
    });
  }
});

describe('the HTTP surface closes', () => {
  it('closes twice, before it has opened and with idle connections', async (t) => {
    const served = await serve(t);
    await post(served, 'probe_echo');
    const idle = connect(served.port, '127.0.0.1');
    await once(idle, 'connect');
    const gone = once(idle, 'close');
    idle.resume();
    await Promise.all([served.surface.close(), served.surface.close()]);
    await gone;
    await assert.rejects(fetch(served.url));
    // The port is free again.
    const next = createServer().listen(served.port, '127.0.0.1');
    await once(next, 'listening');
    assert.equal((next.address() as AddressInfo).port, served.port);
    next.close();
  });

  it('answers what is under way before it closes, and lets waiting calls end early', async (t) => {
    const began = Promise.withResolvers<AbortSignal | undefined>();
    const goOn = Promise.withResolvers<void>();
    const served = await serve(t, () => ({
      call: async ({ signal }) => {
        began.resolve(signal);
        await goOn.promise;
        return ok({ value: { finished: true }, replayed: false, waiting: undefined });
      },
    }));
    const answer = post(served, 'probe_echo');
    const signal = await began.promise;
    const closed = served.surface.close();
    assert.equal(signal?.aborted, true);
    goOn.resolve();
    const { body, headers } = await answer;
    assert.deepEqual(body, { finished: true });
    assert.equal(headers.get('connection'), 'close');
    await closed;
  });
});

describe('a client that goes', () => {
  it('tells a call that its client has gone', async (t) => {
    const began = Promise.withResolvers<AbortSignal | undefined>();
    const served = await serve(t, () => ({
      call: ({ signal }) => {
        began.resolve(signal);
        return new Promise((resolve) => {
          signal?.addEventListener('abort', () =>
            resolve(refuse('nothing_free', 'Nobody is there to be told.')),
          );
        });
      },
    }));
    const socket = connect(served.port, '127.0.0.1');
    socket.write(
      requestText('POST /v1/operations/probe_echo', ['Host: localhost', 'Content-Length: 2'], '{}'),
    );
    const signal = await began.promise;
    assert(signal !== undefined && !signal.aborted);
    const aborted = once(signal, 'abort');
    socket.destroy();
    await aborted;
  });

  it('survives clients that leave in the middle', async (t) => {
    const served = await serve(t);
    const starts = [
      'POST /v1/ope',
      'POST /v1/operations/probe_echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"te',
    ];
    for (const start of starts) {
      const socket = connect(served.port, '127.0.0.1');
      await once(socket, 'connect');
      await new Promise((resolve) => socket.write(start, resolve));
      socket.resetAndDestroy();
    }
    assert.equal((await post(served, 'probe_echo')).status, 200);
    assert.deepEqual(served.log.errors, []);
    assert.equal(served.calls.length, 1);
  });
});
