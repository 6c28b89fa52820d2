/* The time of a workspace, where the clocks of its processes differ. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Store } from '../journal/store.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { caller, open, starting } from '../testing/engine-harness.ts';

const hourMs = 3_600_000;

/** As the store is seen by a machine whose clock is ahead. */
const ahead =
  (ms: number) =>
  (store: Store): Store => ({
    ...store,
    capabilities: store.capabilities,
    identity: store.identity,
    openedAt: store.openedAt + ms,
  });

it('goes on from the last entry at a process whose clock is behind the journal', async () => {
  const vault = createMemoryVault();
  const { engine: slow, clock } = await open(vault);
  const { engine: fast } = await open(vault, { wrap: ahead(hourMs) });
  await fast.execute(caller, starting('ada', 'a'));
  await slow.refresh();
  const before = slow.now();
  assert.equal(before, fast.now());
  clock.advance(5_000);
  assert.equal(slow.now(), before + 5_000, 'its own clock is an hour behind, and time passes all the same');
});
