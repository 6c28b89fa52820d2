/* The simulator finds known bugs, each within the schedules that its line allows. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bugs } from './bugs.ts';
import { tears } from './world.ts';
import { hunt } from './hunt.ts';
import { mutants } from './mutants.ts';
import { simulate } from './schedule.ts';

const firstSeed = 1;

describe('the simulator finds', () => {
  for (const { name, changes, within, foundBy } of mutants) {
    it(`${name}, within ${within} schedules`, async () => {
      const found: string[] = [];
      for (let i = 0; i < within && !found.some((what) => foundBy.test(what)); i += 1) {
        const { failure } = await simulate(firstSeed + i, changes);
        if (failure !== undefined) found.push(failure);
      }
      assert.ok(
        found.some((what) => foundBy.test(what)),
        `found was only: ${found.join('\n')}`,
      );
    });
  }
});

describe('the simulator finds, as one line of the source,', () => {
  for (const { name, foundBy, ...bug } of bugs) {
    it(`${name}, within ${bug.within} schedules`, { timeout: 120_000 }, async () => {
      const found = await hunt({ ...bug, seed: firstSeed, foundBy: foundBy.source });
      assert.match(found.join('\n'), foundBy);
    });
  }
});

describe('a store that tears a batch', () => {
  for (const tear of tears) {
    it(`is damage to whoever opens or reads the journal, and no shorter board (${tear})`, async () => {
      const name = 'a torn batch is refused';
      let refused = 0;
      for (let i = 0; i < 50; i += 1) {
        const { failure, checks, mark } = await simulate(firstSeed + i, {
          tear,
          weather: { 'torn write': 0.1 },
        });
        assert.equal(failure, undefined, `seed ${firstSeed + i}, ${mark}`);
        refused += checks.get(name) ?? 0;
      }
      assert.ok(refused > 10, `${refused} times it was refused`);
    });
  }
});
