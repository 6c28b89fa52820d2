import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthFailures, networkOf } from './failures.ts';

const several = (failures: AuthFailures, remote: string, times: number): readonly (number | undefined)[] =>
  Array.from({ length: times }, () => failures.add(remote));

test('who fails twenty times in a minute waits for the rest of it, and others do not', () => {
  let now = 0;
  const failures = new AuthFailures(() => now);
  assert.deepEqual(
    several(failures, '10.0.0.1', 20),
    Array.from({ length: 20 }, () => undefined),
  );
  now = 12_400;
  assert.equal(failures.add('10.0.0.1'), 48);
  assert.equal(failures.add('10.0.0.2'), undefined);
  assert.equal(failures.add(undefined), undefined);
  now = 60_000;
  assert.equal(failures.add('10.0.0.1'), undefined);
});

test('only so many networks are remembered, those that failed last', () => {
  const failures = new AuthFailures(() => 0);
  several(failures, '10.9.9.9', 20);
  for (let i = 0; i < 10_000; i += 1) failures.add(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  assert.equal(failures.add('10.9.9.9'), undefined, 'it has made room');
  several(failures, '10.0.0.7', 19);
  assert.equal(failures.add('10.0.0.7'), 60);
});

test('the addresses of one network of version 6 count as one', () => {
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(networkOf('2001:db8:1:2::9'), '2001:db8:1:2::/64');
  assert.equal(networkOf('2001:DB8::1'), '2001:db8:0:0::/64');
  assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
  assert.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(networkOf('192.0.2.1'), '192.0.2.1');
});
