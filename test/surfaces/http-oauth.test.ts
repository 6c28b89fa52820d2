/* What a client is told that could get a token from an identity provider. */
import assert from 'node:assert/strict';
import { type TestContext, describe, it } from 'node:test';
import { openGate } from '../../src/host/open-gate.ts';
import { refuse } from '../../src/kernel/errors.ts';
import type { Caller } from '../../src/kernel/operation.ts';
import type { Gate } from '../../src/surfaces/http/gate.ts';
import type { ProtectedResource } from '../../src/surfaces/http/protected-resource.ts';
import { errorOf, parseAnswer, post, requestText, serve, speak } from './serving.ts';

const reader: Caller = {
  principal: 'oidc-0',
  role: 'reader',
  kind: 'person',
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
};

const issuer = 'https://login.example.com/realms/main';

/** Lets in a reader by `Bearer reader`; whom it knows and lets in to nothing by `Bearer nothing`. */
const gateWith = (resource: Partial<ProtectedResource> = {}): Gate => ({
  protectedResource: {
    issuer,
    resource: undefined,
    scopes: ['read', 'write'],
    scopesFor: (_caller, role) => (role === 'admin' ? undefined : ['read', 'write']),
    ...resource,
  },
  admit: ({ authorization }) => {
    if (authorization === 'Bearer reader') return { ok: true, value: reader };
    return authorization === 'Bearer nothing'
      ? refuse('forbidden', 'Nothing for you.', { scopes: ['read', 'write'] })
      : refuse('unauthenticated', 'Say the word.');
  },
});

const open = (context: TestContext, resource: Partial<ProtectedResource> = {}) =>
  serve(context, undefined, { gate: gateWith(resource) });

const wellKnown = '/.well-known/oauth-protected-resource';
const as = (token: string) => ({ Authorization: `Bearer ${token}` });

describe('the metadata of a protected resource', () => {
  it('is for everybody, and names each resource as it is called', async (t) => {
    const { url } = await open(t);
    for (const [path, resource] of [
      ['', '/'],
      ['/mcp', '/mcp'],
      ['/mcp/full', '/mcp/full'],
      ['/mcp/tasks,agents', '/mcp/tasks,agents'],
    ] as const) {
      const response = await fetch(`${url}${wellKnown}${path}`);
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), {
        resource: `${url}${resource}`,
        authorization_servers: [issuer],
        scopes_supported: ['read', 'write'],
        bearer_methods_supported: ['header'],
        resource_name: 'Signalbox',
      });
    }
  });

  it('names the address that was configured, and no scopes where none means anything', async (t) => {
    const { url } = await open(t, { resource: 'https://hub.example.com', scopes: [] });
    const told = JSON.parse(await (await fetch(`${url}${wellKnown}/mcp`)).text());
    assert.equal(told.resource, 'https://hub.example.com/mcp');
    assert.equal('scopes_supported' in told, false);
  });

  it('is only read', async (t) => {
    const { url } = await open(t);
    const response = await fetch(`${url}${wellKnown}`, { method: 'POST', body: '{}' });
    assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD']);
  });

  it('is nowhere else, and nowhere on a hub without an identity provider', async (t) => {
    const { url } = await open(t);
    for (const path of ['/v1', '/mcp/a/b', 'x', '/', '/mcp"x'])
      assert.equal((await fetch(`${url}${wellKnown}${path}`)).status, 404, path);
    const plain = await serve(t);
    for (const path of ['', '/mcp', '/mcp/full']) {
      const response = await fetch(`${plain.url}${wellKnown}${path}`);
      assert.equal(errorOf(await response.json()).code, 'route_unknown');
    }
  });

  it('is not made for a host that the hub does not answer to', async (t) => {
    const { port } = await open(t);
    const answer = await speak(port, requestText(`GET ${wellKnown}`, ['Host: evil.example']));
    assert.equal(parseAnswer(answer).status, 403);
  });
});

describe('a challenge', () => {
  it('leads whoever shows nothing to the metadata and says what to ask for', async (t) => {
    const { url } = await open(t);
    const places = [
      ['/mcp', '/mcp'],
      ['/mcp/full', '/mcp/full'],
      ['/mcp?workspace=main', '/mcp'],
      ['/v1/operations/probe_echo', ''],
    ] as const;
    for (const [path, described] of places) {
      const { status, headers } = await fetch(`${url}${path}`, { method: 'POST', body: '{}' });
      assert.equal(status, 401);
      assert.equal(
        headers.get('www-authenticate'),
        `Bearer realm="Signalbox", resource_metadata="${url}${wellKnown}${described}", scope="read write"`,
      );
    }
  });

  it('says of a token that it does not hold', async (t) => {
    const { url } = await open(t, { resource: 'https://hub.example.com', scopes: [] });
    const { headers } = await fetch(`${url}/mcp`, { method: 'POST', body: '{}', headers: as('wrong') });
    assert.equal(
      headers.get('www-authenticate'),
      `Bearer realm="Signalbox", error="invalid_token", resource_metadata="https://hub.example.com${wellKnown}/mcp"`,
    );
  });

  it('names all scopes at once to whom none of their scopes lets in', async (t) => {
    const { url } = await open(t);
    const { status, headers } = await fetch(`${url}/mcp`, {
      method: 'POST',
      body: '{}',
      headers: as('nothing'),
    });
    assert.equal(status, 403);
    assert.equal(
      headers.get('www-authenticate'),
      `Bearer realm="Signalbox", error="insufficient_scope", resource_metadata="${url}${wellKnown}/mcp", scope="read write"`,
    );
  });
});

describe('a role that is too low', () => {
  const call = (name: string, args = {}): string =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } });

  it('makes a client get more scopes for a tool that needs a higher role', async (t) => {
    const served = await open(t);
    const send = (body: string) =>
      fetch(`${served.url}/mcp`, {
        method: 'POST',
        body,
        headers: { ...as('reader'), accept: 'application/json, text/event-stream' },
      });
    for (const body of [call('task_add'), call('tool_call', { name: 'task_add', arguments: {} })]) {
      const { status, headers } = await send(body);
      assert.equal(status, 403);
      assert.match(headers.get('www-authenticate') ?? '', /error="insufficient_scope".*scope="read write"/);
    }
    const direct = await post(served, 'task_add', { headers: as('reader'), body: { title: 'x' } });
    assert.equal(direct.status, 403);
    assert.match(direct.headers.get('www-authenticate') ?? '', /scope="read write"/);
    assert.deepEqual(served.calls, []);
    for (const body of [call('task_list'), call('principal_list'), call('no_such_tool')])
      assert.equal((await send(body)).headers.get('www-authenticate'), null, body);
  });

  it('is none of the business of others, whatever their role', async (t) => {
    const { admit } = openGate('owner');
    const gate: Gate = { ...gateWith({ scopesFor: () => undefined }), admit };
    const served = await serve(t, undefined, { gate });
    const { status } = await post(served, 'task_list', { body: {} });
    assert.equal(status, 200);
  });
});
