import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type RateSetting, initialRates } from '../../areas/access/limits.ts';
import { type Taking, slotMs, windowMs } from '../../journal/counters.ts';
import { createMemoryVault, openMemoryStore } from '../../stores/memory/memory-store.ts';
import { CollectedLog } from '../../testing/collected-log.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { RateLimits } from './rate-limits.ts';

const firstSlot = 600_000_000 * slotMs;
type Who = Parameters<RateLimits['spend']>[0];

const ada: Who = { principal: 'ada', role: 'worker', kind: 'agent' };

const setting = (task: number): RateSetting => ({ ...initialRates, classes: { task }, burst: 0 });

/** As many hubs on one store as a test wants. */
const place = () => {
  const clock = new ManualClock();
  const log = new CollectedLog();
  const store = openMemoryStore(createMemoryVault());
  const takings: Taking[] = [];
  const state = { setting: setting(10), broken: false };
  const counters = {
    take: async (taking: Taking) => {
      takings.push(taking);
      if (state.broken) throw new Error('no counters');
      return store.counters.take(taking);
    },
  };
  const wall = () => firstSlot + clock.monotonic();
  const open = () =>
    new RateLimits({ counters, setting: () => state.setting, configured: 'shared', clock, wall, log });
  return { clock, log, takings, state, open };
};

/** How many of so many calls were accepted. */
const accepted = async (limits: RateLimits, calls: number, who: Who = ada): Promise<number> => {
  let count = 0;
  for (let call = 0; call < calls; call += 1) if ((await limits.spend(who, 'task')).ok) count += 1;
  return count;
};

test('AC23 what a person does is counted apart from what its agents do', async () => {
  const { open, state } = place();
  state.setting = setting(10);
  const limits = open();
  assert.equal(await accepted(limits, 20), 10);
  assert.equal(await accepted(limits, 20, { ...ada, kind: 'person' }), 10);
  assert.equal(await accepted(limits, 1, { ...ada, kind: 'service' }), 0);
});

test('nearly all calls are counted in memory, and who makes few takes few', async () => {
  const { open, takings, state } = place();
  state.setting = setting(100_000);
  const limits = open();
  assert.equal(await accepted(limits, 1), 1);
  assert.deepEqual(
    takings.map(({ wanted }) => wanted),
    [1],
  );
  assert.equal(await accepted(limits, 20_000), 20_000);
  assert.ok(takings.length < 40, `${takings.length} takings`);
  assert.ok(takings.every(({ wanted }) => wanted <= 1_000));
  assert.ok(!(limits.spend(ada, 'task') instanceof Promise));
});

test('whom shared counters count is not to be read in them', async () => {
  const { open, takings } = place();
  const limits = open();
  await accepted(limits, 3);
  await accepted(limits, 3, { ...ada, principal: 'ben' });
  assert.equal(new Set(takings.map(({ key }) => key)).size, 2);
  assert.ok(takings.every(({ key }) => /^[0-9a-f]{64}$/.test(key)));
});

test('AC26 who is refused is refused in memory until a call could be made again', async () => {
  const { clock, open, takings } = place();
  const limits = open();
  assert.equal(await accepted(limits, 11), 10);
  const before = takings.length;
  const refusal = limits.spend(ada, 'task');
  assert.ok(!(refusal instanceof Promise) && !refusal.ok);
  assert.equal(refusal.code, 'rate_limited');
  assert.deepEqual(refusal.details, { class: 'task', limit: 10, retry_after_s: 63 });
  clock.advance(windowMs + slotMs - 1);
  assert.equal(await accepted(limits, 100), 0);
  assert.equal(takings.length, before);
  clock.advance(1);
  assert.equal(await accepted(limits, 11), 10);
});

test('AC25 hubs on one store share a limit, and calls at once share what is taken for them', async () => {
  const { open } = place();
  const hubs = [open(), open(), open()];
  const outcomes = await Promise.all(
    Array.from({ length: 60 }, (_, call) => Promise.resolve(hubs[call % 3]?.spend(ada, 'task'))),
  );
  assert.equal(outcomes.filter((outcome) => outcome?.ok).length, 10);
  assert.equal(await accepted(open(), 3), 0);
  assert.equal(await accepted(open(), 3, { ...ada, principal: 'bob' }), 3);
});

test('AC24 AC25 within no minute are more calls accepted than the limit, whichever hubs they come through', async () => {
  const call = fc.record({
    after: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4_000 })),
    hub: fc.integer({ min: 0, max: 2 }),
    calls: fc.integer({ min: 1, max: 150 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { maxLength: 60 }),
      fc.integer({ min: 200, max: 900 }),
      async (calls, limit) => {
        const { clock, open, state } = place();
        state.setting = setting(limit);
        const hubs = [open(), open(), open()];
        const made: { readonly at: number; readonly count: number }[] = [];
        for (const { after, hub, calls: wanted } of calls) {
          clock.advance(after);
          const limits = hubs[hub];
          if (limits !== undefined)
            made.push({ at: clock.monotonic(), count: await accepted(limits, wanted) });
        }
        for (const { at } of made) {
          const within = made.filter((other) => other.at > at - windowMs && other.at <= at);
          assert.ok(within.reduce((sum, { count }) => sum + count, 0) <= limit);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('AC27 another setting holds from the next call on, and what was made stays counted', async () => {
  const { open, state } = place();
  const limits = open();
  assert.equal(await accepted(limits, 11), 10);
  state.setting = setting(14);
  assert.equal(await accepted(limits, 11), 4);
  state.setting = setting(5);
  assert.equal(await accepted(limits, 1), 0);
  state.setting = { ...initialRates, classes: { task: 'unlimited' } };
  assert.equal(await accepted(limits, 100), 100);
});

test('AC25 a hub that cannot reach the counters counts for itself, and says so once a minute', async () => {
  const { clock, open, state, log } = place();
  state.broken = true;
  const [one, two] = [open(), open()];
  assert.equal(await accepted(one, 20), 10);
  assert.equal(await accepted(two, 20), 10);
  const warnings = () => log.warnings.length;
  assert.equal(warnings(), 2);
  clock.advance(windowMs + slotMs);
  assert.equal(await accepted(one, 20), 10);
  assert.equal(warnings(), 3);
});

test('what was taken and is not spent when its slot ends is void', async () => {
  const { clock, open, state, takings } = place();
  state.setting = setting(1_000);
  const limits = open();
  assert.equal(await accepted(limits, 5), 5);
  assert.deepEqual(
    takings.map(({ wanted }) => wanted),
    [1, 2, 4],
  );
  clock.advance(slotMs);
  assert.equal(await accepted(limits, 1), 1);
  assert.deepEqual(
    takings.map(({ wanted }) => wanted),
    [1, 2, 4, 2],
  );
});

test('less than half of a limit is told, and what was taken and not spent is not shown as used', async () => {
  const { open, state } = place();
  const limits = open();
  const told: (number | undefined)[] = [];
  for (let call = 0; call < 10; call += 1) {
    const spent = await limits.spend(ada, 'task');
    told.push(spent.ok ? spent.value?.remaining : -1);
  }
  assert.deepEqual(told, [undefined, undefined, undefined, undefined, undefined, 4, 3, 2, 1, 0]);
  state.setting = setting(1_000);
  assert.equal(await accepted(limits, 5), 5);
  const readings = await limits.readings(ada);
  assert.deepEqual(
    readings.find(({ rate }) => rate === 'task'),
    { rate: 'task', limit: 1_000, used: 15, clearInMs: windowMs + slotMs },
  );
});
