import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ok } from '../kernel/errors.ts';
import { createMemoryVault, openMemoryStore } from '../stores/memory/memory-store.ts';
import { caller, deciding, open, starting } from '../testing/engine-harness.ts';
import { checkJournal } from './journal-check.ts';

const seen = { type: 'agents.seen', data: { sessions: [] } };

it('a journal that ends inside a unit is not good, although its chain fits', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  await engine.execute(caller, starting('ada', 'a'));
  await engine.execute(
    caller,
    deciding(() => ok([seen, seen])),
  );
  const storage = { open: async () => ok(openMemoryStore(vault)) };
  const whole = await checkJournal(storage, 'workspaces/main');
  assert.equal(whole.ok && whole.value.entries, vault.rows.length);
  vault.rows.pop();
  const torn = await checkJournal(storage, 'workspaces/main');
  assert.equal(torn.ok ? 'good' : torn.code, 'journal_corrupt');
  assert.equal(torn.ok ? undefined : torn.details['seq'], vault.rows.length + 1);
});
