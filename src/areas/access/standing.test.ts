import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { modern } from '../../../test/surfaces/raw-mcp.ts';
import { serve, valueIn } from '../../../test/surfaces/serving.ts';
import { systemClock } from '../../engine/clock.ts';
import { type Access, openAccess } from '../../host/access/access.ts';
import { Denials } from '../../host/access/denials.ts';
import { present } from '../../kernel/assert.ts';
import { CollectedLog } from '../../testing/collected-log.ts';
import { type AccessCommand, accessIntent } from './decide/index.ts';

const owner = {
  principal: 'owner',
  role: 'admin',
  kind: 'person',
  agent: undefined,
  session: undefined,
} as const;

type Headers = Readonly<Record<string, string>>;

/** A hub as it is served, and who may come in. */
const openHub = async (context: TestContext, auth = true) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-standing-'));
  context.after(() => rm(dataDir, { recursive: true }));
  const log = new CollectedLog();
  const clock = systemClock;
  const access: Access = openAccess(
    { auth, dataDir, token: undefined, oauth: undefined },
    { clock, log, denials: new Denials({ clock, log }) },
  );
  const login = { desk: access.logins, hubUrl: () => 'http://hub.example' };
  const served = await serve(context, undefined, { gate: access.gate, surface: { login } });
  const { url, engine, waiting } = served;
  valueIn(await access.open(engine));
  context.after(access.close);
  const own = { authorization: `Bearer ${present(access.own, 'none was given')}` };
  const ask = async (path: string, headers: Headers, body: unknown = {}): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const call = async (name: string, input: object, headers: Headers = own) => {
    const response = await ask(`/v1/operations/${name}`, headers, input);
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  const tell = async (command: AccessCommand): Promise<void> => {
    valueIn(await engine.report('test', accessIntent(command), owner));
  };
  /** All that a stream tells until the hub ends it; resolves once it has begun. */
  const follow = async (path: string, init: RequestInit): Promise<{ readonly all: Promise<string> }> => {
    const response = await fetch(`${url}${path}`, init);
    assert.equal(response.status, 200, path);
    return { all: response.text() };
  };
  const streams = async (headers: Headers) => {
    const listen = modern(7, 'subscriptions/listen', {
      notifications: { resourceSubscriptions: ['signalbox://board'] },
    });
    return [
      await follow('/v1/events', { headers }),
      await follow('/v1/changes', { headers }),
      ...('cookie' in headers
        ? []
        : [
            await follow('/mcp', {
              method: 'POST',
              headers: {
                'content-type': 'application/json',
                accept: 'application/json, text/event-stream',
                ...listen.headers,
                ...headers,
              },
              body: JSON.stringify(listen.body),
            }),
          ]),
    ];
  };
  const untilWaiting = async (count: number): Promise<void> => {
    while ((await waiting()) < count) await turn();
  };
  const made = async (input: object = {}) => {
    const { body } = await call('token_create', input);
    return { id: body.id, headers: { authorization: `Bearer ${body.token}` } };
  };
  return { url, ask, call, tell, streams, follow, untilWaiting, made };
};

const later = 'TOLD-AFTER-THE-END';

for (const [how, end] of [
  ['is revoked', 'token_revoke'],
  ['gets another secret', 'token_refresh'],
])
  it(`AC39 what a token has open ends when it ${how}`, async (t) => {
    const { call, streams, made } = await openHub(t);
    const { id, headers } = await made();
    const open = await streams(headers);
    assert.equal((await call(end ?? '', { id })).status, 200);
    assert.equal((await call('task_add', { title: later })).status, 200);
    const told = await Promise.all(open.map(({ all }) => all));
    assert.equal(told.length, 3);
    for (const text of told) assert.ok(!text.includes(later) && !/T-1|task[._:]/.test(text), text);
    assert.match(told[0] ?? '', /event: end\ndata: \{"reason":"unauthenticated"/);
    assert.equal((await call('status', {}, headers)).status, 401);
  });

it('AC39 the stream of an MCP session ends with the token, and the session with it', async (t) => {
  const { url, ask, call, follow, made } = await openHub(t);
  const { id, headers } = await made();
  const accept = { accept: 'application/json, text/event-stream' };
  const begun = await ask(
    '/mcp',
    { ...headers, ...accept },
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    },
  );
  const session = begun.headers.get('mcp-session-id') ?? '';
  await begun.text();
  const inSession = {
    ...headers,
    ...accept,
    'mcp-session-id': session,
    'mcp-protocol-version': '2025-06-18',
  };
  const { all } = await follow('/mcp', { headers: { ...inSession, accept: 'text/event-stream' } });
  await call('token_revoke', { id });
  await all;
  const ping = { jsonrpc: '2.0', id: 2, method: 'ping' };
  assert.equal((await ask('/mcp', inSession, ping)).status, 401, url);
});

it('AC39 a call that waits is given nothing once its token is over', async (t) => {
  const { call, untilWaiting, made } = await openHub(t);
  const { id, headers } = await made({ for_agent: 'ada' });
  const bob = { 'signalbox-session': (await call('start', { agent: 'bob' })).body.session };
  const start = await call('start', { agent: 'ada' }, headers);
  const ada = { ...headers, 'signalbox-session': start.body.session };
  const owning = (await made()).headers;
  const byBob = { ...owning, ...bob };
  assert.equal((await call('lock_acquire', { name: 'db' }, byBob)).status, 200);
  const waits = [
    call('lock_acquire', { name: 'db', wait_ms: 50_000 }, ada),
    call('task_claim', { wait_ms: 50_000 }, ada),
    call('wait', { wait_ms: 50_000 }, ada),
  ];
  await untilWaiting(waits.length);
  assert.equal((await call('token_revoke', { id })).status, 200);
  await call('lock_release', { name: 'db' }, byBob);
  await call('task_add', { title: 'Free' });
  await call('message_send', { to: 'ada', text: later }, byBob);
  for (const { status, body } of await Promise.all(waits)) {
    assert.deepEqual([status, body.error?.code], [401, 'unauthenticated'], JSON.stringify(body));
    assert.ok(!JSON.stringify(body).includes(later));
  }
  assert.equal((await call('lock_list', {})).body.total, 0);
  assert.equal((await call('task_list', {})).body.items[0].status, 'todo');
});

it('AC39 a call of MCP that waits is given nothing once its token is over', async (t) => {
  const { ask, call, untilWaiting, made } = await openHub(t);
  const { id, headers } = await made({ for_agent: 'ada' });
  const { session } = (await call('start', { agent: 'bob' })).body;
  const byBob = { ...(await made()).headers, 'signalbox-session': session };
  await call('lock_acquire', { name: 'db' }, byBob);
  const own = (await call('start', { agent: 'ada' }, headers)).body.session;
  const asked = modern(8, 'tools/call', {
    name: 'lock_acquire',
    arguments: { name: 'db', wait_ms: 50_000, session: own },
  });
  const waits = ask('/mcp/full', { ...asked.headers, ...headers }, asked.body);
  await untilWaiting(1);
  await call('token_revoke', { id });
  await call('lock_release', { name: 'db' }, byBob);
  assert.match(await (await waits).text(), /unauthenticated/);
  assert.equal((await call('lock_list', {})).body.total, 0);
});

it('AC39 a call with which a token ends itself is answered', async (t) => {
  const { call, made } = await openHub(t);
  const { id, headers } = await made();
  const refreshed = await call('token_refresh', { id }, headers);
  assert.match(refreshed.body.token, /^sbx_/);
  const again = { authorization: `Bearer ${refreshed.body.token}` };
  assert.equal((await call('token_revoke', { id }, again)).status, 200);
});

it('AC39 what a browser has open ends when it logs out, and when its token does', async (t) => {
  const { url, ask, call, streams, made } = await openHub(t);
  const { id, headers } = await made();
  const enter = async (): Promise<Headers> => {
    const { code } = JSON.parse(await (await ask('/v1/login', headers)).text());
    const response = await ask('/login', { origin: url }, { code });
    return { cookie: present(response.headers.get('set-cookie')?.split(';')[0], 'there is one') };
  };
  const [one, other] = [await enter(), await enter()];
  const open = await streams(one);
  const others = await streams(other);
  assert.equal((await ask('/logout', { ...one, origin: url })).status, 200);
  await call('task_add', { title: later });
  for (const { all } of open) assert.ok(!(await all).includes(later));
  await call('token_revoke', { id });
  await call('task_add', { title: 'LATER-STILL' });
  const [events = ''] = await Promise.all(others.map(({ all }) => all));
  assert.ok(events.includes(later) && !events.includes('LATER-STILL'));
});

it('AC39 who has come in to an open hub is out when it begins to ask', async (t) => {
  const { call, tell, streams, untilWaiting } = await openHub(t, false);
  const open = await streams({});
  const { session } = (await call('start', { agent: 'ada' }, {})).body;
  const waits = call('wait', { wait_ms: 50_000 }, { 'signalbox-session': session });
  await untilWaiting(1);
  await tell({ type: 'enable' });
  await call('task_add', { title: later });
  for (const { all } of open) assert.ok(!(await all).includes(later));
  assert.equal((await waits).status, 401);
});

it('AC19 who comes before the journal is open, and shows nothing, hears then whether it may come in', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-standing-'));
  t.after(() => rm(dataDir, { recursive: true }));
  const log = new CollectedLog();
  const clock = systemClock;
  const access = openAccess(
    { auth: false, dataDir, token: undefined, oauth: undefined },
    { clock, log, denials: new Denials({ clock, log }) },
  );
  t.after(access.close);
  const nothing = { authorization: undefined, remote: '127.0.0.1' };
  let answered = false;
  const early = Promise.resolve(access.gate.admit(nothing)).finally(() => (answered = true));
  const looked = await access.gate.admit({ ...nothing, public: true });
  assert.equal(looked.ok, false, 'what is answered to everybody waits for nothing');
  await turn();
  assert.equal(answered, false);
  const { engine } = await serve(t);
  valueIn(await access.open(engine));
  assert.equal(valueIn(await early).principal, 'owner');
});
