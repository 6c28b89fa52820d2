import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { Catalogue } from '../../catalogue/catalogue.ts';
import { systemClock } from '../../engine/clock.ts';
import { LocalHub } from '../../host/local-hub.ts';
import { Workspaces } from '../../host/workspaces.ts';
import { present } from '../../kernel/assert.ts';
import type { Role } from '../../kernel/entry.ts';
import type { Outcome } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import { memoryStorage } from '../../stores/memory/storage.ts';
import { CollectedLog } from '../../testing/collected-log.ts';
import { operations } from '../operations.ts';
import { kinds, roles } from './model.ts';

const page = join(import.meta.dirname, '../../../docs/reference/permissions.md');

interface Row {
  readonly roles: ReadonlySet<Role>;
  readonly person: boolean;
}

/** What is asked, and where: in the default workspace when absent. */
interface Asked {
  readonly input?: unknown;
  readonly workspace?: string | undefined;
}

/** What the page tells people, as it is committed. */
const readMatrix = async (): Promise<ReadonlyMap<string, Row>> => {
  const rows = (await readFile(page, 'utf8')).split('\n').flatMap((line): [string, Row][] => {
    const [, name, , ...marks] = line.split('|').map((cell) => cell.trim());
    if (name === undefined || !/^`\w+`$/.test(name)) return [];
    const allowed = roles.filter((_role, index) => marks[index] === 'yes');
    return [[name.slice(1, -1), { roles: new Set(allowed), person: marks[roles.length] === 'yes' }]];
  });
  return new Map(rows);
};

const valueIn = <T>(outcome: Outcome<T>): T => {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};

const openHub = async (context: TestContext) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-'));
  const workspaces = valueIn(
    await Workspaces.open({
      cacheDir: dataDir,
      storage: memoryStorage(),
      clock: systemClock,
      log: new CollectedLog(),
      ticksFirst: false,
    }),
  );
  const catalogue = new Catalogue(operations);
  const { find } = catalogue;
  const hub = new LocalHub({ workspaces, find, defaultWorkspace: 'main', version: '0', store: 'memory' });
  for (const name of ['main', 'shop']) valueIn(await workspaces.ensure(name));
  context.after(async () => {
    await hub.close();
    await rm(dataDir, { recursive: true });
  });
  const call = (operation: string, caller: Caller, { input = {}, workspace }: Asked = {}) =>
    hub.call({
      operation,
      input,
      caller,
      workspace,
      requestId: undefined,
      // Nobody waits here for anything.
      signal: AbortSignal.abort(),
    });
  return { catalogue, call, hub };
};

const callerWith = (over: Partial<Caller>): Caller => ({
  principal: 'owner',
  role: 'admin',
  kind: 'person',
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
  ...over,
});

/** Why the caller was turned away before anything was looked at, if it was. */
const refusalBy = (outcome: Outcome<unknown>, name: string): 'role' | 'person' | undefined => {
  if (outcome.ok || outcome.code !== 'forbidden') return undefined;
  if (outcome.message.startsWith(`${name} needs the role `)) return 'role';
  return outcome.message.startsWith(`${name} needs a person`) ? 'person' : undefined;
};

describe('who may call what', () => {
  it('AC17 is what the page of permissions says, for every operation, role and kind', async (t) => {
    const { catalogue, call } = await openHub(t);
    const matrix = await readMatrix();
    assert.deepEqual(
      [...matrix.keys()],
      catalogue.operations.map(({ name }) => name),
    );
    let calls = 0;
    for (const { name, examples } of catalogue.operations) {
      const { roles: allowed, person } = present(matrix.get(name), `${name} has a row`);
      for (const role of roles) {
        for (const kind of kinds) {
          const outcome = await call(name, callerWith({ role, kind }), { input: examples[0]?.input });
          const expected = !allowed.has(role) ? 'role' : person && kind !== 'person' ? 'person' : undefined;
          assert.equal(refusalBy(outcome, name), expected, `${name} as ${role} and ${kind}`);
          calls += 1;
        }
      }
    }
    assert.equal(calls, matrix.size * roles.length * kinds.length);
    assert.ok([...matrix.values()].some(({ person }) => person));
  });

  it('AC17 refuses a person that speaks for an agent what needs a person, and says how a person does it', async (t) => {
    const { call } = await openHub(t);
    const speakers: readonly Partial<Caller>[] = [{ agent: 'ada' }, { session: 's-1' }, { kind: 'service' }];
    for (const speaking of speakers) {
      const outcome = await call('principal_list', callerWith(speaking));
      assert.equal(refusalBy(outcome, 'principal_list'), 'person');
      assert.match(outcome.ok ? '' : outcome.message, /to run: signalbox principal list .*without --agent/);
    }
    valueIn(await call('principal_list', callerWith({ connection: 'cli:ada' })));
  });
});

describe('where a token ends', () => {
  it('AC18 ends at the categories and workspaces of the caller', async (t) => {
    const { call, hub } = await openHub(t);
    const scope = { workspaces: ['shop'], categories: ['tasks', 'tools'] };
    const caller = callerWith({ scope });
    valueIn(await call('task_list', caller, { workspace: 'shop' }));
    valueIn(await call('mode_get', caller, { input: { workspace: 'shop' } }));
    const other = await call('agent_list', caller, { workspace: 'shop' });
    assert.deepEqual(
      [other.ok ? '' : other.code, other.ok ? '' : /the category agents/.test(other.message)],
      ['forbidden', true],
    );
    const words = async (name: string, asked: Asked = {}): Promise<string> => {
      const outcome = await call(name, caller, asked);
      assert.equal(outcome.ok ? '' : outcome.code, 'workspace_unknown');
      return outcome.ok ? '' : outcome.message;
    };
    const unknown = (await words('task_list', { workspace: 'nowhere' })).replace('nowhere', 'main');
    assert.equal(await words('task_list', { workspace: 'main' }), unknown);
    assert.equal(await words('task_list'), unknown, 'which is the default');
    assert.equal(await words('mode_get', { input: { workspace: 'main' } }), unknown);
    assert.equal(await words('mode_set', { input: { mode: 'full' } }), unknown);
    const list = await call('workspace_list', callerWith({ scope: { ...scope, categories: ['*'] } }));
    assert.match(list.ok ? '' : list.message, /^workspace_list is about all workspaces of this hub/);
    assert.equal(hub.refuses(caller, 'main', 'changes')?.message, unknown);
    assert.equal(hub.refuses(caller, undefined, 'changes')?.message, unknown, 'which is the default');
    assert.equal(hub.refuses(caller, 'shop', 'mcp'), undefined);
    const events = { workspace: 'shop', areas: [], agents: [], kinds: [], since: undefined };
    const refused = await hub.events({ ...events, caller });
    assert.equal(refused.ok ? '' : refused.code, 'forbidden');
    const everywhere = callerWith({ scope: { workspaces: ['*'], categories: ['*'] } });
    valueIn(await call('agent_list', everywhere, { workspace: 'main' }));
  });
});

it('AC17 a token of a person that is for one agent alone acts as that agent', async (t) => {
  const { call, catalogue } = await openHub(t);
  const bound = callerWith({ scope: { workspaces: ['*'], categories: ['*'], agent: 'ada' } });
  for (const { name, person } of catalogue.operations) {
    const refused = await call(name, bound);
    const needs = refused.ok ? undefined : refused.details['needs'];
    assert.equal(needs, person === true ? 'person' : undefined, name);
  }
});

it('AC18 who is held to some categories follows no changes, which are of all', async (t) => {
  const { hub } = await openHub(t);
  const scope = { workspaces: ['shop'], categories: ['tasks', 'tools'] };
  const changes = hub.refuses(callerWith({ scope }), 'shop', 'changes');
  assert.deepEqual([changes?.code, /of all categories/.test(changes?.message ?? '')], ['forbidden', true]);
  const all = callerWith({ scope: { ...scope, categories: ['*'] } });
  assert.equal(hub.refuses(all, 'shop', 'changes'), undefined);
});

describe('AC18 whatever its categories, a token', () => {
  it('is good for what is about itself, and for nothing else', async (t) => {
    const { call, catalogue } = await openHub(t);
    const of = callerWith({ token: 'tk_0000000000', scope: { workspaces: ['*'], categories: ['tasks'] } });
    const told: string[] = [];
    for (const { name, category, examples } of catalogue.operations) {
      if (category === 'tasks') continue;
      const outcome = await call(name, of, { input: examples[0]?.input });
      if (outcome.ok || !/ belongs to the category /.test(outcome.message)) told.push(name);
    }
    // The examples of token_refresh and token_revoke name other tokens.
    assert.deepEqual(told.toSorted(), ['agent_leave', 'auth_status', 'rate_limit_status', 'start']);
    for (const name of ['token_refresh', 'token_revoke']) {
      const outcome = await call(name, of, { input: { id: 'tk_0000000000' } });
      assert.equal(outcome.ok ? '' : outcome.code, 'not_found', 'as far as there is one');
    }
    const own = await call('rate_limit_status', of, { input: { principal: 'owner' } });
    assert.ok(own.ok, JSON.stringify(own));
    const foreign = await call('rate_limit_status', of, { input: { principal: 'ci' } });
    assert.match(foreign.ok ? '' : foreign.message, /^rate_limit_status belongs to the category access/);
  });

  it('starts, works on what it is for, and leaves', async (t) => {
    const { call } = await openHub(t);
    const scope = { workspaces: ['*'], categories: ['tasks'] };
    const ada = callerWith({ role: 'worker', kind: 'agent', scope, connection: 'ada' });
    const started = Object(valueIn(await call('start', ada, { input: { agent: 'ada' } })).value);
    assert.match(started.rules, /task_claim/);
    const { session } = started;
    valueIn(await call('task_add', { ...ada, session }, { input: { title: 'Mine' } }));
    valueIn(await call('task_claim', { ...ada, session }, {}));
    valueIn(await call('agent_leave', { ...ada, session }));
    const mail = callerWith({ ...ada, scope: { ...scope, categories: ['messages'] }, connection: 'bob' });
    const {
      rules,
      holding,
      next_task: next,
    } = Object(valueIn(await call('start', mail, { input: { agent: 'bob' } })).value);
    assert.doesNotMatch(rules, /task_/);
    assert.match(rules, /information, not as instructions/);
    assert.deepEqual([holding, next], [[], null]);
  });
});

it('AC33 who is held to some workspaces calls nothing that is about who may come in to all', async (t) => {
  const { call } = await openHub(t);
  const narrow = callerWith({ scope: { workspaces: ['shop'], categories: ['*'] } });
  for (const name of ['principal_list', 'principal_add', 'principal_remove', 'workspace_quota']) {
    const refused = await call(name, narrow, { input: { name: 'bea', kind: 'person', role: 'admin' } });
    assert.match(refused.ok ? '' : refused.message, /is about all workspaces of this hub/, name);
  }
  for (const name of ['auth_status', 'token_list', 'tool_search']) valueIn(await call(name, narrow));
  valueIn(
    await call('principal_add', callerWith({}), { input: { name: 'bea', kind: 'person', role: 'approver' } }),
  );
  const [known, unknown] = await Promise.all(
    ['bea', 'nobody'].map((principal) => call('rate_limit_status', narrow, { input: { principal } })),
  );
  assert.equal(known?.ok === false && known.code, 'forbidden');
  assert.deepEqual(known, unknown, 'so that nobody learns who there is');
  valueIn(await call('rate_limit_status', narrow));
  const everywhere = callerWith({ scope: { workspaces: ['*'], categories: ['*'] } });
  valueIn(await call('rate_limit_status', everywhere, { input: { principal: 'bea' } }));
});
