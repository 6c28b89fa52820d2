import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket, connect } from 'node:net';
import { describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import { openGate } from '../../src/host/open-gate.ts';
import { ok } from '../../src/kernel/errors.ts';
import { errorOf, parseAnswer, post, requestText, serve, speak } from './serving.ts';

const everyRoute: readonly [method: string, path: string][] = [
  ['GET', '/'],
  ['GET', '/health'],
  ['HEAD', '/health'],
  ['GET', '/ready'],
  ['GET', '/openapi.json'],
  ['GET', '/nowhere'],
  ['PUT', '/health'],
  ['POST', '/v1/operations/probe_echo'],
  ['POST', '/v1/operations/nothing'],
  ['GET', '/v1/changes'],
  ['GET', '/v1/events'],
  ['DELETE', '/v1/connection'],
  ['POST', '/mcp'],
  ['GET', '/mcp'],
  ['POST', '/mcp/full'],
];

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
};

describe('every answer', () => {
  it('tells a browser what it must not do with it, and permits no other site to read it', async (t) => {
    const { url, port } = await serve(t);
    const look = (headers: Headers, where: string): void => {
      assert.equal(headers.get('x-content-type-options'), 'nosniff', where);
      assert.equal(headers.get('referrer-policy'), 'no-referrer', where);
      assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin', where);
      assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'/, where);
      assert.match(headers.get('cache-control') ?? '', /^no-(?:store|cache)/, where);
      assert.equal(headers.get('strict-transport-security'), null, where);
      for (const [name] of headers) assert(!name.startsWith('access-control-'), `${where} ${name}`);
    };
    for (const [method, path] of everyRoute) {
      const response = await fetch(`${url}${path}`, { method, ...(method === 'POST' && { body: '{}' }) });
      look(response.headers, `${method} ${path}`);
      await response.body?.cancel();
    }
    const mcp = await fetch(`${url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify(initialize),
    });
    assert.equal(mcp.status, 200);
    look(mcp.headers, 'initialize');
    await mcp.body?.cancel();
    const { head } = parseAnswer(await speak(port, 'hello\r\n\r\n'));
    assert.match(head, /X-Content-Type-Options: nosniff\r\n/);
    assert.match(head, /Content-Security-Policy: default-src 'none'/);
  });

  it('to a question for permission is a refusal, wherever it comes from', async (t) => {
    const { port, url, calls } = await serve(t);
    for (const origin of [url, 'https://evil.example']) {
      for (const [, path] of everyRoute) {
        const { status, head } = parseAnswer(
          await speak(
            port,
            requestText(`OPTIONS ${path}`, [
              `Host: 127.0.0.1:${port}`,
              `Origin: ${origin}`,
              'Access-Control-Request-Method: POST',
            ]),
          ),
        );
        assert.equal(status, origin !== url ? 403 : path === '/nowhere' ? 404 : 405, path);
        assert.doesNotMatch(head, /access-control/i);
      }
    }
    assert.deepEqual(calls, []);
  });

  it('to what a page of another site has a browser ask is a refusal, also without an Origin', async (t) => {
    const { port, calls } = await serve(t);
    for (const [method, path] of everyRoute) {
      const line = requestText(`${method} ${path}`, ['Host: localhost', 'Sec-Fetch-Site: cross-site']);
      assert.equal(parseAnswer(await speak(port, line)).status, 403, path);
    }
    assert.deepEqual(calls, []);
  });
});

describe('slow clients', () => {
  const patience = { headersMs: 40, requestMs: 80, lookEveryMs: 10 };

  it('are told so and let go, however many, while others are answered', async (t) => {
    const served = await serve(t, undefined, { surface: { patience } });
    const parts = [
      '',
      'POST /v1/operations/probe_echo HTTP/1.1\r\nHost: localhost\r\nX: ',
      'POST /v1/operations/probe_echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n',
    ];
    const slow = Array.from({ length: 200 }, (_, i) => {
      const socket = connect(served.port, '127.0.0.1');
      socket.write(parts[i % parts.length] ?? '');
      return text(socket);
    });
    assert.equal((await post(served, 'probe_echo', { body: { n: 1 } })).status, 200);
    for (const answer of await Promise.all(slow)) assert.match(answer, /^HTTP\/1\.1 400 [^]*in time/);
    assert.equal((await post(served, 'probe_echo')).status, 200);
    assert.equal(served.calls.length, 2);
  });
});

describe('what is under way', () => {
  it('is limited for each principal, and what is over makes room', async (t) => {
    const [goOn, begun] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let waiting = 0;
    const [anna, bert] = [openGate('anna'), openGate('bert')];
    const served = await serve(
      t,
      () => ({
        call: async () => {
          waiting += 1;
          if (waiting === 2) begun.resolve();
          await goOn.promise;
          return ok({ value: {}, replayed: false, waiting: undefined });
        },
      }),
      {
        gate: { admit: (shown) => (shown.authorization === 'bert' ? bert : anna).admit(shown) },
        surface: { underWayPerPrincipalMax: 2 },
      },
    );
    const first = [post(served, 'probe_echo'), post(served, 'probe_echo')];
    await begun.promise;
    const refused = await post(served, 'probe_echo');
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '1']);
    assert.equal(errorOf(refused.body).code, 'rate_limited');
    const overMcp = await fetch(`${served.url}/mcp`, { method: 'POST', body: '{}' });
    assert.deepEqual([overMcp.status, overMcp.headers.get('retry-after')], [429, '1']);
    assert.equal(JSON.parse(await overMcp.text()).error.data.code, 'rate_limited');
    for (const path of ['/v1/changes', '/v1/events'])
      assert.equal((await fetch(`${served.url}${path}`)).status, 429);
    const other = post(served, 'probe_echo', { headers: { authorization: 'bert' } });
    goOn.resolve();
    for (const { status } of await Promise.all([...first, other])) assert.equal(status, 200);
    assert.equal((await post(served, 'probe_echo')).status, 200);
  });

  it('is limited for each network, and connections that have ended make room', async (t) => {
    const served = await serve(t, undefined, {
      surface: { connectionsPerNetworkMax: 2, isNear: () => false },
    });
    const open = () => connect(served.port, '127.0.0.1');
    const [first, second] = [open(), open()];
    await Promise.all([once(first, 'connect'), once(second, 'connect')]);
    const third = open();
    third.on('error', () => {});
    await once(third, 'close');
    first.destroy();
    await once(first, 'close');
    // The other side may see that end a moment later.
    for (;;) {
      const answer = await speak(served.port, requestText('GET /health', ['Host: localhost'])).catch(
        () => '',
      );
      if (answer !== '') break;
    }
    second.destroy();
  });

  it('is not limited for this machine by its address', async (t) => {
    const served = await serve(t, undefined, { surface: { connectionsPerNetworkMax: 1 } });
    const first = connect(served.port, '127.0.0.1');
    await once(first, 'connect');
    assert.equal((await post(served, 'probe_echo')).status, 200);
    first.destroy();
  });
});

it('a call that has failed on a defect makes room for the next', async (t) => {
  const served = await serve(t, () => ({ call: () => Promise.reject(new TypeError('a defect')) }), {
    surface: { underWayPerPrincipalMax: 1 },
  });
  for (const _ of [1, 2]) assert.equal((await post(served, 'probe_echo')).status, 500);
});

it('a call whose client has gone before it was let in makes room for the next', async (t) => {
  const anna = openGate('anna');
  const [come, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let calls = 0;
  const served = await serve(t, undefined, {
    gate: {
      admit: async (shown) => {
        const { line } = shown;
        assert(line instanceof Socket);
        calls += 1;
        if (calls > 1) return anna.admit(shown);
        come.resolve();
        await once(line, 'close');
        setImmediate(over.resolve);
        return anna.admit(shown);
      },
    },
    surface: { underWayPerPrincipalMax: 1 },
  });
  const gone = connect(served.port, '127.0.0.1');
  const headers = ['Host: localhost', 'Content-Length: 2'];
  gone.write(requestText('POST /v1/operations/probe_echo', headers, '{}'));
  await come.promise;
  gone.destroy();
  await over.promise;
  assert.equal((await post(served, 'probe_echo')).status, 200);
});
