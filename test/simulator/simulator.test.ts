/* A small campaign; `npm run simulate` makes a large one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { campaign } from './campaign.ts';
import { invariants } from './ledger/checks.ts';
import { simulate } from './schedule.ts';
import { faultKinds } from './world.ts';

const seed = 20_261_122;
const runs = 2_000;

describe('simulated hubs and agents', () => {
  it('keep what is promised, with every fault and every check among them', async () => {
    const { schedules, failures, faults, checks } = await campaign({ seed, runs, workers: 1 }, () => {});
    assert.deepEqual(failures, [], 'npm run simulate -- --seed N --trace shows what happened');
    assert.equal(schedules, runs);
    const unseen = faultKinds.filter((kind) => (faults[kind] ?? 0) < runs / 20);
    assert.deepEqual(unseen, []);
    assert.deepEqual(
      invariants.filter((name) => (checks[name] ?? 0) < runs / 2),
      [],
    );
  });

  it('run the same course for the same seed, with and without a trace', async () => {
    const marks = new Set<string>();
    for (let i = 0; i < 20; i += 1) {
      const first = await simulate(seed + i);
      const again = await simulate(seed + i, { trace: true });
      assert.equal(again.mark, first.mark, `seed ${seed + i}`);
      assert.equal(again.steps, first.steps);
      assert.ok(again.trace.length > 0 && first.trace.length === 0);
      marks.add(first.mark);
    }
    assert.equal(marks.size, 20, 'other seeds run other courses');
  });
});

/**
 * Seeds that failed once, and what they showed. A seed draws its course anew whenever what is drawn changes: what lasts
 * is the test beside what was mended.
 */
const once: readonly { readonly seed: number; readonly showed: string; readonly test: string }[] = [
  {
    seed: 22,
    showed: 'a wait for a lock hung at a hub whose clock was behind what another had written',
    test: 'src/engine/time.test.ts',
  },
  {
    seed: 268,
    showed: 'the same, where only the clock of one hub ran faster than that of the other',
    test: 'src/engine/time.test.ts',
  },
  {
    seed: 20_284_182,
    showed:
      'a hub wrote behind half a unit, which it had folded before it was stopped and had in its snapshot',
    test: 'src/journal/torn-unit.test.ts',
  },
  {
    seed: 20_286_474,
    showed: 'the same, where the hub answered from it',
    test: 'src/journal/torn-unit.test.ts',
  },
  {
    seed: 20_283_835,
    showed:
      'of several repeats that waited for a lock each began anew when the one before had waited in vain',
    test: 'test/leases/waiting.test.ts',
  },
  {
    seed: 20_273_408,
    showed:
      'a call was to wake for an offer that had lapsed while its hub was cut off, though it had a new place (LE48)',
    test: 'test/simulator/mutants.test.ts',
  },
  {
    seed: 20_278_163,
    showed: 'the same',
    test: 'test/simulator/mutants.test.ts',
  },
  {
    seed: 20_278_502,
    showed: 'the same',
    test: 'test/simulator/mutants.test.ts',
  },
  {
    seed: 20_280_688,
    showed: 'the same',
    test: 'test/simulator/mutants.test.ts',
  },
  {
    seed: 20_284_424,
    showed: 'the same',
    test: 'test/simulator/mutants.test.ts',
  },
  {
    seed: 20_285_127,
    showed: 'the same, where the process of the hub was stalled',
    test: 'test/simulator/mutants.test.ts',
  },
];

describe('a seed that failed once', () => {
  for (const { seed: failed, showed, test } of once)
    it(`${failed}: ${showed} (${test})`, async () => {
      const { failure } = await simulate(failed);
      assert.equal(failure, undefined);
    });
});
