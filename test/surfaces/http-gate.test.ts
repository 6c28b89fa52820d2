import assert from 'node:assert/strict';
import { type TestContext, describe, it } from 'node:test';
import { openGate } from '../../src/host/open-gate.ts';
import { refuse } from '../../src/kernel/errors.ts';
import { connectHub } from '../../src/surfaces/http/client.ts';
import type { Credentials, Gate } from '../../src/surfaces/http/gate.ts';
import { type Served, errorOf, post, serve, valueIn } from './serving.ts';

/** Lets in who knows the word; notes what it was shown. */
const wordGate = (word: string): Gate & { readonly shown: Credentials[] } => {
  const shown: Credentials[] = [];
  const inside = openGate('owner');
  return {
    shown,
    admit: async (credentials) => {
      shown.push(credentials);
      return credentials.authorization === `Bearer ${word}`
        ? inside.admit(credentials)
        : refuse('unauthenticated', 'Say the word.');
    },
  };
};

const guarded = async (
  context: TestContext,
): Promise<Served & { readonly gate: ReturnType<typeof wordGate> }> => {
  const gate = wordGate('sesame');
  return { ...(await serve(context, undefined, { gate })), gate };
};

/** Every address behind the gate. */
const inner = [
  ['POST', '/v1/operations/probe_echo'],
  ['POST', '/v1/operations/no_such_operation'],
  ['GET', '/v1/changes'],
  ['GET', '/v1/events'],
  ['DELETE', '/v1/connection'],
  ['POST', '/mcp'],
  ['GET', '/mcp'],
  ['DELETE', '/mcp'],
  ['POST', '/mcp/full'],
] as const;

describe('the gate of the HTTP surface', () => {
  for (const [method, path] of inner) {
    it(`keeps out who may not come in: ${method} ${path}`, async (t) => {
      const { url, calls } = await guarded(t);
      const body = method === 'POST' ? '{}' : null;
      const silent = await fetch(`${url}${path}`, { method, body });
      assert.equal(silent.status, 401);
      assert.equal(silent.headers.get('www-authenticate'), 'Bearer realm="Signalbox"');
      assert.match(await silent.text(), /Say the word/);
      const wrong = await fetch(`${url}${path}`, {
        method,
        body,
        headers: { Authorization: 'Bearer guess' },
      });
      assert.equal(wrong.status, 401);
      assert.equal(wrong.headers.get('www-authenticate'), 'Bearer realm="Signalbox", error="invalid_token"');
      await wrong.body?.cancel();
      assert.deepEqual(calls, []);
    });
  }

  it('answers MCP in its own terms', async (t) => {
    const { url } = await guarded(t);
    const response = await fetch(`${url}/mcp`, { method: 'POST', body: '{}' });
    const { jsonrpc, error } = JSON.parse(await response.text());
    assert.deepEqual([jsonrpc, error.data.code], ['2.0', 'unauthenticated']);
  });

  it('lets in who may, and is shown where they come from', async (t) => {
    const served = await guarded(t);
    const { status } = await post(served, 'probe_echo', { headers: { Authorization: 'Bearer sesame' } });
    assert.equal(status, 200);
    assert.deepEqual(
      served.gate.shown.map(({ line: _line, ...shown }) => shown),
      [{ authorization: 'Bearer sesame', remote: '127.0.0.1', port: served.port }],
    );
    assert.equal(served.calls[0]?.caller.principal, 'owner');
  });
});

describe('what everybody may ask of the HTTP surface', () => {
  it('tells strangers which hub this is and how it is, and no workspace', async (t) => {
    const served = await guarded(t);
    const { id, version } = served.hub;
    const told = await (await fetch(`${served.url}/health`)).json();
    assert.deepEqual(told, { status: 'ok', id, version });
    const inside = await fetch(`${served.url}/health`, { headers: { Authorization: 'Bearer sesame' } });
    assert.deepEqual(await inside.json(), await served.hub.health());
  });

  it('tells strangers that something cannot be stored, and not where', async (t) => {
    const workspaces = [{ name: 'secret-plan', writable: false, reason: 'full', seq: 1 }];
    const { url } = await serve(
      t,
      (hub) => ({
        health: async () => ({ ...(await hub.health()), status: 'degraded', writable: false, workspaces }),
      }),
      { gate: wordGate('sesame') },
    );
    const told = async (headers: Record<string, string>): Promise<unknown> =>
      (await fetch(`${url}/ready`, { headers })).json();
    assert.deepEqual(await told({}), { ready: false, reason: 'a workspace cannot be written' });
    assert.deepEqual(await told({ Authorization: 'Bearer sesame' }), {
      ready: false,
      reason: 'secret-plan: full',
    });
  });
});

describe('a refusal at the gate', () => {
  it('says when to come back', async (t) => {
    const gate: Gate = { admit: () => refuse('rate_limited', 'Too many.', { retry_after_s: 7 }) };
    const served = await serve(t, undefined, { gate });
    const response = await fetch(`${served.url}/v1/operations/probe_echo`, { method: 'POST', body: '{}' });
    assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '7']);
    assert.equal(errorOf(await response.json()).code, 'rate_limited');
  });

  it('is shown the token of a hub elsewhere that is called through this program', async (t) => {
    const { url } = await guarded(t);
    const call = {
      operation: 'probe_echo',
      input: {},
      caller: valueIn(await openGate('x').admit({ authorization: undefined, remote: undefined })),
      workspace: undefined,
      requestId: undefined,
      signal: undefined,
    };
    const connected = async (token: string | undefined) => {
      const hub = valueIn(await connectHub(url, { token }));
      t.after(() => hub.close());
      return hub;
    };
    const refused = await (await connected(undefined)).call(call);
    assert.equal(refused.ok ? '' : refused.code, 'unauthenticated');
    const inside = await connected('sesame');
    assert.deepEqual((await inside.call(call)).ok, true);
    assert.equal((await inside.health()).workspaces.length > 0, true);
    const changes = await inside.changes(undefined, () => {});
    assert(changes.ok);
    changes.value();
  });
});
