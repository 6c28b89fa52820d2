import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, it } from 'node:test';
import { Catalogue } from '../../catalogue/catalogue.ts';
import { Denials, knownMax, knownOfOneMax, networksMax } from '../../host/access/denials.ts';
import { TokenGate } from '../../host/access/token-gate.ts';
import { newTokenText } from '../../host/access/token-text.ts';
import { LocalHub } from '../../host/local-hub.ts';
import { Workspaces } from '../../host/workspaces.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { minuteMs } from '../../kernel/instants.ts';
import type { Caller } from '../../kernel/operation.ts';
import { memoryStorage } from '../../stores/memory/storage.ts';
import { CollectedLog } from '../../testing/collected-log.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { operations } from '../operations.ts';

const valueIn = <T>(outcome: Outcome<T>): T => {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};

const callerWith = (over: Partial<Caller>): Caller => ({
  principal: 'owner',
  role: 'worker',
  kind: 'agent',
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
  ...over,
});

/** A hub that counts what it denies, with a gate before it. */
const openHub = async (context: TestContext) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-'));
  const [clock, log] = [new ManualClock(), new CollectedLog()];
  const workspaces = valueIn(
    await Workspaces.open({
      cacheDir: dataDir,
      storage: memoryStorage(),
      clock,
      log,
      ticksFirst: false,
      brief: true,
    }),
  );
  const { engine } = workspaces.hub;
  const denials = new Denials({ clock, log });
  const { find } = new Catalogue(operations);
  const options = { workspaces, find, defaultWorkspace: 'main', version: '0', store: 'memory' };
  const hub = new LocalHub({ ...options, denials });
  const gate = new TokenGate({ opening: Promise.resolve(ok(engine)), own: undefined, clock, log, denials });
  for (const name of ['main', 'shop']) valueIn(await workspaces.ensure(name));
  denials.open(engine);
  context.after(async () => {
    await hub.close();
    await rm(dataDir, { recursive: true });
  });
  const call = async (
    operation: string,
    caller: Caller,
    { input = {}, workspace = 'main' }: { readonly input?: unknown; readonly workspace?: string } = {},
  ): Promise<string> => {
    const asked = { operation, input, caller, workspace, requestId: undefined, signal: undefined };
    const outcome = await hub.call(asked);
    return outcome.ok ? 'ok' : outcome.code;
  };
  const start = engine.seq;
  const entries = async () =>
    engine.journal.entriesAt(Array.from({ length: engine.seq - start }, (_, i) => start + 1 + i));
  /** Lets a minute pass; what was written then. */
  const written = async () => {
    const told = Promise.withResolvers<void>();
    const end = engine.subscribe(() => told.resolve());
    const before = engine.seq;
    clock.advance(minuteMs);
    await told.promise;
    end();
    return (await entries()).filter(({ seq }) => seq > before);
  };
  return { hub, gate, denials, engine, call, entries, written };
};

const dataOf = (entries: readonly { readonly data: unknown }[]): readonly unknown[] =>
  entries.map(({ data }) => data);

it('AC31 denied access is one counted entry for each principal, token, operation and code, in a minute', async (t) => {
  const { hub, call, written, engine } = await openHub(t);
  const ada = callerWith({ token: 'tk_ada', scope: { workspaces: ['shop'], categories: ['*'] } });
  for (let n = 0; n < 3; n += 1) assert.equal(await call('task_list', ada), 'workspace_unknown');
  assert.equal(await call('token_create', ada), 'forbidden');
  assert.equal(await call('token_list', ada, { input: { principal: 'bea' } }), 'forbidden');
  assert.equal(await call('task_list', ada, { workspace: 'shop' }), 'ok');
  assert.equal(await call('mode_get', ada, { input: { workspace: '../x\n' } }), 'workspace_unknown');
  assert.notEqual(hub.refuses(ada, 'main', 'mcp'), undefined);
  const events = { workspace: 'main', areas: [], agents: [], kinds: [], since: undefined };
  assert.equal((await hub.events({ ...events, caller: ada })).ok, false);
  await hub.disconnect({ ...ada, connection: 'c-1' }, 'main');
  const before = engine.slices;
  // Without a workspace where it is about none, or names none that could be.
  const [inMain, nowhere] = [{ workspace: 'main' }, {}];
  const entry = (operation: string, code: string, rest: object) => ({
    principal: 'owner',
    token: 'tk_ada',
    operation,
    code,
    count: 1,
    ...rest,
  });
  assert.deepEqual(dataOf(await written()), [
    entry('task_list', 'workspace_unknown', { ...inMain, count: 3 }),
    entry('token_create', 'forbidden', nowhere),
    entry('token_list', 'forbidden', nowhere),
    entry('mode_get', 'workspace_unknown', nowhere),
    entry('mcp', 'workspace_unknown', inMain),
    entry('events', 'workspace_unknown', inMain),
    entry('disconnect', 'workspace_unknown', inMain),
  ]);
  assert.equal(engine.slices.access, before.access, 'it changes nothing else');
  assert.equal(await call('token_create', ada), 'forbidden');
  assert.deepEqual(dataOf(await written()), [entry('token_create', 'forbidden', nowhere)]);
});

it('AC31 denied access of those without valid credentials is counted by network, and not of who only asks whether it lives', async (t) => {
  const { gate, written, denials, entries } = await openHub(t);
  for (let n = 0; n < 30; n += 1)
    await gate.admit({ authorization: `Bearer ${newTokenText()}`, remote: `192.0.2.${n}` });
  await gate.admit({ authorization: undefined, remote: '2001:db8:1:2::9' });
  await gate.admit({ authorization: undefined, remote: '2001:db8:1:2::8' });
  await gate.admit({ authorization: undefined, remote: '198.51.100.1', public: true });
  assert.deepEqual(dataOf(await written()), [
    { network: '192.0.2.0/24', code: 'unauthenticated', count: 30 },
    { network: '2001:db8:1:2::/64', code: 'unauthenticated', count: 2 },
  ]);
  await gate.admit({ authorization: undefined, remote: '192.0.2.1' });
  await denials.flush();
  assert.equal((await entries()).length, 3, 'a hub that stops writes what it has counted');
});

it('AC32 denied access fills no disk, however many try however often', async (t) => {
  const { gate, call, written, entries } = await openHub(t);
  const names = operations.filter(({ person }) => person === true).map(({ name }) => name);
  const nameAt = (n: number): string => names[n % names.length] ?? '';
  const [minutes, callsPerMinute] = [5, 20_000];
  let counted = 0;
  for (let minute = 0; minute < minutes; minute += 1) {
    for (let n = 0; n < callsPerMinute; n += 2) {
      const remote = `${10 + minute}.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
      await gate.admit({ authorization: `Bearer ${n}`, remote });
      const caller = callerWith({ principal: `p${n % 500}`, token: `tk_${n % 9_000}` });
      assert.equal(await call(nameAt(n >> 3), caller), 'forbidden');
    }
    const denied = await written();
    assert.ok(denied.length <= knownMax + networksMax + 1, `${denied.length} entries`);
    for (const { data } of denied) counted += Object(data).count;
  }
  assert.equal(counted, minutes * callsPerMinute, 'each is counted');
  const bytes = JSON.stringify(await entries()).length;
  assert.ok(bytes < minutes * 80_000, `${bytes} bytes`);
});

it('AC32 nobody can hide what others are denied', async (t) => {
  const { call, written } = await openHub(t);
  for (let n = 0; n < 1_000; n += 1) await call('token_create', callerWith({ token: `tk_${n}` }));
  await call('token_create', callerWith({ principal: 'eve' }));
  const denied = await written();
  assert.equal(denied.length, knownOfOneMax + 2);
  assert.deepEqual(dataOf(denied.slice(-2)), [
    { principal: 'eve', operation: 'token_create', code: 'forbidden', count: 1 },
    { code: 'others', count: 1_000 - knownOfOneMax },
  ]);
});
