import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secondMs } from '../../kernel/instants.ts';
import { LockYard } from '../../testing/lock-yard.ts';
import { visitor } from '../../testing/task-board.ts';
import { toldLeases } from '../../testing/told-leases.ts';
import { leasesArea } from './area.ts';
import { leaseOperations } from './operations/index.ts';
import { matches } from './operations/matching.ts';

const two = () => {
  const yard = new LockYard();
  return { yard, ada: yard.join('ada'), bob: yard.join('bob') };
};

const namesIn = (answer: Readonly<Record<string, unknown>>): readonly unknown[] => {
  const { items } = answer;
  assert.ok(Array.isArray(items));
  return items.map((item: { readonly name: unknown }) => item.name);
};

test('LE45 LE50 a list shows holders and queue; a name is checked, with what is in its way', () => {
  const { yard, ada, bob } = two();
  yard.lock(ada, 'wave:5c', { purpose: 'merge' });
  yard.lock(bob, ['pytest', 'file:src/**'], { mode: 'shared' });
  yard.queue(bob, 'wave:5c.1', { purpose: 'tests' });
  const all = yard.do(visitor, 'lock_list');
  assert.deepEqual(namesIn(all), ['wave:5c', 'file:src/**', 'pytest']);
  const { items, ...rest } = yard.do(ada, 'lock_list', { name: 'wave:5c.1' });
  assert.deepEqual(items, [
    {
      name: 'wave:5c',
      mode: 'exclusive',
      token: 3,
      count: 1,
      expires_at: '2001-09-09T01:51:40.000Z',
      remaining_ms: 300_000,
      state: 'held',
      holder: 'ada',
      mine: true,
      tier: 'active',
      since: '2001-09-09T01:46:40.000Z',
      purpose: 'merge',
    },
  ]);
  assert.deepEqual(rest, {
    free: true,
    queue: [
      {
        agent: 'bob',
        names: ['wave:5c.1'],
        mode: 'exclusive',
        since: '2001-09-09T01:46:40.000Z',
        until: '2001-09-09T01:47:40.000Z',
        purpose: 'tests',
      },
    ],
    queue_length: 1,
    total: 1,
    next_cursor: null,
  });
  assert.equal(yard.do(ada, 'lock_list', { name: 'wave:5c' })['free'], true, 'it is held by this session');
  assert.equal(yard.do(ada, 'lock_list', { name: 'issue:1' })['free'], true);
  assert.deepEqual(namesIn(yard.do(ada, 'lock_list', { match: 'WAVE:*' })), ['wave:5c']);
  assert.deepEqual(namesIn(yard.do(ada, 'lock_list', { name: 'file:src/a.ts' })), ['file:src/**']);
  assert.deepEqual(namesIn(yard.do(bob, 'lock_list', { mine: true })), ['file:src/**', 'pytest']);
  yard.refused(visitor, 'lock_list', { code: 'session_required', input: { mine: true } });
  const session = new RegExp([ada, bob].map((actor) => String(actor.session)).join('|'));
  for (const said of [all, rest, items]) assert.doesNotMatch(JSON.stringify(said), session);
});

test('LE46 a list goes on behind the last lease shown, with the same filters and history only', () => {
  const { yard, ada } = two();
  for (let i = 1; i <= 5; i += 1) yard.lock(ada, `issue:${i}`);
  const first = yard.do(ada, 'lock_list', { limit: 2 });
  assert.deepEqual([namesIn(first), first['total']], [['issue:1', 'issue:2'], 5]);
  const cursor = String(first['next_cursor']);
  yard.do(ada, 'lock_release', { name: 'issue:2' });
  const second = yard.do(ada, 'lock_list', { limit: 3, cursor });
  assert.deepEqual([namesIn(second), second['next_cursor']], [['issue:3', 'issue:4', 'issue:5'], null]);
  for (const [code, input] of [
    ['invalid_input', { cursor, mine: true }],
    ['invalid_input', { cursor: 'x' }],
    ['history_changed', { cursor: cursor.replace(/^\S+/, 'other.1') }],
  ] as const)
    yard.refused(ada, 'lock_list', { code, input });
});

test('11. LE45 looking changes nothing', () => {
  const { yard, ada, bob } = two();
  yard.lock(ada, 'wave:5c');
  yard.queue(bob, 'wave:5c.1');
  const before = yard.scenario.slices;
  for (const [name, input] of [
    ['lock_list', {}],
    ['lock_list', { name: 'wave:5c' }],
    ['lock_list', { match: '*' }],
    ['lock_check_token', { name: 'wave:5c', token: 3 }],
    ['lock_alias', {}],
    ['status', {}],
    ['agent_list', {}],
  ] as const)
    yard.do(ada, name, input);
  assert.equal(yard.scenario.slices, before);
});

test('6. LE48 a repeated call finds its grant, or its place in the queue, and never a second one', () => {
  const { yard, ada, bob } = two();
  const input = { name: 'pytest', wait_ms: 60_000 };
  yard.do(ada, 'lock_acquire', input);
  const grant = yard.written;
  yard.pass(secondMs);
  const repeated = yard.repeat(ada, 'lock_acquire', { input, entries: grant });
  assert.match(JSON.stringify(repeated), /"token":3,"count":1,.*"remaining_ms":299000/);
  const ticket = yard.queue(bob, 'pytest');
  const queued = yard.written;
  yard.do(ada, 'lock_release', {});
  yard.take(bob, ticket);
  const late = yard.repeat(bob, 'lock_acquire', { input, entries: queued });
  assert.deepEqual(yard.held, ['bob pytest exclusive']);
  assert.match(JSON.stringify(late), /"count":1/);
  const gone = yard.repeated(ada, 'lock_acquire', { input, entries: grant });
  assert.ok(!gone.ok);
  assert.equal(gone.code, 'not_holder');
  assert.match(gone.message, /was granted to you with token 3, and you do not hold it any more/);
});

test('LE49 a snapshot gives the same state, and goes on like it', () => {
  const { yard, ada, bob } = two();
  yard.do(ada, 'lock_alias', { name: 'issue:1', target: 'wave:7' });
  yard.lock(ada, ['wave:5c', 'file:src/**', 'issue:1'], { purpose: 'x', ttl: 'session' });
  yard.lock(ada, 'pytest', { ttl: 5, delay_s: 60 });
  yard.lock(bob, 'issue:9', { ttl: 5 });
  yard.do(bob, 'lock_break', { name: 'wave:5c', reason: 'r' });
  yard.queue(bob, ['file:src/a.ts', 'wave:5c.1'], { purpose: 'y' });
  yard.pass(5 * secondMs);
  const { slices } = yard.scenario;
  const rows = [...leasesArea.save(slices)].map((row) => JSON.stringify(row));
  const loaded = leasesArea.settle(
    leasesArea.load(
      slices,
      rows.map((row) => JSON.parse(row)),
    ),
  );
  assert.deepEqual(toldLeases(loaded.leases), toldLeases(slices.leases));
  yard.scenario.slices = loaded;
  yard.do(ada, 'lock_release', {});
  assert.equal(yard.granted().length, 1);
});

test('LE28 LE47 no token is shown of what is only offered, or closed for a while: none would be valid', () => {
  const { yard, ada, bob } = two();
  yard.lock(ada, 'pytest', { ttl: 5, delay_s: 60 });
  yard.lock(ada, 'issue:1');
  const ticket = yard.queue(bob, 'issue:1');
  yard.do(ada, 'lock_release', { name: 'issue:1' });
  const tokens = () => {
    const { items } = yard.do(ada, 'lock_list');
    assert.ok(Array.isArray(items));
    return items.map((item: { readonly state: unknown; readonly token?: unknown }) => [
      item.state,
      item.token,
    ]);
  };
  const offered = yard.leases.find(({ holder }) => holder === 'bob')?.epoch ?? 0;
  const check = (token: number) => yard.do(ada, 'lock_check_token', { name: 'issue:1', token })['valid'];
  assert.deepEqual([tokens()[1], check(offered)], [['offered', undefined], false]);
  const wrong = { name: 'issue:1', token: offered };
  const refusal = yard.refused(bob, 'lock_release', { code: 'stale_epoch', input: wrong });
  assert.match(refusal.message, /the turn of bob for issue:1 has come, until [^,]*\. Whoever/);
  assert.equal(refusal.details['current'], undefined);
  const token = yard.take(bob, ticket)[0]?.seq ?? 0;
  assert.deepEqual([tokens()[1], check(token)], [['held', token], true]);
  yard.pass(5 * secondMs);
  assert.deepEqual(tokens()[0], ['delayed', undefined]);
});

test('LE45 a pattern finds resources with their kind and without', () => {
  const { yard, ada } = two();
  yard.lock(ada, ['pytest', 'db/users', 'issue:1', 'resource:work']);
  yard.queue(yard.join('eve'), 'pytest');
  const found = yard.do(ada, 'lock_list', { match: 'Resource:*' });
  assert.deepEqual(namesIn(found), ['db/users', 'pytest', 'resource:work']);
  assert.equal(found['queue_length'], 1);
  assert.deepEqual(namesIn(yard.do(ada, 'lock_list', { match: 'py*' })), ['pytest']);
});

test('a pattern of lock_list: stars and question marks, and everything else as it is', () => {
  for (const [pattern, text, fits] of [
    ['*', '', true],
    ['wave:5c*', 'wave:5c.1', true],
    ['wave:?c', 'wave:5c', true],
    ['wave:?c', 'wave:5c.1', false],
    ['branch:*x', 'branch:a/b/x', true],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b', 'xxbxxa', false],
    ['file:src/**', 'file:src/**', true],
    ['', 'x', false],
    ['[a]', 'a', false],
  ] as const)
    assert.equal(matches(pattern, text), fits, `${pattern} ${text}`);
  assert.equal(matches(`${'*a'.repeat(100)}b`, 'a'.repeat(300)), false, 'in bounded time');
});

test('the examples run in order on an empty board', () => {
  const { yard, ada, bob } = two();
  for (const { name, examples } of leaseOperations) {
    const actor = name === 'lock_break' ? bob : ada;
    for (const { input, title } of examples) assert.ok(yard.call(actor, name, input).ok, `${name}: ${title}`);
  }
});
