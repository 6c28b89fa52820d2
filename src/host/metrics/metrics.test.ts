import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../testing/manual-clock.ts';
import { Distribution } from './distribution.ts';
import { Arrivals } from './lag.ts';
import { Meter } from './meter.ts';
import { serviceLevelsOf, targets } from './service-levels.ts';
import { RecentCalls, windowSeconds } from './window.ts';

describe('a distribution', () => {
  it('counts each value below every bound that it does not pass', () => {
    const distribution = new Distribution([1, 2, 4]);
    for (const value of [0, 1, 1.5, 4, 4.1]) distribution.add(value);
    assert.deepEqual(distribution.cumulated(), [2, 3, 4, 5]);
    assert.equal(distribution.sum, 10.6);
  });
});

describe('the calls of the last minutes', () => {
  it('tell a quantile that is never less than it was, and at most a tenth more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.06, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 100 }),
        (times) => {
          const recent = new RecentCalls(() => 0);
          for (const ms of times) recent.add('read', ms, false);
          const rank = Math.ceil(0.95 * times.length) - 1;
          const exact = (times.toSorted((a, b) => a - b)[rank] ?? 0) / 1_000;
          const told = recent.times('read').quantile(0.95) ?? 0;
          assert.ok(told >= exact * 0.999_999 && told <= exact * 1.101, `${told} of ${exact}`);
        },
      ),
    );
  });

  it('keep reads and writes apart, and forget what was before the window', () => {
    const clock = new ManualClock();
    const recent = new RecentCalls(clock.monotonic);
    recent.add('read', 100, false);
    recent.add('write', 1_000, true);
    clock.advance(windowSeconds * 1_000);
    recent.add('read', 1, false);
    assert.equal(recent.times('read').calls, 2, 'a window is never shorter than it says');
    clock.advance(31_000);
    assert.deepEqual([recent.times('read').calls, recent.times('write').calls], [1, 0]);
    assert.deepEqual(recent.counts(), { calls: 1, faults: 0 });
    assert.equal(recent.times('write').quantile(0.95), undefined);
  });
});

describe('the lag of a follower', () => {
  const opened = () => {
    const clock = new ManualClock();
    return { clock, arrivals: new Arrivals(clock.monotonic) };
  };

  it('is the time for which the first entry has waited that is not followed', () => {
    const { clock, arrivals } = opened();
    for (let seq = 1; seq <= 5; seq += 1) {
      arrivals.came(seq);
      clock.advance(1_000);
    }
    assert.equal(arrivals.lagOf(5, 5), 0);
    assert.equal(arrivals.lagOf(4, 5), 1);
    assert.equal(arrivals.lagOf(0, 5), 5);
  });

  it('is never told too small, although not every entry is noted', () => {
    const { clock, arrivals } = opened();
    arrivals.came(1);
    clock.advance(100);
    arrivals.came(2);
    clock.advance(10_000);
    assert.equal(arrivals.lagOf(1, 2), 10.1);
    arrivals.came(3);
    assert.equal(arrivals.lagOf(1, 3), 10.1);
    arrivals.forget(2);
    assert.equal(arrivals.lagOf(2, 3), 0);
  });

  it('needs little memory, however long nothing is followed', () => {
    const { clock, arrivals } = opened();
    for (let seq = 1; seq <= 20_000; seq += 1) {
      arrivals.came(seq);
      clock.advance(1_000);
    }
    assert.equal(arrivals.lagOf(0, 20_000), 20_000);
    arrivals.forget(19_999);
    arrivals.came(20_001);
    assert.ok(arrivals.lagOf(20_000, 20_001) < 1_000);
  });
});

describe('service levels', () => {
  const metered = () => {
    const clock = new ManualClock();
    const operations = [
      { name: 'look', kind: 'query' },
      { name: 'do', kind: 'command' },
    ] as const;
    return { clock, meter: new Meter({ operations, monotonic: clock.monotonic }) };
  };

  it('hold where nothing was called', () => {
    const { meter } = metered();
    const told = serviceLevelsOf(meter.recent, { lags: [], faults: [] });
    assert.equal(told.holds, true);
    assert.deepEqual(
      told.levels.map(({ value }) => value),
      [null, null, null, 0],
    );
  });

  it('count only times that say something, and only errors that are the hub’s own', () => {
    const { clock, meter } = metered();
    const call = (operation: string, ms: number, how: { waits?: true; code?: 'held' | 'internal' } = {}) => {
      const measured = meter.begin({ operation });
      measured.waits = how.waits === true;
      clock.advance(ms);
      meter.end(measured, how.code ?? 'ok');
    };
    call('look', 1);
    call('look', 60_000, { waits: true });
    call('do', 2, { code: 'held' });
    assert.equal(serviceLevelsOf(meter.recent, { lags: [], faults: [] }).holds, true);
    call('do', targets.writeP95Seconds * 2_000, { code: 'internal' });
    const { holds, levels } = serviceLevelsOf(meter.recent, { lags: [], faults: [] });
    assert.deepEqual(
      levels.map(({ name, holds: one, calls }) => [name, one, calls]),
      [
        ['read_p95', true, 1],
        ['write_p95', false, 2],
        ['error_rate', false, 4],
        ['lag', true, undefined],
      ],
    );
    assert.equal(holds, false);
  });

  it('look at the follower that is furthest behind', () => {
    const { meter } = metered();
    const lags = [
      { follower: 'a', entries: 1, seconds: targets.lagSeconds + 1 },
      { follower: 'snapshots', entries: 90_000, seconds: undefined },
    ];
    assert.equal(serviceLevelsOf(meter.recent, { lags, faults: [] }).levels.at(-1)?.holds, false);
    assert.equal(serviceLevelsOf(meter.recent, { lags: lags.slice(1), faults: [] }).holds, true);
  });

  it('know what nobody knows under one name', () => {
    const { meter } = metered();
    meter.end(meter.begin({ operation: 'made up' }), 'unknown_operation');
    assert.deepEqual(
      [...meter.calls()].map(([name, code]) => [name, code]),
      [['unknown', 'unknown_operation']],
    );
  });
});
