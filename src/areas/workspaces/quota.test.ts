import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, it } from 'node:test';
import { Catalogue } from '../../catalogue/catalogue.ts';
import { LocalHub } from '../../host/local-hub.ts';
import { Workspaces } from '../../host/workspaces.ts';
import { present } from '../../kernel/assert.ts';
import type { Outcome, Refusal } from '../../kernel/errors.ts';
import { minuteMs } from '../../kernel/instants.ts';
import type { Caller } from '../../kernel/operation.ts';
import { sqliteStorage } from '../../stores/sqlite/storage.ts';
import { CollectedLog } from '../../testing/collected-log.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { Scenario } from '../../testing/scenario.ts';
import { areas, initialSlices } from '../index.ts';
import { operations } from '../operations.ts';
import { workspacesArea } from './area.ts';
import { workspacesIntent } from './decide.ts';
import { findWorkspace } from './model.ts';

const owner: Caller = {
  principal: 'owner',
  role: 'admin',
  kind: 'person',
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
};

const valueIn = <T>(outcome: Outcome<T>): T => {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};

/** A hub over journals on disk, with two workspaces. */
const openHub = async (context: TestContext) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-'));
  const clock = new ManualClock();
  const workspaces = valueIn(
    await Workspaces.open({
      storage: sqliteStorage({ dataDir }),
      cacheDir: dataDir,
      clock,
      log: new CollectedLog(),
      ticksFirst: false,
      brief: true,
    }),
  );
  const { find } = new Catalogue(operations);
  const hub = new LocalHub({ workspaces, find, defaultWorkspace: 'main', version: '0', store: 'sqlite' });
  for (const name of ['main', 'shop']) valueIn(await workspaces.ensure(name));
  context.after(async () => {
    await hub.close();
    await rm(dataDir, { recursive: true });
  });
  const call = (operation: string, input: object = {}, { workspace = 'main', caller = owner } = {}) =>
    hub.call({ operation, input, caller, workspace, requestId: undefined, signal: undefined });
  const refused = async (...asked: Parameters<typeof call>): Promise<Refusal> => {
    const outcome = await call(...asked);
    assert.ok(!outcome.ok, JSON.stringify(outcome));
    return outcome;
  };
  return { clock, call, refused, workspaces };
};

it('WO14 a quota is what was set last, each limit for itself', () => {
  const given = new Scenario(areas, initialSlices);
  assert.ok(given.when(workspacesIntent({ type: 'register', name: 'shop', title: 'shop' })).ok);
  const set = (limits: { readonly bytesMax?: number | null; readonly writesPerMinute?: number | null }) => {
    const outcome = given.when(workspacesIntent({ type: 'set_quota', name: 'shop', ...limits }));
    return valueIn(outcome).map(({ data }) => data);
  };
  const quota = () => present(findWorkspace(given.slices.workspaces, 'shop'), 'it was added').quota;
  assert.deepEqual(quota(), { bytesMax: undefined, writesPerMinute: undefined });
  assert.deepEqual(set({ bytesMax: 5 }), [{ name: 'shop', bytesMax: 5 }]);
  assert.deepEqual(set({ writesPerMinute: 7 }), [{ name: 'shop', bytesMax: 5, writesPerMinute: 7 }]);
  assert.deepEqual(set({ writesPerMinute: 7, bytesMax: 5 }), []);
  assert.deepEqual(set({ bytesMax: null }), [{ name: 'shop', writesPerMinute: 7 }]);
  assert.deepEqual(quota(), { bytesMax: undefined, writesPerMinute: 7 });
  const saved = Array.from(workspacesArea.save(given.slices), (row) => JSON.parse(JSON.stringify(row)));
  const loaded = workspacesArea.settle(workspacesArea.load(initialSlices, saved));
  assert.deepEqual(findWorkspace(loaded.workspaces, 'shop')?.quota, quota());
  const unknown = given.when(workspacesIntent({ type: 'set_quota', name: 'nowhere', bytesMax: 5 }));
  assert.equal(unknown.ok ? '' : unknown.code, 'workspace_unknown');
});

it('WO14 a quota is set by an admin who is a person, and the list of workspaces shows it', async (t) => {
  const { call, refused } = await openHub(t);
  const input = { name: 'shop', bytes_max: 1_000_000, writes_per_minute: 9 };
  for (const less of [{ kind: 'agent' }, { role: 'approver' }] as const)
    assert.equal(
      (await refused('workspace_quota', input, { caller: { ...owner, ...less } })).code,
      'forbidden',
    );
  assert.equal((await refused('workspace_quota', { ...input, bytes_max: 5 })).code, 'invalid_input');
  assert.equal((await refused('workspace_quota', { ...input, name: 'nowhere' })).code, 'workspace_unknown');
  valueIn(await call('workspace_quota', input));
  const { value } = valueIn(await call('workspace_list'));
  const [main, shop] = Object(value).items;
  assert.deepEqual([shop.name, shop.bytes_max, shop.writes_per_minute], ['shop', 1_000_000, 9]);
  assert.deepEqual([main.name, main.bytes_max, main.writes_per_minute], ['main', undefined, undefined]);
});

it('WO15 a workspace that is full takes no more, can be read, and leaves room to others', async (t) => {
  const { call, refused, workspaces } = await openHub(t);
  valueIn(await call('workspace_quota', { name: 'main', bytes_max: 1_000_000 }));
  const add = () => call('task_add', { title: 'Much', body: 'x'.repeat(10_000) });
  let stored = 0;
  let outcome = await add();
  for (; outcome.ok && stored < 1_000; outcome = await add()) stored += 1;
  assert.ok(!outcome.ok && stored > 10 && stored < 200, `${stored} were stored`);
  assert.equal(outcome.code, 'limit_exceeded');
  assert.match(outcome.message, /quota \(bytes_max\) is 1000000.*signalbox workspace quota main --bytes-max/);
  const registered = present(findWorkspace(workspaces.hub.engine.slices.workspaces, 'main'), 'it is there');
  assert.ok((await workspaces.bytesOf(registered)) < 1_100_000);
  assert.equal((await refused('start', { agent: 'ada' })).code, 'limit_exceeded');
  valueIn(await call('task_list'));
  valueIn(await call('task_add', { title: 'One' }, { workspace: 'shop' }));
  valueIn(await call('workspace_quota', { name: 'main', bytes_max: 'none' }));
  valueIn(await add());
});

it('WO16 a workspace that has had its writes waits for the next minute, whoever writes', async (t) => {
  const { call, refused, clock } = await openHub(t);
  valueIn(await call('workspace_quota', { name: 'main', writes_per_minute: 3 }));
  const add = (principal: string) =>
    call('task_add', { title: 'One' }, { caller: { ...owner, principal, role: 'worker' } });
  for (const principal of ['ada', 'bea', 'eve']) valueIn(await add(principal));
  clock.advance(12_000);
  const { code, message, details } = await refused('task_add', { title: 'Too many' });
  assert.deepEqual([code, details['retry_after_s']], ['rate_limited', 48]);
  assert.match(message, /"main" has had the 3 writes of this minute.*Wait 48 s/);
  valueIn(await call('task_list'));
  valueIn(await call('task_add', { title: 'One' }, { workspace: 'shop' }));
  clock.advance(minuteMs - 12_000);
  valueIn(await add('ada'));
});
