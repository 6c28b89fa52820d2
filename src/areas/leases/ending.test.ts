import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourMs, minuteMs, secondMs } from '../../kernel/instants.ts';
import { visitor } from '../../testing/task-board.ts';
import { leasesArea } from './area.ts';
import { lapsesMax, locksPerSessionMax } from './model/limits.ts';
import { LockYard } from '../../testing/lock-yard.ts';

const three = () => {
  const yard = new LockYard();
  return {
    yard,
    ada: yard.join('ada'),
    bob: yard.join('bob'),
    eve: yard.join('eve', { role: 'approver' }),
  };
};

test('LE27 a lock lasts its ttl and not a moment less, and then goes to whoever waits', () => {
  const { yard, ada, bob } = three();
  yard.lock(ada, 'pytest', { ttl: 5 });
  const ticket = yard.queue(bob, 'pytest');
  assert.deepEqual(yard.pass(4_999), []);
  assert.deepEqual(yard.granted(yard.pass(1)), [ticket]);
});

test('LE29 an expired session gives up all its leases in one entry, those with a ttl as well', () => {
  const { yard, ada, bob } = three();
  yard.lock(ada, 'pytest', { ttl: 86_400 });
  yard.lock(ada, ['issue:1', 'file:src/**'], { ttl: 'session' });
  yard.leave(ada);
  yard.blocked(bob, 'pytest');
  const ticket = yard.queue(bob, 'file:src/a.ts', { wait_ms: 300_000 });
  assert.deepEqual(yard.pass(2 * minuteMs - 1), []);
  const entries = yard.pass(1);
  assert.deepEqual(
    entries.map(({ type }) => type),
    ['agents.session_expired', 'leases.expired', 'leases.granted'],
  );
  assert.deepEqual(yard.granted(entries), [ticket]);
  assert.match(yard.attention('ada')[0]?.text ?? '', /^Your session expired, and your lock/);
});

test('LE13 LE28 an offer ends as a whole, also when more runs out at once than one unit ends', () => {
  const { yard, ada, bob, eve } = three();
  const until = 10;
  for (let i = 0; i < lapsesMax - 1; i += 1)
    yard.lock(i < locksPerSessionMax / 2 ? ada : eve, `x:${i}`, { ttl: until });
  yard.lock(eve, ['pytest', 'issue:1']);
  const ticket = yard.queue(bob, ['issue:1', 'pytest', 'wave:7']);
  yard.do(eve, 'lock_release', { name: ['pytest', 'issue:1'] });
  assert.deepEqual(yard.granted(), [ticket]);
  yard.pass(until * secondMs);
  assert.deepEqual(yard.held, []);
  assert.deepEqual(
    yard.attention('bob').map(({ ref }) => ref),
    ['issue:1', 'pytest', 'wave:7'],
  );
});

test('LE29 LE31 coming back within the time of grace keeps everything', () => {
  const { yard, ada, bob } = three();
  yard.lock(ada, 'pytest', { ttl: 'session' });
  yard.leave(ada);
  yard.pass(minuteMs);
  const back = yard.join('ada', { connection: 'new' });
  assert.equal(back.session, ada.session);
  yard.pass(hourMs);
  yard.blocked(bob, 'pytest');
  assert.equal(yard.do(back, 'lock_list', { mine: true })['total'], 1);
});

test('LE30 after a failure a lock stays closed for its delay, to all but the session; after a release it does not', () => {
  const { yard, ada, bob } = three();
  yard.lock(ada, 'pytest', { ttl: 5, delay_s: 30 });
  yard.pass(5 * secondMs);
  assert.deepEqual(yard.held, ['ada pytest exclusive delayed']);
  assert.match(yard.blocked(bob, 'pytest').message, /stays closed after ada lost it, until/);
  const ticket = yard.queue(bob, 'pytest');
  assert.deepEqual(yard.pass(30 * secondMs - 1), []);
  assert.deepEqual(yard.granted(yard.pass(1)), [ticket]);
  yard.leaveQueue(bob, ticket);
  yard.lock(ada, 'pytest', { ttl: 5, delay_s: 30 });
  yard.do(ada, 'lock_release', {});
  yard.lock(bob, 'pytest', { ttl: 5, delay_s: 60 });
  yard.pass(5 * secondMs);
  yard.blocked(ada, 'pytest');
  yard.lock(bob, 'pytest');
});

test('LE32 LE42 LE43 asking tells the holder who and why, once as news, and changes nothing else', () => {
  const { yard, ada, bob } = three();
  yard.lock(ada, 'wave:5c');
  const reason = 'I fix "main" now';
  assert.deepEqual(yard.do(bob, 'lock_break', { name: 'wave:5c', reason }), {
    name: 'wave:5c',
    asked: ['ada'],
    broken: [],
  });
  assert.deepEqual(yard.held, ['ada wave:5c exclusive']);
  const [asked] = yard.attention('ada');
  assert.equal(asked?.kind, 'lock_asked');
  assert.match(asked.text, /^bob asked 0 s ago for your lock wave:5c: "I fix \\"main\\" now"/);
  assert.deepEqual(yard.news('ada'), [{ kind: 'lock_asked', count: 1, seq: asked.seq, call: 'wait' }]);
  const moment = { now: yard.scenario.now, arrived: { told: asked.seq } };
  assert.deepEqual(leasesArea.news(yard.scenario.slices, 'ada', moment), []);
  yard.join('ada');
  assert.deepEqual(yard.news('ada'), []);
  assert.equal(yard.attention('ada').length, 1, 'as long as it is held');
  yard.refused(ada, 'lock_break', { code: 'invalid_state', input: { name: 'wave:5c', reason } });
  yard.refused(bob, 'lock_break', { code: 'not_found', input: { name: 'pytest', reason } });
  yard.refused(bob, 'lock_break', { code: 'invalid_input', input: { name: 'wave:5c', ask: false } });
});

test('LE32 of each agent that asks the latest counts, so that none pushes the others out', () => {
  const { yard, ada, bob, eve } = three();
  yard.lock(ada, 'pytest');
  const ask = (actor: typeof ada, reason: string) => yard.do(actor, 'lock_break', { name: 'pytest', reason });
  ask(eve, 'mine');
  for (let i = 0; i < 12; i += 1) ask(bob, `now ${i}`);
  assert.deepEqual(
    yard.leases[0]?.asks.map(({ by, reason }) => [by, reason]),
    [
      ['eve', 'mine'],
      ['bob', 'now 11'],
    ],
  );
});

test('LE32 whoever asks while a turn is not picked up is heard by who picks it up', () => {
  const { yard, ada, bob, eve } = three();
  yard.lock(ada, 'pytest');
  const ticket = yard.queue(bob, 'pytest');
  yard.do(ada, 'lock_release', {});
  assert.deepEqual(yard.do(eve, 'lock_break', { name: 'pytest', reason: 'r' })['asked'], ['bob']);
  yard.take(bob, ticket);
  assert.deepEqual(
    yard.attention('bob').map(({ kind }) => kind),
    ['lock_asked'],
  );
});

test('9. LE33 LE34 LE35 the age of the last call gives the tier and what it allows', () => {
  for (const [silentMs, tier, may] of [
    [299 * secondMs, 'active', false],
    [301 * secondMs, 'idle', false],
    [61 * minuteMs, 'stale', true],
    [5 * hourMs, 'stale', true],
    [25 * hourMs, 'abandoned', true],
  ] as const) {
    const { yard, ada, bob } = three();
    const token = yard.lock(ada, 'wave:5c', { ttl: 'session' });
    yard.pass(silentMs);
    const input = { name: 'wave:5c', ask: false, reason: 'It is needed' };
    if (tier === 'abandoned') {
      assert.deepEqual(yard.held, [], 'it was released by itself');
      continue;
    }
    assert.equal(yard.blocked(bob, 'wave:5c').message.includes(`(session ${tier})`), true, tier);
    if (!may) {
      const refusal = yard.refused(bob, 'lock_break', { code: 'held', input });
      assert.match(refusal.message, tier === 'idle' ? /Warning: it is idle, not gone/ : /is active/);
      continue;
    }
    const broken = yard.do(bob, 'lock_break', input);
    assert.deepEqual(broken['broken'], [{ holder: 'ada', token }]);
    yard.see(ada);
    assert.equal(yard.do(ada, 'lock_check_token', { name: 'wave:5c', token })['valid'], false);
    yard.refused(ada, 'lock_renew', { code: 'stale_epoch', input: { name: 'wave:5c', token } });
    assert.match(yard.attention('ada')[0]?.text ?? '', /^bob broke your lock wave:5c: "It is needed"\. Stop/);
    assert.deepEqual(
      yard.news('ada').map(({ kind }) => kind),
      ['lock_lost'],
    );
  }
});

test('LE33 LE34 an ended session’s lock and one’s own idle one may be broken, and a person breaks any', () => {
  const { yard, ada, bob, eve } = three();
  const input = { name: 'pytest', ask: false, reason: 'r' };
  yard.lock(ada, 'pytest', { delay_s: 7 });
  const ticket = yard.queue(bob, 'pytest');
  assert.equal(eve.role, 'approver');
  yard.refused(eve, 'lock_break', { code: 'held', input });
  yard.refused({ ...visitor, role: 'approver', kind: 'agent' }, 'lock_break', { code: 'held', input });
  yard.refused({ ...eve, kind: 'person' }, 'lock_break', { code: 'held', input });
  yard.do({ ...visitor, role: 'approver' }, 'lock_break', input);
  assert.deepEqual(yard.granted(), [], 'who was broken counts as failed');
  assert.deepEqual(yard.granted(yard.pass(7 * secondMs)), [ticket]);
  yard.take(bob, ticket);
  yard.leave(bob);
  yard.do(ada, 'lock_break', input);
  const other = yard.join('ada', { connection: 'elsewhere' });
  yard.lock(other, 'pytest', { ttl: 3_600 });
  yard.refused(ada, 'lock_break', { code: 'held', input });
  yard.pass(6 * minuteMs);
  yard.do(ada, 'lock_break', input);
  assert.deepEqual(
    yard.attention('ada').map(({ text }) => text.slice(0, 28)),
    ['owner broke your lock pytest'],
    'what one breaks of one’s own is no loss',
  );
});

test('LE36 LE7 a part of an alias is that part of its target, or the target where it has no such part', () => {
  const yard = new LockYard();
  const [ada, bob] = [yard.join('ada'), yard.join('bob')];
  for (const [name, target] of [
    ['issue:500', 'wave:7'],
    ['deploy:prod', 'branch:main'],
    ['resource:work', 'x/y'],
    ['a', 'issue:6'],
  ] as const)
    yard.do(ada, 'lock_alias', { name, target });
  yard.lock(ada, ['wave:7', 'branch:main', 'x/y', 'issue:6']);
  for (const name of [
    'issue:500/1',
    'issue:500',
    'issue:500/1/2',
    'issue:500/a+b',
    'deploy:prod/eu',
    'work/x',
    'a/b',
  ])
    yard.blocked(bob, name);
  yard.lock(bob, ['issue:5', 'issue:5001']);
  yard.do(ada, 'lock_release', {});
  yard.lock(bob, ['issue:500/01', 'work/z', 'a/7']);
  assert.deepEqual(yard.held.slice(-3), [
    'bob issue:6/7 exclusive',
    'bob wave:7.1 exclusive',
    'bob x/y/z exclusive',
  ]);
  yard.blocked(ada, 'wave:7');
  yard.do(bob, 'lock_release', { name: 'issue:500/1' });
});

test('LE37 aliases do not lead on through wholes and parts either', () => {
  const yard = new LockYard();
  const ada = yard.join('ada');
  yard.do(ada, 'lock_alias', { name: 'issue:500', target: 'wave:7.1' });
  for (const [name, target] of [
    ['x', 'issue:500/1'],
    ['x', 'issue:500'],
    ['wave:7', 'y'],
  ] as const)
    yard.refused(ada, 'lock_alias', { code: 'invalid_state', input: { name, target } });
  yard.refused(ada, 'lock_alias', { code: 'invalid_input', input: { name: 'z', target: 'z/1' } });
  const within = yard.refused(ada, 'lock_alias', {
    code: 'invalid_input',
    input: { name: 'z/1', target: 'z' },
  });
  assert.match(within.message, /a whole and its part/);
});

test('LE51 a part of a whole, and a file, is no alias, and the refusal says how the two names can be one', () => {
  const yard = new LockYard();
  const [ada, bob] = [yard.join('ada'), yard.join('bob')];
  const refused = (name: string, target: string, pattern: RegExp): void =>
    assert.match(
      yard.refused(ada, 'lock_alias', { code: 'invalid_input', input: { name, target } }).message,
      pattern,
    );
  refused('wave:5c.1', 'issue:115', /a part of wave:5c, .* Let issue:115 stand for wave:5c\.1 instead\.$/);
  refused('issue:shop/7', 'wave:5c.1', /a part of issue:shop, .* Use one of the two names for both/);
  refused('file:src/a.ts', 'pytest', /is in a folder, perhaps in globs as well, .* Let pytest stand for/);
  yard.do(ada, 'lock_alias', { name: 'issue:115', target: 'wave:5c.1' });
  yard.do(ada, 'lock_alias', { name: 'x', target: 'file:src/a.ts' });
  yard.lock(ada, ['wave:5c', 'file:src/**']);
  yard.blocked(bob, 'issue:115');
  yard.blocked(bob, 'x');
});

test('LE5 LE36 work is no alias and no fence, however it is written', () => {
  const yard = new LockYard();
  const ada = yard.join('ada');
  for (const name of ['work', 'Work', ' WORK '])
    for (const input of [
      { name, target: 'x' },
      { name: 'x', target: name },
    ])
      yard.refused(ada, 'lock_alias', { code: 'invalid_input', input });
  const fence = { lock: 'Work', token: 1 };
  yard.refused(ada, 'task_done', { code: 'invalid_input', input: { id: 'T-1', fence } });
});

test('LE36 LE6 LE37 LE38 LE39 an alias stands for its target everywhere, leads no further, and changes only while both are free', () => {
  const { yard, ada, bob } = three();
  yard.lock(ada, 'wave:5c.1');
  const alias = { name: 'issue:0115', target: 'wave:5C-1' };
  yard.refused(bob, 'lock_alias', { code: 'held', input: alias });
  yard.do(ada, 'lock_release', {});
  yard.lock(ada, 'wave:5c');
  yard.refused(bob, 'lock_alias', { code: 'held', input: alias });
  yard.queue(bob, 'wave:5c.1');
  yard.do(ada, 'lock_release', {});
  yard.pass(10 * secondMs);
  yard.do(bob, 'lock_alias', alias);
  yard.lock(ada, 'issue:115');
  assert.deepEqual(yard.held, ['ada wave:5c.1 exclusive']);
  yard.blocked(bob, 'wave:5c.1');
  yard.blocked(bob, 'issue:115');
  yard.refused(bob, 'lock_alias', { code: 'held', input: { name: 'issue:115', target: null } });
  const token = yard.leases[0]?.epoch;
  assert.equal(yard.do(bob, 'lock_check_token', { name: 'issue:115', token })['valid'], true);
  assert.deepEqual(yard.do(ada, 'lock_release', { name: 'issue:115' })['released'], ['wave:5c.1']);
  yard.refused(bob, 'lock_alias', { code: 'invalid_state', input: { name: 'x', target: 'issue:115' } });
  yard.refused(bob, 'lock_alias', { code: 'invalid_input', input: { name: 'x', target: 'x' } });
  yard.refused(bob, 'lock_alias', { code: 'invalid_input', input: { name: 'work', target: 'x' } });
  const shown = yard.do(bob, 'lock_alias');
  assert.deepEqual(yard.types, []);
  assert.deepEqual(shown['aliases'], [
    { name: 'issue:115', target: 'wave:5c.1', by: 'bob', at: '2001-09-09T01:46:50.000Z' },
  ]);
  assert.deepEqual(yard.do(bob, 'lock_alias', { name: 'issue:115', target: null })['aliases'], []);
  yard.refused(bob, 'lock_alias', { code: 'not_found', input: { name: 'issue:115', target: null } });
});
