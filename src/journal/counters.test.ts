import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Slot, type Taking, slotMs, takeFrom, windowMs } from './counters.ts';

const start = 1_000 * slotMs;
const at = (slots: readonly Slot[], now: number, over: Partial<Taking> = {}) =>
  takeFrom(slots, { key: 'k', wanted: 1, limit: 3, now, ...over });

test('as many are given as the limit allows, and no more before the first of them has left the window', () => {
  const one = at([], start + 100, { wanted: 2 });
  deepEqual(one.taken, {
    given: 2,
    used: 2,
    spendWithinMs: slotMs - 100,
    freeInMs: 0,
    clearInMs: windowMs + slotMs - 100,
  });
  const two = at(one.slots, start + 10_000, { wanted: 5 });
  equal(two.taken.given, 1);
  equal(two.taken.freeInMs, windowMs + slotMs - 10_000);
  const three = at(two.slots, start + windowMs + slotMs - 1);
  deepEqual([three.taken.given, three.taken.used, three.taken.freeInMs], [0, 3, 1]);
  const four = at(three.slots, start + windowMs + slotMs, { wanted: 5 });
  deepEqual([four.taken.given, four.taken.used], [2, 3]);
});

test('a look takes nothing, and nothing is kept of what does not count', () => {
  deepEqual(at([], start, { wanted: 0 }), {
    slots: [],
    taken: { given: 0, used: 0, spendWithinMs: slotMs, freeInMs: 0, clearInMs: 0 },
  });
  const { slots } = at([], start, { wanted: 2 });
  deepEqual(at(slots, start + windowMs + slotMs, { wanted: 0 }).slots, []);
});

test('who asks with a lower limit waits until so many have left that it has room', () => {
  let slots: readonly Slot[] = [];
  for (let second = 0; second < 10; second += 1)
    slots = at(slots, start + second * slotMs, { limit: 10 }).slots;
  const { taken } = at(slots, start + 9 * slotMs);
  equal(taken.given, 0);
  equal(taken.freeInMs, windowMs + slotMs + 7 * slotMs - 9 * slotMs);
});

test('a clock that was set back keeps nobody waiting longer than a window', () => {
  const { slots } = at([], start + 3_600_000, { wanted: 3 });
  const back = at(slots, start);
  equal(back.taken.given, 0);
  equal(back.taken.freeInMs, windowMs + slotMs);
  equal(at(back.slots, start + windowMs + slotMs).taken.given, 1);
});

test('within no window is more spent than the limit, however it is taken', () => {
  const step = fc.record({
    after: fc.integer({ min: 0, max: 20_000 }),
    wanted: fc.integer({ min: 0, max: 9 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 12 }), (steps, limit) => {
      let slots: readonly Slot[] = [];
      let now = start;
      const spent: { readonly from: number; readonly until: number; readonly given: number }[] = [];
      for (const { after, wanted } of steps) {
        now += after;
        const next = at(slots, now, { wanted, limit });
        slots = next.slots;
        const { given, spendWithinMs } = next.taken;
        ok(slots.length <= windowMs / slotMs + 1);
        spent.push({ from: now, until: now + spendWithinMs, given });
      }
      // Whatever could have been spent at one end of a window and at the other.
      for (const { until } of spent) {
        const within = spent.filter(
          (other) => other.until > until - slotMs && other.from < until - slotMs + windowMs,
        );
        ok(within.reduce((sum, { given }) => sum + given, 0) <= limit);
      }
    }),
  );
});
