/* A real client of MCP that logs in at a real identity provider, and comes in with what it gets there. */
import assert from 'node:assert/strict';
import { type TestContext, describe, it } from 'node:test';
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { Denials } from '../../src/host/access/denials.ts';
import { OAuthGate } from '../../src/host/access/oauth/oauth-gate.ts';
import { rulesIn } from '../../src/host/configuration/oauth-roles.ts';
import { systemClock } from '../../src/engine/clock.ts';
import type { OAuthSettings } from '../../src/host/configuration/oauth.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { type Era, eras } from '../surfaces/mcp-clients.ts';
import { type Served, post, serve, valueIn } from '../surfaces/serving.ts';
import { usualRoles } from './issuer.ts';
import { Login, hubClient, logIn, scopes, startProvider } from './real-provider.ts';

const groups = new Map([
  ['ada', ['dev']],
  ['olga', ['ops']],
  ['eve', ['sales']],
]);

/** A hub that takes tokens of this identity provider. */
const serveFor = (
  context: TestContext,
  issuer: string,
  settings: Partial<OAuthSettings> & { readonly roles?: string } = {},
): Promise<Served> => {
  const log = new CollectedLog();
  const gate = new OAuthGate({
    settings: {
      issuer,
      audiences: [],
      resource: undefined,
      groupsClaim: 'groups',
      personScope: undefined,
      rules: valueIn(rulesIn(settings.roles ?? usualRoles)),
      scopes: [],
      introspection: undefined,
      ...settings,
    },
    inner: { admit: () => nobody },
    clock: systemClock,
    log,
    denials: new Denials({ clock: systemClock, log }),
  });
  return serve(context, undefined, { gate });
};

/** A real identity provider, and a hub that takes its tokens. */
const open = async (context: TestContext, format: 'jwt' | 'opaque' = 'jwt') => {
  const { issuer } = await startProvider(context, { groups, format });
  const introspection = format === 'opaque' ? hubClient : undefined;
  return { issuer, ...(await serveFor(context, issuer, { introspection })) };
};

const nobody = {
  ok: false,
  code: 'unauthenticated',
  message: 'Say who you are.',
  details: {},
} as const;

const transportOf = ({ url }: Served, login: Login): StreamableHTTPClientTransport =>
  new StreamableHTTPClientTransport(new URL('/mcp', url), { authProvider: login });

const newClient = (era: Era): Client =>
  new Client(
    { name: 'Test Client', version: '1' },
    { versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } } },
  );

/** Connects, is sent to the identity provider, and connects with what that gave. */
const connectAs = async (served: Served, name: string, era: Era = 'legacy') => {
  const login = new Login();
  const first = transportOf(served, login);
  await assert.rejects(newClient(era).connect(first), UnauthorizedError);
  const [page] = login.sentTo;
  assert(page !== undefined);
  await first.finishAuth(await logIn(page, name));
  const client = newClient(era);
  await client.connect(transportOf(served, login));
  return { client, login, page };
};

const headersOf = (login: Login) => ({ Authorization: `Bearer ${login.tokens()?.access_token}` });

describe('a client of MCP that logs in at an identity provider', () => {
  for (const era of eras)
    it(`finds it, gets a token for this hub and calls tools: ${era}`, async (t) => {
      const served = await open(t);
      const { client, login, page } = await connectAs(served, 'ada', era);
      t.after(() => client.close());
      assert.equal(page.searchParams.get('resource'), `${served.url}/mcp`);
      assert.equal(page.searchParams.get('code_challenge_method'), 'S256');
      const asked = page.searchParams.get('scope')?.split(' ') ?? [];
      assert(
        scopes.every((scope) => asked.includes(scope)),
        'it asks for what means something here',
      );
      const { tools } = await client.listTools();
      assert(tools.some(({ name }) => name === 'start'));
      const { isError } = await client.callTool({ name: 'task_list', arguments: {} });
      assert.notEqual(isError, true);
      const { body } = await post(served, 'auth_status', { headers: headersOf(login) });
      assert.match(JSON.stringify(body), /"principal":"oidc-[0-9a-f]{32}","kind":"person","role":"worker"/);
      const [{ caller } = { caller: undefined }] = served.calls;
      assert.deepEqual([caller?.kind, caller?.role], ['agent', 'worker'], 'what speaks MCP is an agent');
    });

  it('goes on in its session when its token is refreshed', async (t) => {
    const served = await open(t);
    const { client, login } = await connectAs(served, 'ada');
    t.after(() => client.close());
    const before = login.tokens();
    assert(before?.refresh_token !== undefined);
    await client.callTool({ name: 'task_list', arguments: {} });
    // What was given is no token of anybody: the client gets another one by itself and repeats the call.
    login.saveTokens({ ...before, access_token: 'e.e.e' });
    await client.callTool({ name: 'task_list', arguments: {} });
    assert.notEqual(login.tokens()?.access_token, before.access_token);
    assert.equal(new Set(served.calls.map(({ caller }) => caller.connection)).size, 1, 'one session');
  });
});

describe('the token of a client that has logged in', () => {
  it('lets it in when it is opaque as well, until it is revoked', async (t) => {
    const served = await open(t, 'opaque');
    const { client, login } = await connectAs(served, 'olga');
    t.after(() => client.close());
    assert.doesNotMatch(login.tokens()?.access_token ?? '', /\./);
    assert.notEqual((await client.callTool({ name: 'task_list', arguments: {} })).isError, true);
    const token = login.tokens()?.access_token ?? '';
    const revoked = await fetch(`${served.issuer}/token/revocation`, {
      method: 'POST',
      body: new URLSearchParams({ token, client_id: login.clientInformation()?.client_id ?? '' }),
    });
    assert.equal(revoked.status, 200);
    // What the first hub has found out it believes for a minute; another one asks.
    const audiences = [`${served.url}/mcp`];
    const other = await serveFor(t, served.issuer, { introspection: hubClient, audiences });
    const { status, body } = await post(other, 'task_list', { headers: headersOf(login) });
    assert.equal(status, 401);
    assert.match(JSON.stringify(body), /does not hold, or no longer/);
  });

  it('keeps it out, and sends it nowhere, where only groups stand for roles and none of its own does', async (t) => {
    const served = await open(t);
    const { client, login } = await connectAs(served, 'eve');
    t.after(() => client.close());
    const audiences = [`${served.url}/mcp`];
    const other = await serveFor(t, served.issuer, { audiences, roles: 'group:dev=worker@*' });
    const { status, body, headers } = await post(other, 'task_list', { headers: headersOf(login) });
    assert.equal(status, 403);
    assert.match(JSON.stringify(body), /none of your groups and scopes/);
    assert.equal(headers.get('www-authenticate'), null, 'no scope would help');
  });

  it('is no use at another hub', async (t) => {
    const served = await open(t);
    const { client, login } = await connectAs(served, 'ada');
    t.after(() => client.close());
    const other = await serveFor(t, served.issuer);
    const { status, body } = await post(other, 'task_list', { headers: headersOf(login) });
    assert.equal(status, 401);
    assert.match(JSON.stringify(body), /not made out to this hub/);
  });
});

describe('a program that logs in with its own credentials', () => {
  it('is a service, for what its scopes stand for', async (t) => {
    const served = await open(t);
    const response = await fetch(`${served.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('ci:ci-secret')}` },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        resource: `${served.url}/mcp`,
        scope: scopes.join(' '),
      }),
    });
    const { access_token: token } = JSON.parse(await response.text());
    const { body } = await post(served, 'auth_status', { headers: { Authorization: `Bearer ${token}` } });
    assert.match(JSON.stringify(body), /"kind":"service","role":"worker"/);
  });
});
