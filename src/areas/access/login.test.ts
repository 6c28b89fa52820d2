import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, it } from 'node:test';
import { serve, valueIn } from '../../../test/surfaces/serving.ts';
import { Logins } from '../../host/access/logins.ts';
import { Denials } from '../../host/access/denials.ts';
import { TokenGate } from '../../host/access/token-gate.ts';
import { hashOfToken, newTokenText } from '../../host/access/token-text.ts';
import type { Engine } from '../../engine/engine.ts';
import { Workspaces } from '../../host/workspaces.ts';
import { onThisMachine } from '../../surfaces/http/exposure.ts';
import { present } from '../../kernel/assert.ts';
import { ok } from '../../kernel/errors.ts';
import { hourMs, minuteMs } from '../../kernel/instants.ts';
import { memoryStorage } from '../../stores/memory/storage.ts';
import { CollectedLog } from '../../testing/collected-log.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { type AccessCommand, accessIntent } from './decide/index.ts';

const owner = {
  principal: 'owner',
  role: 'admin',
  kind: 'person',
  agent: undefined,
  session: undefined,
} as const;
const hashIn = (text: string): string => present(hashOfToken(text), 'it is a token');

/** The name of the cookie of a hub. */
const cookieAt = (url: string): string => `signalbox-${new URL(url).port}`;

/** What the journal says of who was denied what, once it is written. */
const deniedIn = async (engine: Engine, denials: Denials): Promise<unknown> => {
  const before = engine.seq;
  await denials.flush();
  const seqs = Array.from({ length: engine.seq - before }, (_, i) => before + 1 + i);
  return (await engine.journal.entriesAt(seqs)).map(({ data }) => data);
};

/** A hub that asks who calls, in front of its own journal. */
const openHub = async (context: TestContext, exposure = onThisMachine) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-login-'));
  const [log, clock] = [new CollectedLog(), new ManualClock()];
  const workspaces = valueIn(
    await Workspaces.open({
      cacheDir: dataDir,
      clock,
      log,
      ticksFirst: true,
      brief: true,
      storage: memoryStorage(),
    }),
  );
  context.after(async () => {
    await workspaces.close();
    await rm(dataDir, { recursive: true });
  });
  const { engine } = workspaces.hub;
  const own = newTokenText();
  const denials = new Denials({ clock, log });
  denials.open(engine);
  const desk: Logins = new Logins({ clock, failed: (refusal, remote) => gate.failed(refusal, remote) });
  const gate = new TokenGate({
    opening: Promise.resolve(ok(engine)),
    own: hashIn(own),
    clock,
    log,
    denials,
    sessions: desk,
  });
  const login = { desk, hubUrl: () => 'https://hub.example' };
  const served = await serve(context, undefined, { gate, surface: { login, exposure } });
  const { url } = served;
  const tell = async (command: AccessCommand): Promise<void> => {
    valueIn(await engine.report('test', accessIntent(command), owner));
  };
  const make = async (wanted: Partial<Extract<AccessCommand, { type: 'create_token' }>> = {}) => {
    const text = newTokenText();
    const hash = hashIn(text);
    await tell({ type: 'create_token', hash, principal: 'owner', label: '', scope: undefined, ...wanted });
    return { text, id: present(engine.slices.access.tokens.first('hash', hash), 'it was made').id };
  };
  const ask = (line: string, headers: Record<string, string> = {}, body?: unknown) =>
    fetch(`${url}${line.split(' ')[1]}`, {
      method: line.split(' ')[0] ?? '',
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const offer = (token = own, headers = {}) =>
    ask('POST /v1/login', { authorization: `Bearer ${token}`, ...headers });
  const codeOf = async (token?: string): Promise<string> =>
    JSON.parse(await (await offer(token)).text()).code;
  const enter = (code: unknown, headers: Record<string, string> = { origin: url }) =>
    ask('POST /login', headers, { code });
  /** The cookie of a browser that has given a code. */
  const enteredBy = async (code: string, headers?: Record<string, string>): Promise<string> => {
    const response = await enter(code, headers);
    assert.equal(response.status, 200, await response.clone().text());
    return present(response.headers.get('set-cookie')?.split(';')[0], 'there is one');
  };
  const who = async (cookie: string): Promise<unknown> => {
    const response = await ask('GET /v1/login', { cookie });
    const told = JSON.parse(await response.text());
    return response.ok ? told.principal : told.error.code;
  };
  const denied = (): Promise<unknown> => deniedIn(engine, denials);
  return { url, served, clock, log, own, tell, make, ask, offer, codeOf, enter, enteredBy, who, denied };
};

it('AC46 a link is made for a person who shows a token, and for nobody else', async (t) => {
  const { offer, ask, make, own, codeOf, enteredBy, url } = await openHub(t);
  const made = await offer();
  const { code, link, expires_in_s: lasts } = JSON.parse(await made.text());
  assert.match(code, /^[\w-]{22}$/);
  assert.deepEqual([link, lasts], [`https://hub.example/login#${code}`, 600]);
  assert.equal((await ask('POST /v1/login')).status, 401);
  const agent = await make({ kind: 'agent' });
  assert.equal((await offer(agent.text)).status, 403);
  const bound = await make({ kind: 'person', agent: 'ada' });
  assert.equal((await offer(bound.text)).status, 403);
  assert.equal((await offer(own, { 'signalbox-kind': 'agent' })).status, 403);
  assert.equal((await offer(own, { 'signalbox-agent': 'anna' })).status, 403);
  // A browser cannot go on for ever by making links for itself.
  const cookie = await enteredBy(await codeOf());
  assert.equal((await ask('POST /v1/login', { cookie, origin: url })).status, 403);
});

it('AC46 a code is good once and for 10 minutes', async (t) => {
  const { codeOf, enter, enteredBy, clock, who } = await openHub(t);
  const first = await codeOf();
  assert.equal(await who(await enteredBy(first)), 'owner');
  const again = await enter(first);
  assert.deepEqual([again.status, again.headers.get('set-cookie')], [401, null]);
  const old = await codeOf();
  clock.advance(10 * minuteMs);
  assert.equal((await enter(old)).status, 401);
});

it('AC46 AC47 who makes many links, and comes in with many browsers, takes only from themselves', async (t) => {
  const { codeOf, enter, enteredBy, who, tell, make } = await openHub(t);
  await tell({ type: 'add_principal', name: 'mia', kind: 'person', role: 'reader', note: undefined });
  const { text } = await make({ principal: 'mia', kind: 'person' });
  const ofOwner = await enteredBy(await codeOf());
  const [first, second] = [await codeOf(), await codeOf(text)];
  const codes: string[] = [];
  for (let i = 0; i < 5; i += 1) codes.push(await codeOf(text));
  assert.equal((await enter(second)).status, 401);
  const cookies: string[] = [];
  for (const code of codes) cookies.push(await enteredBy(code));
  for (let i = 0; i < 16; i += 1) cookies.push(await enteredBy(await codeOf(text)));
  const shown = await Promise.all(cookies.map(who));
  assert.deepEqual([shown[0], shown.slice(1)], ['unauthenticated', Array(20).fill('mia')]);
  assert.deepEqual([await who(ofOwner), await who(await enteredBy(first))], ['owner', 'owner']);
});

it('AC46 AC47 where all links and browsers that there may be are of others, nobody of them makes room', () => {
  const failed = () => assert.fail('nobody fails');
  const desk = new Logins({ clock: new ManualClock(), failed });
  const of = (principal: string) => ({ ...owner, principal, connection: undefined, client: undefined });
  const enter = (principal: string) => desk.redeem(valueIn(desk.offer(of(principal))).code, undefined);
  const first = valueIn(enter('p0'));
  for (let i = 1; i < 2_000; i += 1) valueIn(enter(`p${Math.floor(i / 20)}`));
  const refused = enter('anna');
  assert.equal(refused.ok ? '' : refused.code, 'limit_exceeded');
  assert.equal(desk.find(first.secret)?.principal, 'p0');
  // Who is among them goes on, for a browser of theirs.
  valueIn(enter('p0'));
  assert.equal(desk.find(first.secret), undefined);
  for (let i = 0; i < 200; i += 1) valueIn(desk.offer(of(`p${Math.floor(i / 5)}`)));
  const beyond = desk.offer(of('anna'));
  assert.equal(beyond.ok ? '' : beyond.code, 'limit_exceeded');
  valueIn(desk.offer(of('p0')));
});

it('AC46 who guesses codes is told to wait, and a good one holds all the same', async (t) => {
  const { codeOf, enter, enteredBy, who } = await openHub(t);
  const code = await codeOf();
  const statuses: number[] = [];
  for (let i = 0; i < 21; i += 1) statuses.push((await enter('A'.repeat(22))).status);
  assert.deepEqual([new Set(statuses.slice(0, 20)), statuses[20]], [new Set([401]), 429]);
  for (const nothing of [undefined, 7, null]) assert.equal((await enter(nothing)).status, 400);
  assert.equal(await who(await enteredBy(code)), 'owner');
});

it('AC46 a code is given by the page of the hub itself, in JSON', async (t) => {
  const { ask, codeOf, enter, url } = await openHub(t);
  const code = await codeOf();
  assert.equal((await enter(code, {})).status, 403);
  assert.equal((await enter(code, { origin: 'https://evil.example' })).status, 403);
  assert.equal((await enter(code, { origin: url, 'content-type': 'text/plain' })).status, 403);
  assert.equal((await ask('POST /logout', {})).status, 403);
  assert.equal((await enter(code)).status, 200);
});

it('AC47 a browser is whoever made the link, with a cookie that pages cannot read', async (t) => {
  const { enter, codeOf, tell, make, who, ask } = await openHub(t);
  await tell({ type: 'add_principal', name: 'mia', kind: 'person', role: 'reader', note: undefined });
  const token = await make({ principal: 'mia', kind: 'person' });
  const response = await enter(await codeOf(token.text));
  const cookie = response.headers.get('set-cookie') ?? '';
  assert.match(cookie, /^signalbox-\d+=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
  assert.deepEqual(JSON.parse(await response.text()), {
    principal: 'mia',
    role: 'reader',
    kind: 'person',
    workspaces: ['*'],
    expires_in_s: 43_200,
  });
  const [shown = ''] = cookie.split(';');
  assert.equal(await who(shown), 'mia');
  const health = await ask('GET /health', { cookie: `theme=dark; ${shown}` });
  assert.ok('workspaces' in JSON.parse(await health.text()));
});

it('AC47 it ends after 12 hours, with the token, by logging out, and with the next login', async (t) => {
  const { enteredBy, enter, codeOf, tell, make, who, clock, ask, url } = await openHub(t);
  const byOwn = await enteredBy(await codeOf());
  clock.advance(12 * hourMs - 1);
  assert.equal(await who(byOwn), 'owner');
  clock.advance(1);
  assert.equal(await who(byOwn), 'unauthenticated');

  const token = await make({ kind: 'person' });
  const byToken = await enteredBy(await codeOf(token.text));
  assert.equal(await who(byToken), 'owner');
  await tell({ type: 'revoke_token', id: token.id, reason: undefined });
  assert.equal(await who(byToken), 'unauthenticated');

  const another = await make({ kind: 'person' });
  const before = await enteredBy(await codeOf(another.text));
  const link = await codeOf(another.text);
  const hash = hashIn(newTokenText());
  await tell({ type: 'refresh_token', id: another.id, hash, expires: undefined, scope: undefined });
  assert.equal(await who(before), 'unauthenticated');
  assert.equal((await enter(link)).status, 401);

  const leaving = await enteredBy(await codeOf());
  const left = await ask('POST /logout', { cookie: leaving, origin: url });
  assert.deepEqual([left.status, left.headers.get('set-cookie')?.split(';')[0]], [200, `${cookieAt(url)}=`]);
  assert.equal(await who(leaving), 'unauthenticated');

  const first = await enteredBy(await codeOf());
  const next = await enteredBy(await codeOf(), { origin: url, cookie: first });
  assert.notEqual(next, first);
  assert.deepEqual([await who(first), await who(next)], ['unauthenticated', 'owner']);
});

it('AC47 a cookie that nobody was given lets nobody in, and counts as a failure', async (t) => {
  const { who, url } = await openHub(t);
  const cookie = `${cookieAt(url)}=${'A'.repeat(43)}`;
  const told: unknown[] = [];
  for (let i = 0; i < 21; i += 1) told.push(await who(cookie));
  assert.deepEqual([told[0], told[20]], ['unauthenticated', 'rate_limited']);
});

it('AC48 hubs on several ports of one name keep their browsers apart', async (t) => {
  const [one, other] = [await openHub(t), await openHub(t)];
  const [first, second] = [
    await one.enteredBy(await one.codeOf()),
    await other.enteredBy(await other.codeOf()),
  ];
  assert.notEqual(first.split('=')[0], second.split('=')[0]);
  // Browsers send both to both, and a wrong one would count as a failure.
  const both = `${first}; ${second}`;
  assert.deepEqual([await one.who(both), await other.who(both)], ['owner', 'owner']);
  for (let i = 0; i < 21; i += 1) assert.equal(await one.who(second), 'unauthenticated');
  const left = await one.ask('POST /logout', { cookie: both, origin: one.url });
  assert.deepEqual([left.status, await other.who(both)], [200, 'owner']);
});

it('AC48 a change comes only from a page of the hub, and a token that is shown is what counts', async (t) => {
  const { enteredBy, codeOf, ask, url, served, own } = await openHub(t);
  const cookie = await enteredBy(await codeOf());
  const call = async (headers: Record<string, string>): Promise<number> =>
    (await ask('POST /v1/operations/probe_echo', { cookie, ...headers }, {})).status;
  assert.equal(await call({ origin: url }), 200);
  assert.equal(served.calls.at(-1)?.caller.kind, 'person');
  assert.equal(await call({}), 403);
  assert.equal(await call({ origin: 'https://evil.example' }), 403);
  assert.equal(await call({ origin: 'null' }), 403);
  assert.equal(await call({ origin: url, authorization: `Bearer ${newTokenText()}` }), 401);
  assert.equal(await call({ authorization: `Bearer ${own}` }), 200);
  assert.equal((await ask('DELETE /v1/connection', { cookie, 'signalbox-connection': 'x' })).status, 403);
  assert.equal((await ask('GET /v1/login', { cookie, 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal(served.calls.length, 2);
});

it('AC31 AC46 AC48 a link for no person, and a change from no page of the hub, are denied access', async (t) => {
  const { offer, make, enteredBy, codeOf, ask, denied } = await openHub(t);
  const { text, id } = await make({ kind: 'agent' });
  for (let n = 0; n < 2; n += 1) assert.equal((await offer(text)).status, 403);
  const cookie = await enteredBy(await codeOf());
  assert.equal((await ask('POST /v1/operations/probe_echo', { cookie }, {})).status, 403);
  const entry = { principal: 'owner', code: 'forbidden' };
  assert.deepEqual(await denied(), [
    { ...entry, token: id, operation: 'login', count: 2 },
    { ...entry, operation: 'browser', count: 1 },
  ]);
});

it('AC48 a page of an allowed origin may call, but not by the cookie, and lets nobody in or out', async (t) => {
  const origin = 'http://localhost:3000';
  const { enter, enteredBy, codeOf, ask, own, who } = await openHub(t, {
    ...onThisMachine,
    origins: [origin],
  });
  const code = await codeOf();
  assert.equal((await enter(code, { origin })).status, 403);
  const cookie = await enteredBy(code);
  const call = async (headers: Record<string, string>): Promise<number> =>
    (await ask('POST /v1/operations/probe_echo', { origin, 'sec-fetch-site': 'same-site', ...headers }, {}))
      .status;
  assert.equal(await call({ cookie }), 403);
  assert.equal(await call({ authorization: `Bearer ${own}` }), 200);
  assert.equal((await ask('GET /v1/login', { cookie, origin })).status, 403);
  assert.equal((await ask('POST /logout', { cookie, origin })).status, 403);
  assert.equal(await who(cookie), 'owner');
});

it('AC48 a cookie is nothing to MCP', async (t) => {
  const { enteredBy, codeOf, ask, url } = await openHub(t);
  const cookie = await enteredBy(await codeOf());
  for (const path of ['/mcp', '/mcp/full'])
    for (const method of ['POST', 'GET', 'DELETE'])
      assert.equal(
        (await ask(`${method} ${path}`, { cookie, origin: url })).status,
        401,
        `${method} ${path}`,
      );
});

it('AC42 opening a stream counts as reading, and making a link as any other call', async (t) => {
  const { ask, offer, own, served } = await openHub(t);
  const authorization = `Bearer ${own}`;
  const limits = { read: 1, general: 2, burst: 0 };
  const limited = await ask('POST /v1/operations/rate_limit_update', { authorization }, limits);
  assert.equal(limited.status, 200);
  // The owner is an admin, who has twice as many, and has made one call.
  for (const status of [200, 200, 200, 429]) assert.equal((await offer()).status, status);
  for (const [path, status] of [
    ['/v1/events', 200],
    ['/v1/changes', 200],
    ['/v1/events', 429],
    ['/v1/changes', 429],
  ] as const) {
    const response = await ask(`GET ${path}`, { authorization });
    assert.equal(response.status, status, path);
    await response.body?.cancel();
    const refused = status === 429;
    assert.deepEqual(
      [response.headers.get('ratelimit-policy'), response.headers.has('retry-after')],
      [refused ? '"read";q=2;w=60' : null, refused],
    );
  }
  const refused = await offer();
  assert.deepEqual([refused.headers.has('retry-after'), served.calls.length], [true, 1]);
  assert.equal((await ask('POST /v1/operations/status', { authorization }, {})).status, 429);
});

it('AC46 no code is told to the log', async (t) => {
  const { enter, codeOf, log, served } = await openHub(t);
  const code = await codeOf();
  const cookie = (await enter(code)).headers.get('set-cookie') ?? '';
  const told = JSON.stringify([log, served.log]);
  assert(!told.includes(code) && !told.includes(present(cookie.split(/[=;]/)[1], 'it has a value')));
});
