/* A small campaign; `npm run fuzz` makes a large one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { operations } from '../../src/areas/operations.ts';
import { fuzz } from './campaign.ts';

const runs = 3_000;
const seed = 20_261_121;

/** The machine may be busy with other tests. */
const callMsMax = 10_000;

describe('generated calls', () => {
  it('are answered or refused, whoever makes them, and leave the process as it was', async () => {
    const tally = await fuzz({ seed, runs, callMsMax });
    assert.deepEqual(tally.faults, [], `seed ${seed}`);
    assert.equal(tally.runs, runs);
    const codes = [...tally.outcomes.values()].flatMap((one) => [...one.keys()]);
    for (const code of ['ok', 'invalid_input', 'forbidden', 'not_found', 'workspace_unknown'])
      assert.ok(codes.includes(code), `none was answered with ${code}`);
    const never = operations.filter(({ name }) => tally.outcomes.get(name)?.has('ok') !== true);
    assert.ok(never.length < operations.length / 3, `never done: ${never.map(({ name }) => name).join()}`);
  });

  it('are the same for the same seed', async () => {
    const told = async () => {
      const { outcomes } = await fuzz({ seed, runs: 300, callMsMax });
      return [...outcomes].map(([name, codes]) => [name, Object.fromEntries(codes)]);
    };
    assert.deepEqual(await told(), await told());
  });
});
