import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areas, defaultSettings, initialSlices } from '../areas/index.ts';
import { leasesIntent } from '../areas/leases/decide/index.ts';
import { agentsIntent } from '../areas/agents/decide.ts';
import { Scenario } from '../testing/scenario.ts';
import { usualLockTtls } from './configuration/lock-ttls.ts';

test('LE27 the ttl of a lock is bounded and chosen as it is configured', () => {
  assert.deepEqual(defaultSettings.leases, usualLockTtls, 'what is documented is what the rules go by');
  const given = new Scenario(areas, initialSlices, {
    ...defaultSettings,
    leases: { ttlMsDefault: 60_000, ttlMsMin: 1_000, ttlMsMax: 90_000_000 },
  });
  const started = given.when(
    agentsIntent({ type: 'start', agent: 'ada', handle: undefined, connection: 'x', client: undefined }),
  );
  assert.ok(started.ok);
  const session = [...given.slices.agents.sessions.values()][0]?.id;
  const actor = { principal: 'system', role: 'admin', kind: 'person', agent: 'ada', session } as const;
  const acquire = (ttl: number | undefined) =>
    given.when(
      leasesIntent({ type: 'acquire', names: ['pytest'], mode: 'exclusive', ttl, delayMs: 0, waitMs: 0 }),
      actor,
    );
  const refused = acquire(90_000_001);
  assert.ok(!refused.ok && refused.message.includes('1 to 90000 seconds'));
  assert.ok(acquire(undefined).ok);
  const [lease] = given.slices.leases.leases.values();
  assert.equal(lease?.ttl, 60_000);
  assert.ok(acquire(90_000_000).ok);
});
