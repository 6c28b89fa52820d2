import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { Catalogue } from '../../catalogue/catalogue.ts';
import type { Clock } from '../../engine/clock.ts';
import { systemClock } from '../../engine/clock.ts';
import { LocalHub } from '../../host/local-hub.ts';
import { Workspaces } from '../../host/workspaces.ts';
import type { Outcome, Refusal } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import { memoryStorage } from '../../stores/memory/storage.ts';
import { sqliteStorage } from '../../stores/sqlite/storage.ts';
import type { HubCall, HubReply } from '../../surfaces/hub.ts';
import { CollectedLog } from '../../testing/collected-log.ts';
import { operations } from '../operations.ts';
import type { ProfileName } from './limits.ts';
import { roles } from './model.ts';

/** What moves only when a test says so. */
const startOfTime = 1_800_000_000_000;

const owner: Caller = {
  principal: 'owner',
  role: 'admin',
  kind: 'person',
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
};

const bea: Caller = { ...owner, principal: 'bea', role: 'worker' };

const valueIn = <T>(outcome: Outcome<T>): T => {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};

type Over = Partial<Pick<HubCall, 'input' | 'requestId' | 'signal'>>;

const refusalIn = (outcome: Outcome<unknown>): Refusal => {
  assert.ok(!outcome.ok, JSON.stringify(outcome));
  return outcome;
};

/** The hubs that a test opens on one data directory. */
const openPlace = async (
  context: TestContext,
  { store, rates = 'shared' }: { readonly store: 'memory' | 'sqlite'; readonly rates?: ProfileName },
) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-'));
  let passedMs = 0;
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + passedMs };
  const storage = store === 'sqlite' ? sqliteStorage({ dataDir }) : memoryStorage();
  const hubs: LocalHub[] = [];
  context.after(async () => {
    for (const hub of hubs) await hub.close();
    await rm(dataDir, { recursive: true });
  });
  const open = async () => {
    const log = new CollectedLog();
    const how = { cacheDir: dataDir, storage, clock, log, ticksFirst: true };
    const workspaces = valueIn(await Workspaces.open(how));
    const { find } = new Catalogue(operations);
    const wall = () => startOfTime + passedMs;
    const settled = { defaultWorkspace: 'main', version: '0', store, rates, wall };
    const hub = new LocalHub({ workspaces, find, ...settled });
    hubs.push(hub);
    valueIn(await workspaces.ensure('main'));
    const call = (operation: string, caller: Caller, over: Over = {}): Promise<Outcome<HubReply>> =>
      hub.call({
        operation,
        input: {},
        caller,
        workspace: undefined,
        requestId: undefined,
        signal: undefined,
        ...over,
      });
    /** How many of so many calls were not refused for their number. */
    const accepted = async (calls: number, caller: Caller, over: Over = {}): Promise<number> => {
      let count = 0;
      for (let each = 0; each < calls; each += 1) {
        const outcome = await call(over.input === undefined ? 'lock_renew' : 'message_send', caller, over);
        if (outcome.ok || outcome.code !== 'rate_limited') count += 1;
      }
      return count;
    };
    return { call, accepted, workspaces, log };
  };
  return { open, pass: (ms: number) => (passedMs += ms) };
};

const statusSchema = z.object({
  principal: z.string(),
  role: z.string(),
  profile: z.string(),
  items: z.array(
    z.object({
      class: z.string(),
      limit: z.number().nullable(),
      used: z.number(),
      remaining: z.number().nullable(),
      resets_in_s: z.number(),
      source: z.string(),
    }),
  ),
});

const statusOf = (outcome: Outcome<HubReply>, name: string) => {
  const { items, ...whose } = statusSchema.parse(valueIn(outcome).value);
  return { ...whose, item: items.find((item) => item.class === name) };
};

test('AC23 is counted by principal, whatever the call says of agent, session, token and connection, and apart in person', async (t) => {
  const { open } = await openPlace(t, { store: 'memory' });
  const { call, accepted } = await open();
  const faces: readonly Partial<Caller>[] = [
    { agent: 'ada' },
    { agent: 'bert' },
    { session: 's-1' },
    { connection: 'c-1', client: 'x' },
    { token: 'tk_1' },
    { scope: { workspaces: ['main'], categories: ['*'] } },
  ];
  let count = 0;
  for (let round = 0; round < 3; round += 1) {
    for (const face of faces) count += await accepted(1, { ...bea, ...face });
  }
  assert.equal(count, 15);
  for (const face of faces)
    assert.equal(refusalIn(await call('lock_renew', { ...bea, ...face })).code, 'rate_limited');
  assert.equal(await accepted(1, { ...bea, principal: 'ci' }), 1, 'others are not concerned');
  assert.equal(await accepted(20, { ...bea, kind: 'agent' }), 15, 'nor what is done for it');
  assert.equal(await accepted(1, { ...bea, kind: 'service' }), 0);
  valueIn(await call('task_add', bea, { input: { title: 'x' } }));
});

test('AC23 counts repeats, failures and bad input, and not what its caller may not call at all', async (t) => {
  const { open } = await openPlace(t, { store: 'memory' });
  const { call } = await open();
  for (let each = 0; each < 30; each += 1)
    assert.equal(refusalIn(await call('principal_add', bea)).code, 'forbidden');
  const used = async () => statusOf(await call('rate_limit_status', bea), 'task').item?.used;
  for (let each = 0; each < 3; each += 1)
    valueIn(await call('task_add', bea, { input: { title: 'x' }, requestId: 'r' }));
  assert.equal(await used(), 3);
  assert.equal(refusalIn(await call('task_add', bea)).code, 'invalid_input');
  assert.equal(
    refusalIn(await call('task_update', bea, { input: { id: 'T-99', note: 'x' } })).code,
    'not_found',
  );
  assert.equal(await used(), 5);
  assert.equal(statusOf(await call('rate_limit_status', bea), 'general').item?.used, 0);
});

test('AC23 counts a call that waits once', async (t) => {
  const { open } = await openPlace(t, { store: 'memory' });
  const { call, workspaces } = await open();
  const [ada, bert] = [
    { ...bea, connection: 'c' },
    { ...owner, connection: 'd' },
  ];
  valueIn(await call('start', ada, { input: { agent: 'ada' } }));
  valueIn(await call('start', bert, { input: { agent: 'bert' } }));
  const waiting = call('wait', ada, { input: { wait_ms: 50_000 } });
  const { engine } = valueIn(await workspaces.get('main'));
  while (engine.waiting === 0) await new Promise((resolve) => void setImmediate(resolve));
  valueIn(await call('message_send', bert, { input: { text: 'x', to: 'ada' } }));
  valueIn(await waiting);
  assert.equal(statusOf(await call('rate_limit_status', bea), 'general').item?.used, 2);
});

test('AC24 depends on the role', async (t) => {
  const { open } = await openPlace(t, { store: 'memory' });
  const { accepted, call } = await open();
  const limits: number[] = [];
  for (const role of roles) {
    if (role === 'reader') continue;
    limits.push(await accepted(70, { ...bea, principal: `a-${role}`, role }));
  }
  assert.deepEqual(limits, [15, 15, 25]);
  const reads: (number | null | undefined)[] = [];
  for (const role of roles)
    reads.push(statusOf(await call('rate_limit_status', { ...bea, role }), 'read').item?.limit);
  assert.deepEqual(reads, [305, 605, 605, 1_205]);
});

for (const store of ['memory', 'sqlite'] as const) {
  test(`AC25 is shared by all hubs on one store: ${store}`, async (t) => {
    const { open, pass } = await openPlace(t, { store });
    const [one, two] = [await open(), await open()];
    const heads = [one.workspaces.hub.store.head(), two.workspaces.hub.store.head()];
    assert.deepEqual(
      [await one.accepted(9, bea), await two.accepted(20, bea), await one.accepted(9, bea)],
      [9, 6, 0],
    );
    assert.deepEqual(
      await Promise.all([one.workspaces.hub.store.head(), two.workspaces.hub.store.head()]),
      await Promise.all(heads),
      'counting writes nothing to the journal',
    );
    pass(63_000);
    assert.deepEqual([await two.accepted(9, bea), await one.accepted(20, bea)], [9, 6]);
  });
}

test('AC26 says after how many seconds to call again, which then works, and stores nothing', async (t) => {
  const { open, pass } = await openPlace(t, { store: 'memory' });
  const { call, workspaces } = await open();
  const add = () => call('task_add', bea, { input: { title: 'x' } });
  for (let each = 0; each < 35; each += 1) valueIn(await add());
  const { engine } = valueIn(await workspaces.get('main'));
  const before = engine.seq;
  const refusal = refusalIn(await add());
  assert.deepEqual(
    [refusal.code, refusal.details['class'], refusal.details['limit']],
    ['rate_limited', 'task', 35],
  );
  assert.match(refusal.message, /^You have made 35 calls that change tasks .* Wait \d+ s, then call again/);
  assert.equal(engine.seq, before);
  const seconds = Number(refusal.details['retry_after_s']);
  assert.ok(seconds >= 60 && seconds <= 63, `${seconds}`);
  pass(seconds * 1_000);
  valueIn(await add());
});

test('AC27 is changed for all hubs while they run, by a person who is an admin', async (t) => {
  const { open } = await openPlace(t, { store: 'sqlite', rates: 'laptop' });
  const [one, two] = [await open(), await open()];
  // As many as are taken for them: 1, 2, 4 and 8.
  assert.equal(await two.accepted(15, bea), 15);
  const update = (input: object, caller = owner) => one.call('rate_limit_update', caller, { input });
  for (const caller of [bea, { ...owner, kind: 'agent' as const }, { ...owner, role: 'approver' as const }])
    assert.equal(refusalIn(await update({ profile: 'shared' }, caller)).code, 'forbidden');
  const { promise: heard, resolve } = Promise.withResolvers<void>();
  two.workspaces.hub.engine.subscribe(() => resolve());
  valueIn(await update({ profile: 'shared' }));
  assert.equal(await one.accepted(1, bea), 0, 'what was made before counts');
  await heard;
  assert.equal(await two.accepted(1, bea), 0);
  assert.deepEqual(statusOf(await two.call('rate_limit_status', bea), 'general').item?.source, 'profile_set');
  valueIn(await update({ general: 60 }));
  assert.equal(await one.accepted(60, bea), 50);
  valueIn(await update({ general: 'unlimited' }));
  assert.equal(await one.accepted(100, bea), 100);
  const entries = one.workspaces.hub.engine.slices.access.rates;
  assert.deepEqual([entries.profile, entries.classes], ['shared', { general: 'unlimited' }]);
});

test('AC28 is told to everybody of themselves, and of others to admins only', async (t) => {
  const { open } = await openPlace(t, { store: 'memory' });
  const { call, accepted } = await open();
  valueIn(await call('principal_add', owner, { input: { name: 'ci', kind: 'service', role: 'reader' } }));
  await accepted(4, bea);
  const own = statusOf(await call('rate_limit_status', bea), 'general');
  const { resets_in_s: resets = 0, ...item } = own.item ?? {};
  assert.deepEqual([own.principal, own.role, own.profile], ['bea', 'worker', 'shared']);
  assert.deepEqual(item, {
    class: 'general',
    limit: 15,
    used: 4,
    remaining: 11,
    source: 'profile_configured',
  });
  assert.ok(resets > 59 && resets <= 63);
  const other = await call('rate_limit_status', bea, { input: { principal: 'owner' } });
  assert.equal(refusalIn(other).code, 'forbidden');
  const seen = statusOf(await call('rate_limit_status', owner, { input: { principal: 'bea' } }), 'general');
  assert.deepEqual([seen.principal, seen.item?.used], ['bea', 4]);
  const reader = statusOf(await call('rate_limit_status', owner, { input: { principal: 'ci' } }), 'general');
  assert.deepEqual([reader.role, reader.item?.limit], ['reader', 10]);
});

test('AC29 counts messages to everyone by themselves', async (t) => {
  const { open } = await openPlace(t, { store: 'memory' });
  const { call, accepted } = await open();
  const ada = { ...bea, connection: 'c' };
  valueIn(await call('start', ada, { input: { agent: 'ada' } }));
  valueIn(await call('start', { ...owner, connection: 'd' }, { input: { agent: 'bert' } }));
  const toAll = { text: 'x', to: ['bert', 'everyone'] };
  assert.equal(await accepted(30, ada, { input: toAll }), 20);
  const refusal = refusalIn(await call('message_send', ada, { input: { text: 'x', to: 'everyone' } }));
  assert.match(refusal.message, /20 messages to everyone/);
  assert.equal(await accepted(30, ada, { input: { text: 'x', to: 'bert' } }), 14);
  assert.equal(refusalIn(await call('message_send', ada, { input: { to: 7 } })).code, 'rate_limited');
});
