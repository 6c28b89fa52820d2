import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { Catalogue } from '../../catalogue/catalogue.ts';
import { Denials } from '../../host/access/denials.ts';
import { LocalHub } from '../../host/local-hub.ts';
import { Workspaces } from '../../host/workspaces.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import { memoryStorage } from '../../stores/memory/storage.ts';
import { CollectedLog } from '../../testing/collected-log.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { operations } from '../operations.ts';

const valueIn = <T>(outcome: Outcome<T>): T => {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};

const auditSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      type: z.string(),
      principal: z.string(),
      token_id: z.string().optional(),
      ref: z.string().nullable(),
      what: z.string(),
    }),
  ),
  next_cursor: z.string().nullable(),
});

const owner: Caller = {
  principal: 'owner',
  role: 'admin',
  kind: 'person',
  token: 'tk_0000000001',
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
};
const bea: Caller = { ...owner, principal: 'bea', role: 'worker', token: 'tk_0000000002' };

/** The owner has added bea and made tokens; bea was denied something; both have added a task. */
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
  const denials = new Denials({ clock, log });
  denials.open(workspaces.hub.engine);
  const { find } = new Catalogue(operations);
  const options = { workspaces, find, defaultWorkspace: 'main', version: '0', store: 'memory' };
  const hub = new LocalHub({ ...options, denials });
  valueIn(await workspaces.ensure('main'));
  context.after(async () => {
    await hub.close();
    await rm(dataDir, { recursive: true });
  });
  const call = async (caller: Caller, operation: string, input: object = {}) => {
    const asked = { operation, input, caller, workspace: 'main', requestId: undefined, signal: undefined };
    const outcome = await hub.call(asked);
    return outcome.ok ? ok(outcome.value.value) : outcome;
  };
  const audit = async (caller: Caller, input: object) =>
    auditSchema.parse(valueIn(await call(caller, 'audit_query', input)));
  valueIn(await call(owner, 'principal_add', { name: 'bea', kind: 'person', role: 'worker' }));
  const made = z
    .looseObject({ id: z.string(), token: z.string() })
    .parse(valueIn(await call(owner, 'token_create', { principal: 'bea', label: 'laptop' })));
  valueIn(await call(owner, 'token_create', { for_agent: 'ada' }));
  for (const caller of [owner, bea]) valueIn(await call(caller, 'task_add', { title: caller.principal }));
  assert.equal((await call(bea, 'principal_list')).ok, false);
  assert.equal((await call(bea, 'principal_list')).ok, false);
  await denials.flush();
  return { call, audit, made, engine: workspaces.hub.engine };
};

const linesOf = ({ items }: z.infer<typeof auditSchema>): readonly string[] =>
  items.map(
    ({ principal, token_id: token, ref, what }) => `${principal} ${token ?? '-'} ${ref ?? '-'} ${what}`,
  );

describe('the journal of the hub', () => {
  it('DE25, DE26 tells admins who got access and who was denied it, the newest first', async (t) => {
    const { audit, made, engine } = await openHub(t);
    const all = await audit(owner, { of: 'hub' });
    assert.equal(all.items.length, engine.seq);
    const [denied, , , created, added] = linesOf(all);
    assert.equal(denied, 'bea tk_0000000002 principal_list denied 2 times: forbidden');
    assert.equal(created, `owner tk_0000000001 ${made.id} made for bea: person, worker`);
    assert.equal(added, 'owner tk_0000000001 bea added as person, worker');
    const lines = async (input: object): Promise<number> =>
      (await audit(owner, { of: 'hub', ...input })).items.length;
    assert.equal(await lines({ type: 'access.denied' }), 1);
    assert.equal(await lines({ type: 'denied', principal: 'owner' }), 0);
    assert.equal(await lines({ principal: 'bea' }), 1);
    assert.equal(await lines({ token_id: 'tk_0000000001' }), 3);
    assert.equal(await lines({ token_id: made.id }), 1);
    assert.equal(await lines({ area: 'access', until: '2001-01-01T00:00:00Z' }), 0);
    const first = await audit(owner, { of: 'hub', limit: 2 });
    const next = await audit(owner, { of: 'hub', limit: 2, cursor: first.next_cursor });
    assert.deepEqual(linesOf(all).slice(0, 4), [...linesOf(first), ...linesOf(next)]);
    const hashes = [...engine.slices.access.tokens.values()].map(({ hash }) => hash);
    const secret = made.token.slice('sbx_'.length);
    for (const text of [...hashes, secret]) assert.ok(!JSON.stringify(all).includes(text));
  });

  it('DE25 tells everybody else what they did, and what was done to their own access', async (t) => {
    const { call, audit, made } = await openHub(t);
    const own = await audit(bea, { of: 'hub' });
    assert.deepEqual(
      own.items.map(({ type, ref }) => `${type} ${ref}`),
      ['access.denied principal_list', `access.token_created ${made.id}`, 'access.principal_added bea'],
    );
    const counted = z.looseObject({ entries: z.number() });
    const countOf = async (caller: Caller): Promise<number> =>
      counted.parse(valueIn(await call(caller, 'audit_stats', { of: 'hub' }))).entries;
    assert.equal(await countOf(bea), 3);
    assert.ok((await countOf(owner)) > 5);
    const scope = { workspaces: ['main'], categories: ['*'] };
    for (const name of ['audit_query', 'audit_stats']) {
      const refused = await call({ ...owner, scope }, name, { of: 'hub' });
      assert.equal(refused.ok ? '' : refused.code, 'forbidden');
      valueIn(await call({ ...owner, scope }, name));
    }
  });

  it('DE26 is not the one that is asked unless it is named, and both tell the tokens', async (t) => {
    const { audit } = await openHub(t);
    const { items } = await audit(bea, { token_id: 'tk_0000000001' });
    assert.deepEqual(
      items.map(({ type, principal }) => [type, principal]),
      [['tasks.added', 'owner']],
    );
    assert.equal((await audit(bea, {})).items.length, 2);
  });
});
