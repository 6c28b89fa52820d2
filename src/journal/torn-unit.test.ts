/* What a store leaves of a unit that it tore, although it must not. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Engine } from '../engine/engine.ts';
import { ok } from '../kernel/errors.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { caller, deciding, open, starting } from '../testing/engine-harness.ts';
import type { Snapshot } from './snapshots.ts';

const seen = { type: 'agents.seen', data: { sessions: [] } };
const twoEntries = deciding(() => ok([seen, seen]));
const threeEntries = deciding(() => ok([seen, seen, seen]));

/** As it comes back from a file. */
const snapshotOf = (engine: Engine): Snapshot => {
  const { header, slices, requests } = engine.snapshot();
  return { header: { ...header, format: 1, versions: {} }, slices, requests };
};

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

it('half a unit is not folded, so that no snapshot has it and what begins at one takes it for no whole', async () => {
  const vault = createMemoryVault();
  const { engine: writer } = await open(vault);
  const { engine: other } = await open(vault);
  await writer.execute(caller, starting('ada', 'a'));
  await other.refresh();
  const { seq } = other;
  await writer.execute(caller, twoEntries);
  vault.rows.pop();
  await other.execute(caller, starting('bob', 'b'));
  await other.close();
  assert.equal(other.seq, seq);
  await assert.rejects(open(vault, { snapshot: snapshotOf(other) }), /journal_corrupt.*damaged at entry/);
});

it('units that begin on one page and end on the next are folded whole', async () => {
  const vault = createMemoryVault();
  const { engine: writer } = await open(vault);
  await writer.execute(caller, starting('ada', 'a'));
  for (let i = 0; i < 3; i += 1) await writer.execute(caller, threeEntries);
  for (const pageRows of [1, 2, 4]) {
    const { engine: reader } = await open(vault, {
      wrap: (store) => ({
        ...store,
        read: (after, limit) => store.read(after, Math.min(limit, pageRows)),
      }),
    });
    assert.equal(reader.seq, vault.rows.length, `pages of ${pageRows}`);
    const told: number[] = [];
    reader.subscribe((entries) => void told.push(entries.length));
    await writer.execute(caller, threeEntries);
    await reader.refresh();
    assert.deepEqual(told, [3], `pages of ${pageRows}`);
    await writer.execute(caller, starting('bob', 'b'));
  }
});
