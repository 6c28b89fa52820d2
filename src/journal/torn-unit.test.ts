/* What a store leaves of a unit that it tore, although it must not. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ok } from '../kernel/errors.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { caller, deciding, open, starting } from '../testing/engine-harness.ts';

const seen = { type: 'agents.seen', data: { sessions: [] } };
const twoEntries = deciding(() => ok([seen, seen]));

it('half a unit at the end of a journal is damage, to whoever opens it and to whoever goes on from there', async () => {
  const vault = createMemoryVault();
  const { engine: writer } = await open(vault);
  const { engine: other } = await open(vault);
  await writer.execute(caller, starting('ada', 'a'));
  await writer.execute(caller, twoEntries);
  const rows = vault.rows.length;
  vault.rows.pop();
  await assert.rejects(open(vault), /journal_corrupt.*damaged at entry/);
  const answer = await other.execute(caller, starting('bob', 'b'));
  assert.equal(answer.ok ? 'stored' : answer.code, 'journal_corrupt');
  assert.equal(vault.rows.length, rows - 1, 'nothing is written behind it');
});
