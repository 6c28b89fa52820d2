import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secondMs } from '../../kernel/instants.ts';
import { visitor } from '../../testing/task-board.ts';
import { LockYard } from '../../testing/lock-yard.ts';
import { toldLeases } from '../../testing/told-leases.ts';
import { initialSlices } from '../index.ts';
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

test('LE26 two requests of one session with another one between them are no circle', () => {
  for (const between of [['pytest'], ['issue:2', 'pytest']]) {
    const { yard, ada, bob, eve } = four();
    yard.lock(ada, 'pytest');
    yard.lock(bob, 'issue:2');
    const tickets = [
      yard.queue(bob, 'pytest'),
      yard.queue(eve, between),
      yard.queue(bob, ['issue:1', 'pytest']),
    ] as const;
    yard.do(ada, 'lock_release', {});
    assert.deepEqual(yard.granted(), [tickets[0]]);
    assert.deepEqual(yard.granted(yard.take(bob, tickets[0])), [tickets[2]], 'it has pytest already');
    yard.take(bob, tickets[2]);
    yard.do(bob, 'lock_release', {});
    assert.deepEqual(yard.granted(), [tickets[1]]);
  }
});

test('LE26 what one waits for behind an earlier request of its own session closes a circle all the same', () => {
  const { yard, ada, bob, eve, kim } = four();
  yard.lock(ada, 'issue:1');
  yard.lock(kim, 'pytest');
  yard.queue(bob, ['issue:1', 'pytest']);
  yard.queue(eve, 'pytest');
  yard.queue(bob, ['issue:2', 'pytest']);
  const refusal = yard.refused(ada, 'lock_acquire', {
    code: 'deadlock',
    input: { name: 'issue:2', wait_ms: 60_000 },
  });
  assert.deepEqual(refusal.details['circle'], [
    { agent: 'ada', waits_for: 'issue:2', kept_by: 'bob' },
    { agent: 'bob', waits_for: 'issue:1', kept_by: 'ada' },
  ]);
});

test('LE26 a circle that closes when a lock is given up is found then, and the youngest in it is refused', () => {
  for (const how of ['released', 'shared', 'expired', 'broken'] as const) {
    const { yard, ada, bob, eve, kim } = four();
    yard.lock(bob, 'pytest', { ttl: 20 });
    yard.lock(bob, 'issue:2', { ttl: 600 });
    yard.lock(eve, 'issue:1', { ttl: 600 });
    const first = yard.queue(ada, ['issue:2', 'pytest']);
    const own = yard.queue(bob, ['issue:1', 'pytest']);
    const behind = yard.queue(kim, 'pytest', { mode: 'shared' });
    const began = yard.scenario.entries.length;
    if (how === 'released') yard.do(bob, 'lock_release', { name: 'pytest' });
    if (how === 'shared') yard.do(bob, 'lock_acquire', { name: 'pytest', mode: 'shared' });
    if (how === 'expired') yard.pass(20 * secondMs);
    if (how === 'broken')
      yard.do({ ...visitor, role: 'approver' }, 'lock_break', { name: 'pytest', ask: false, reason: 'r' });
    const entries = yard.scenario.entries.slice(began);
    assert.deepEqual(
      entries.filter(({ type }) => type === 'leases.refused').map(({ data }) => data),
      how === 'shared'
        ? []
        : [
            {
              ticket: own,
              agent: 'bob',
              session: bob.session,
              circle: [
                { agent: 'bob', waits_for: 'pytest', kept_by: 'ada' },
                { agent: 'ada', waits_for: 'issue:2', kept_by: 'bob' },
              ],
            },
          ],
      how,
    );
    assert.deepEqual(yard.waiting, how === 'shared' ? [first, own, behind] : [first, behind], how);
    const keys = entries.flatMap((entry) => leasesArea.concerns(entry));
    assert.equal(keys.includes(`lock:${own}`), how !== 'shared', 'its call is woken');
    assert.deepEqual(
      toldLeases(yard.scenario.refolded(initialSlices).leases),
      toldLeases(yard.scenario.slices.leases),
    );
  }
});

test('LE26 a circle that closes when a turn comes is found then, and what the refused one kept back goes on', () => {
  const { yard, ada, bob, eve, kim } = four();
  yard.lock(ada, 'wave:5c.1');
  yard.lock(yard.join('zoe'), 'issue:1');
  const first = yard.queue(bob, 'wave:5c.1');
  const whole = yard.queue(eve, 'wave:5c');
  const part = yard.queue(bob, ['issue:1', 'wave:5c.2']);
  const behind = yard.queue(kim, 'wave:5c.2', { mode: 'shared' });
  yard.do(ada, 'lock_release', {});
  assert.deepEqual(yard.types, ['leases.released', 'leases.granted', 'leases.refused']);
  assert.deepEqual(yard.granted(), [first]);
  assert.deepEqual(
    yard.waiting,
    [whole, behind],
    `${part} waited for ${whole}, and that for its own session`,
  );
});

test('LE26 what a session is offered is in nobody’s way but until it is picked up, and no circle', () => {
  const { yard, ada, bob, eve } = four();
  yard.lock(ada, 'pytest');
  const first = yard.queue(bob, 'pytest');
  const between = yard.queue(eve, 'pytest');
  const again = yard.queue(bob, 'pytest');
  yard.do(ada, 'lock_release', {});
  assert.deepEqual(yard.waiting, [between, again]);
  assert.deepEqual(yard.granted(yard.leaveQueue(bob, first)), [between], 'and nobody is overtaken');
});

test('LE26 a circle that closes because an offer was not picked up is found then', () => {
  const { yard, ada, bob, eve } = four();
  yard.lock(bob, 'issue:2', { ttl: 600 });
  yard.lock(ada, 'pytest', { ttl: 600 });
  const first = yard.queue(bob, 'pytest');
  const between = yard.queue(eve, ['issue:2', 'pytest']);
  const again = yard.queue(bob, 'pytest');
  yard.do(ada, 'lock_release', {});
  assert.deepEqual(yard.granted(), [first]);
  const entries = yard.pass(10 * secondMs);
  assert.deepEqual(
    entries.map(({ type }) => type),
    ['leases.expired', 'leases.refused'],
  );
  assert.deepEqual(yard.waiting, [between], `${again} waited for it, and it for issue:2`);
});
