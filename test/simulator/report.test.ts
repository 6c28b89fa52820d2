import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyReport, nextSeed, pageOf, readPage, sameSeeds, withCampaign } from './report.ts';
import { emptyTally } from './tally.ts';

const date = '2026-11-22';

const tally = {
  ...emptyTally(),
  schedules: 1_500,
  calls: 30_000,
  steps: 400_000,
  entries: 20_000,
  faults: { partition: 1_200, 'torn write': 7 },
  checks: { 'the chain fits': 20_500, 'hubs agree': 3_000 },
};

describe('a report of campaigns', () => {
  it('goes on where its page ends, and adds everything up', () => {
    const first = withCampaign(emptyReport, tally, { seed: 1_000, date, commit: 'abc1234' });
    const read = readPage(pageOf(first));
    assert.deepEqual(read.campaigns, first.campaigns);
    assert.equal(nextSeed(read), 2_500);
    const failures = [{ seed: 2_600, what: 'hubs agree: hub A | hub B' }];
    const second = withCampaign(read, { ...tally, failures }, { seed: 2_500, date, commit: 'def5678' });
    const again = readPage(pageOf(second));
    assert.deepEqual(again.campaigns, second.campaigns);
    assert.deepEqual(again.failures, [{ ...failures[0], commit: 'def5678' }]);
    assert.deepEqual(again.faults, { partition: 2_400, 'torn write': 14 });
    assert.equal(again.checks['the chain fits'], 41_000);
    assert.match(pageOf(again), /^3,000 schedules: /m);
  });

  it('knows which seeds were run on the same sources', () => {
    const report = withCampaign(emptyReport, tally, { seed: 1_000, date, commit: 'abc1234' });
    assert.ok(sameSeeds(report, { commit: 'abc1234', from: 2_499, to: 3_000 }));
    assert.equal(sameSeeds(report, { commit: 'abc1234', from: 2_500, to: 3_000 }), undefined);
    assert.equal(sameSeeds(report, { commit: 'def5678', from: 1_000, to: 3_000 }), undefined);
  });

  it('begins anew behind a page without campaigns', () => {
    assert.deepEqual(readPage('# Simulation\n\n| partition | 5,030 |\n'), emptyReport);
  });
});
