import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minuteMs, secondMs } from '../../kernel/instants.ts';
import type { Entry } from '../../kernel/entry.ts';
import { present } from '../../kernel/assert.ts';
import { visitor } from '../../testing/task-board.ts';
import { LockYard } from '../../testing/lock-yard.ts';
import { leasesArea } from './area.ts';

const four = () => {
  const yard = new LockYard();
  return {
    yard,
    ada: yard.join('ada'),
    bob: yard.join('bob'),
    eve: yard.join('eve'),
    kim: yard.join('kim'),
  };
};

const keysOf = (entries: readonly Entry[]): readonly string[] =>
  entries.flatMap((entry) => leasesArea.concerns(entry));

test('LE21 the holder of a whole takes its parts although others wait for the whole, and one who shares it does not', () => {
  const yard = new LockYard();
  const [ada, bob, eve] = [yard.join('ada'), yard.join('bob'), yard.join('eve')];
  yard.lock(ada, 'wave:5c');
  const first = yard.queue(bob, 'wave:5c');
  yard.lock(ada, 'wave:5c.1');
  yard.lock(ada, 'wave:5c.2', { wait_ms: 1_000, mode: 'shared' });
  yard.refused(eve, 'lock_acquire', { code: 'held', input: { name: 'wave:5c.3' } });
  yard.do(ada, 'lock_release', { name: 'wave:5c' });
  assert.deepEqual(yard.granted(), []);
  yard.refused(ada, 'lock_acquire', { code: 'held', input: { name: 'wave:5c.3' } });
  yard.do(ada, 'lock_release', {});
  assert.deepEqual(yard.granted(), [first]);
  yard.lock(ada, 'wave:7', { mode: 'shared' });
  yard.queue(bob, 'wave:7');
  yard.refused(ada, 'lock_acquire', { code: 'held', input: { name: 'wave:7.1' } });
});

test('LE21 the holder of a folder or glob of files takes a file in it, and one who shares it shares that, past those who wait', () => {
  const { yard, ada, bob, eve } = four();
  for (const [whole, part] of [
    ['file:src/**', 'file:src/a.ts'],
    ['file:src', 'file:src/b/**'],
    ['file:**', 'file:src/**/*.ts'],
    ['file:src/*.ts', 'file:src/a.ts'],
  ] as const) {
    yard.lock(ada, whole);
    const ticket = yard.queue(bob, 'file:src/a.ts');
    const behind = yard.queue(eve, ['file:src/a.ts', 'file:docs/a.md']);
    yard.lock(ada, part);
    yard.do(ada, 'lock_release', { name: whole });
    assert.deepEqual(yard.granted(), part === 'file:src/b/**' ? [ticket] : [], part);
    yard.do(ada, 'lock_release', {});
    yard.leaveQueue(bob, ticket);
    yard.leaveQueue(eve, behind);
  }
  for (const [whole, part] of [
    ['file:src/**', 'file:src/a.ts'],
    ['wave:5c', 'wave:5c.1'],
  ] as const) {
    yard.lock(ada, whole, { mode: 'shared' });
    const ticket = yard.queue(bob, whole);
    yard.lock(ada, part, { mode: 'shared' });
    yard.blocked(ada, part.replace('1', '2').replace('a.ts', 'b.ts'));
    yard.do(ada, 'lock_release', {});
    yard.leaveQueue(bob, ticket);
  }
});

test('LE20 LE21 who holds less than it asks for overtakes nobody', () => {
  const { yard, ada, bob } = four();
  for (const [held, asked] of [
    ['file:src/a.ts', 'file:src'],
    ['file:src/a.ts', 'file:src/*.ts'],
    ['file:src/[ab].ts', 'file:src/**'],
    ['wave:5c.1', 'wave:5c.2'],
  ] as const) {
    yard.lock(ada, held);
    const ticket = yard.queue(bob, ['file:src/**', 'wave:5c']);
    yard.blocked(ada, asked);
    yard.leaveQueue(bob, ticket);
    yard.do(ada, 'lock_release', {});
  }
});

test('LE19 LE22 LE28 a request waits, its turn comes in the unit of the release, and it is picked up', () => {
  const { yard, ada, bob, eve } = four();
  yard.lock(ada, 'pytest');
  const [first, second] = [yard.queue(bob, 'pytest'), yard.queue(eve, 'pytest')];
  yard.do(ada, 'lock_release', { name: 'pytest' });
  assert.deepEqual(yard.types, ['leases.released', 'leases.granted']);
  assert.deepEqual(yard.granted(), [first]);
  assert.deepEqual(yard.held, ['bob pytest exclusive offered']);
  yard.pass(4 * secondMs);
  yard.take(bob, first);
  const [lease] = yard.leases;
  assert.ok(lease?.state.kind === 'held');
  assert.equal(
    lease.state.expiresAt,
    yard.scenario.now + 5 * minuteMs,
    'its ttl begins when it is picked up',
  );
  assert.deepEqual(yard.waiting, [second]);
});

test('LE28 what is not picked up within ten seconds goes to the next', () => {
  const { yard, ada, bob, eve } = four();
  yard.lock(ada, 'pytest');
  const [, second] = [yard.queue(bob, 'pytest'), yard.queue(eve, 'pytest')];
  yard.do(ada, 'lock_release', {});
  assert.deepEqual(yard.pass(9_999), []);
  assert.deepEqual(yard.granted(yard.pass(1)), [second]);
  assert.deepEqual(yard.held, ['eve pytest exclusive offered']);
  assert.match(yard.attention('bob')[0]?.text ?? '', /Your turn for pytest came, and nobody picked it up/);
});

test('LE20 nobody overtakes: readers behind a writer wait, and so does a whole behind its parts', () => {
  const { yard, ada, bob, eve, kim } = four();
  yard.lock(ada, 'wave:5c', { mode: 'shared' });
  const writer = yard.queue(bob, 'wave:5c.1');
  yard.blocked(eve, 'wave:5c', { mode: 'shared' });
  const reader = yard.queue(eve, 'wave:5c', { mode: 'shared' });
  yard.lock(kim, 'wave:5c.2', { mode: 'shared' });
  yard.do(kim, 'lock_release', {});
  const other = yard.queue(kim, 'wave:5c.2');
  yard.do(ada, 'lock_release', {});
  assert.deepEqual(yard.granted(), [writer]);
  yard.take(bob, writer);
  yard.do(bob, 'lock_release', {});
  assert.deepEqual(yard.granted(), [reader]);
  yard.take(eve, reader);
  yard.do(eve, 'lock_release', {});
  assert.deepEqual(yard.granted(), [other]);
});

test('LE20 all readers in front are let in together, under one entry', () => {
  const { yard, ada, bob, eve, kim } = four();
  yard.lock(ada, 'pytest');
  const readers = [bob, eve].map((reader) => yard.queue(reader, 'pytest', { mode: 'shared' }));
  yard.queue(kim, 'pytest');
  yard.do(ada, 'lock_release', {});
  assert.deepEqual(yard.granted(), readers);
});

test('LE20 a reader who waits for something else as well keeps no other reader back', () => {
  const { yard, ada, bob, eve, kim } = four();
  yard.lock(ada, 'pytest');
  yard.lock(kim, 'wave:5c');
  yard.queue(bob, ['pytest', 'wave:5c'], { mode: 'shared' });
  const reader = yard.queue(eve, 'pytest', { mode: 'shared' });
  yard.do(ada, 'lock_release', {});
  assert.deepEqual(yard.granted(), [reader]);
});

test('LE15 LE17 LE20 two requests of one session are granted together, and nobody shares what may end exclusive', () => {
  const { yard, ada, bob, eve } = four();
  yard.lock(ada, 'pytest');
  const both = [
    yard.queue(bob, ['pytest', 'wave:5c'], { mode: 'shared' }),
    yard.queue(bob, ['pytest', 'wave:5c']),
  ];
  yard.queue(eve, 'pytest', { mode: 'shared' });
  yard.do(ada, 'lock_release', {});
  assert.deepEqual(yard.granted(), both);
  assert.deepEqual(yard.held, [
    'bob pytest shared offered',
    'bob wave:5c shared offered',
    'bob pytest exclusive offered',
    'bob wave:5c exclusive offered',
  ]);
  for (const ticket of both) yard.take(bob, ticket);
  assert.deepEqual(yard.held, ['bob pytest exclusive', 'bob wave:5c exclusive']);
  assert.deepEqual(
    yard.leases.map(({ count }) => count),
    [2, 2],
  );
});

test('LE15 LE28 two requests of one session for one lock are picked up and counted each for itself', () => {
  for (const second of ['taken', 'left', 'lapsed', 'first left'] as const) {
    const { yard, ada, bob, eve } = four();
    yard.lock(ada, 'pytest');
    const both = [yard.queue(bob, 'pytest'), yard.queue(bob, 'pytest')] as const;
    const next = yard.queue(eve, 'pytest');
    yard.do(ada, 'lock_release', {});
    assert.deepEqual(yard.granted(), both);
    if (second === 'first left') yard.leaveQueue(bob, both[0]);
    else yard.take(bob, both[0]);
    if (second === 'left') yard.leaveQueue(bob, both[1]);
    else if (second === 'lapsed') yard.pass(10 * secondMs);
    else yard.take(bob, both[1]);
    const count = second === 'taken' ? 2 : 1;
    assert.deepEqual(
      yard.leases.map((lease) => [lease.holder, lease.count, lease.state.kind]),
      [['bob', count, 'held']],
      second,
    );
    for (let i = 0; i < count; i += 1) yard.do(bob, 'lock_release', { name: 'pytest' });
    assert.deepEqual(yard.granted(), [next]);
  }
});

test('LE13 LE15 LE18 an offer changes nothing of what is held until it is picked up, and keeps everybody else out', () => {
  for (const how of ['taken', 'left', 'lapsed'] as const) {
    const { yard, ada, bob, eve } = four();
    yard.lock(ada, 'issue:1');
    const token = yard.lock(bob, ['pytest', 'wave:5c'], { mode: 'shared', ttl: 600 });
    const before = yard.leases.filter(({ holder }) => holder === 'bob');
    const ticket = yard.queue(bob, ['issue:1', 'pytest'], { ttl: 3_600 });
    yard.do(ada, 'lock_release', {});
    assert.deepEqual(yard.granted(), [ticket]);
    assert.deepEqual(
      yard.leases.filter(({ state }) => state.kind === 'held'),
      before,
    );
    const valid = () => yard.do(bob, 'lock_check_token', { name: 'pytest', token })['valid'];
    assert.equal(valid(), true);
    yard.blocked(eve, 'pytest', { mode: 'shared' });
    if (how === 'taken') {
      const taken = yard.take(bob, ticket)[0]?.seq;
      const held = yard.leases.map(({ lock, mode, epoch, count }) => [lock, mode, epoch, count]);
      assert.deepEqual(held, [
        ['pytest', 'exclusive', taken, 2],
        ['wave:5c', 'shared', token, 1],
        ['issue:1', 'exclusive', taken, 1],
      ]);
      assert.equal(valid(), false);
      continue;
    }
    if (how === 'left') yard.leaveQueue(bob, ticket);
    else yard.pass(10 * secondMs);
    assert.deepEqual(yard.leases, before, how);
    assert.equal(valid(), true);
    yard.lock(eve, ['issue:1', 'wave:5c'], { mode: 'shared' });
  }
});

test('LE13 LE17 what an offer gives up of a lock goes on only when it is picked up, and is not released by a release of all', () => {
  const { yard, ada, bob, eve } = four();
  yard.lock(ada, 'issue:1');
  yard.lock(bob, 'pytest');
  const ticket = yard.queue(bob, ['issue:1', 'pytest'], { mode: 'shared' });
  const reader = yard.queue(eve, 'pytest', { mode: 'shared' });
  yard.do(ada, 'lock_release', {});
  assert.deepEqual(yard.granted(), [ticket]);
  assert.deepEqual(yard.granted(yard.take(bob, ticket)), [reader]);
  yard.refused(eve, 'lock_release', { code: 'not_holder', input: { name: 'pytest' } });
  assert.deepEqual(yard.do(eve, 'lock_release', {})['released'], []);
  yard.take(eve, reader);
  assert.deepEqual(yard.held, ['bob pytest shared', 'bob issue:1 shared', 'eve pytest shared']);
});

test('LE13 LE35 breaking one lock of an offer ends all of it', () => {
  const { yard, ada, bob, eve } = four();
  yard.lock(ada, 'issue:1');
  const ticket = yard.queue(bob, ['issue:1', 'pytest']);
  const next = yard.queue(eve, 'pytest');
  yard.do(ada, 'lock_release', {});
  const broken = yard.do({ ...visitor, role: 'approver' }, 'lock_break', {
    name: 'issue:1',
    ask: false,
    reason: 'r',
  });
  assert.deepEqual(broken['broken'], [{ holder: 'bob' }], 'it had no token');
  assert.deepEqual(yard.granted(), [next]);
  assert.ok(keysOf(yard.written).includes(`lock:${ticket}`));
  assert.deepEqual(yard.take(bob, ticket), []);
  assert.deepEqual(yard.held, ['eve pytest exclusive offered']);
});

test('LE21 what a session holds it may have again while others wait', () => {
  const { yard, ada, bob } = four();
  yard.lock(ada, 'pytest');
  yard.queue(bob, 'pytest');
  yard.do(ada, 'lock_acquire', { name: 'pytest' });
  assert.equal(yard.leases[0]?.count, 2);
});

test('LE23 a ticket ends at its limit, when it is given up and with its session, and what it kept back goes on', () => {
  for (const how of ['limit', 'given up', 'session', 'gone'] as const) {
    const { yard, ada, bob, eve } = four();
    yard.lock(ada, 'pytest', { mode: 'shared', ttl: 3_600 });
    const writer = yard.queue(bob, 'pytest', { wait_ms: 20_000 });
    const reader = yard.queue(eve, 'pytest', { mode: 'shared' });
    const before = yard.scenario.entries.length;
    if (how === 'limit') {
      assert.deepEqual(yard.pass(19_999), []);
      yard.pass(1);
    }
    if (how === 'given up') yard.leaveQueue(bob, writer);
    if (how === 'session') yard.leave(bob);
    if (how === 'gone') yard.leaveQueue(eve, writer);
    const granted = yard.granted(yard.scenario.entries.slice(before));
    assert.deepEqual(granted, how === 'gone' ? [] : [reader], how);
  }
});

test('LE23 who gives up when the turn has just come lets the next have it at once', () => {
  const { yard, ada, bob, eve } = four();
  yard.lock(ada, 'pytest');
  const [first, second] = [yard.queue(bob, 'pytest'), yard.queue(eve, 'pytest')];
  yard.do(ada, 'lock_release', {});
  assert.deepEqual(yard.granted(yard.leaveQueue(bob, first)), [second]);
});

test('7. LE26 locks asked for in opposite order: whoever closes the circle is refused, and the circle listed', () => {
  const { yard, ada, bob, eve } = four();
  yard.lock(ada, 'issue:1');
  yard.lock(bob, 'issue:2');
  yard.lock(eve, 'wave:5c');
  yard.queue(ada, 'issue:2');
  yard.queue(bob, 'wave:5c.1');
  const input = { name: ['issue:1', 'pytest'], wait_ms: 60_000 };
  const refusal = yard.refused(eve, 'lock_acquire', { code: 'deadlock', input });
  assert.deepEqual(refusal.details['circle'], [
    { agent: 'eve', waits_for: 'issue:1', kept_by: 'ada' },
    { agent: 'ada', waits_for: 'issue:2', kept_by: 'bob' },
    { agent: 'bob', waits_for: 'wave:5c', kept_by: 'eve' },
  ]);
  assert.match(refusal.message, /eve waits for issue:1, kept by ada; ada waits for issue:2, kept by bob/);
  yard.refused(eve, 'lock_acquire', { code: 'held', input: { name: 'issue:1' } });
  yard.do(eve, 'lock_release', {});
  yard.queue(eve, 'issue:1');
});

test('LE18 LE26 nobody makes a lock exclusive past those who wait to share it, so no circle closes unseen', () => {
  const { yard, ada, bob, eve, kim } = four();
  yard.lock(eve, 'pytest', { mode: 'shared' });
  yard.lock(kim, 'issue:2');
  yard.lock(bob, 'issue:3');
  yard.queue(kim, ['pytest', 'issue:3'], { mode: 'shared' });
  yard.queue(eve, 'issue:2');
  const refusal = yard.blocked(eve, 'pytest', { wait_ms: 60_000 });
  assert.match(refusal.message, /kim already waits for pytest \(shared\).*while nobody waits to share it/);
  yard.do(bob, 'lock_release', {});
  assert.equal(yard.granted().length, 1);
  yard.queue(ada, 'issue:3');
  yard.lock(bob, 'wave:1', { mode: 'shared' });
  yard.queue(ada, 'wave:1');
  yard.lock(bob, 'wave:1');
});

test('LE44 a release wakes of those who wait only those whose turn it is', () => {
  const { yard, ada, bob, eve } = four();
  yard.lock(ada, 'pytest');
  const [first, second] = [yard.queue(bob, 'pytest'), yard.queue(eve, 'pytest')];
  yard.do(ada, 'lock_release', {});
  const keys = keysOf(yard.written);
  assert.deepEqual(new Set(keys), new Set(['locks', `lock:${first}`, 'agent:bob']));
  assert.ok(!keys.includes(`lock:${second}`));
});

test('3. LE22 LE44 of a thousand who ask for one lock one has it, and the others follow in order, woken once each', () => {
  const yard = new LockYard();
  const count = 1_000;
  const actors = Array.from({ length: count }, (_, i) => yard.join(`a${i}`));
  yard.lock(present(actors[0], 'there are many'), 'pytest', { ttl: 86_400 });
  const rest = actors.slice(1);
  const tickets = rest.map((actor) => yard.queue(actor, 'pytest', { wait_ms: 600_000 }));
  const began = yard.scenario.entries.length;
  yard.do(present(actors[0], 'there are many'), 'lock_release', {});
  for (const [i, actor] of rest.entries()) {
    const ticket = present(tickets[i], 'each waits');
    assert.equal(yard.leases.length, 1);
    assert.equal(yard.leases[0]?.session, actor.session);
    yard.take(actor, ticket);
    yard.do(actor, 'lock_release', {});
  }
  assert.deepEqual(yard.held, []);
  const entries = yard.scenario.entries.slice(began);
  const rings = keysOf(entries).filter((key) => key.startsWith('lock:'));
  assert.deepEqual(
    rings,
    tickets.map((ticket) => `lock:${ticket}`),
  );
  assert.deepEqual(yard.granted(entries), tickets);
  const tokens = entries.filter(({ type }) => type === 'leases.granted').map(({ seq }) => seq);
  assert.deepEqual(
    tokens,
    tokens.toSorted((a, b) => a - b),
  );
});
