import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { identify } from '../areas/agents/model.ts';
import { statuses } from '../areas/tasks/model/task.ts';
import { areas, defaultSettings, initialSlices } from '../areas/index.ts';
import { Engine } from '../engine/engine.ts';
import { restore } from '../engine/restore.ts';
import type { Area } from '../kernel/area.ts';
import { type MemoryVault, createMemoryVault, openMemoryStore } from '../stores/memory/memory-store.ts';
import { answerOver, callOver, keepBusy, rememberedCall } from '../testing/busy-workspace.ts';
import { CollectedLog } from '../testing/collected-log.ts';
import { open, valueOf } from '../testing/engine-harness.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { opened } from '../testing/store-files.ts';
import { readSnapshot, writeSnapshot } from './snapshots.ts';

const identity = { id: 'journal', generation: 1 };

const placeFor = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'cache', 'journal.snapshot');
};

/** An engine that folded everything, and the place of a snapshot of it. */
const busyEngine = async (context: TestContext) => {
  const vault = createMemoryVault(identity);
  const { engine, clock } = await open(vault);
  await keepBusy(engine, clock);
  const path = placeFor(context);
  await writeSnapshot(path, areas, engine.snapshot());
  return { vault, engine, clock, path };
};

const restored = (vault: MemoryVault, path: string) =>
  restore({
    path,
    store: openMemoryStore(vault),
    areas,
    initial: initialSlices,
    log: new CollectedLog(),
  });

const openFrom = async (vault: MemoryVault, path: string): Promise<Engine> => {
  const snapshot = opened(await restored(vault, path));
  assert.ok(snapshot !== undefined, 'the snapshot is used');
  return opened(
    await Engine.open({
      workspace: 'test',
      areas,
      settings: defaultSettings,
      initial: initialSlices,
      store: openMemoryStore(vault),
      clock: new ManualClock(),
      log: new CollectedLog(),
      identify,
      snapshot,
    }),
  );
};

/** What each area would save, which is a set: rows stand in no particular order. */
const savedBy = (engine: Engine): ReadonlyMap<string, ReadonlySet<unknown>> =>
  new Map(
    areas.map((area) => [
      area.name,
      new Set(
        Array.from(area.save(engine.slices), (row) => {
          const plain: unknown = JSON.parse(JSON.stringify(row));
          return plain;
        }),
      ),
    ]),
  );

/** Both are in the same state, remember the same calls, and list the same in the same order. */
const assertSame = async (one: Engine, other: Engine): Promise<void> => {
  assert.deepEqual(savedBy(one), savedBy(other));
  assert.deepEqual(one.snapshot().requests, other.snapshot().requests);
  assert.deepEqual(one.snapshot().header, other.snapshot().header);
  for (const call of [
    { operation: 'task_list' },
    { operation: 'task_list', input: { status: ['done', 'cancelled'] } },
    { operation: 'agent_list' },
    { operation: 'task_get', input: { id: 'held' } },
  ]) {
    assert.deepEqual(await answerOver(one, 'ada', call), await answerOver(other, 'ada', call));
  }
};

const unusable = async (
  path: string,
  over: { readonly areas?: readonly Area[]; readonly identity?: typeof identity } = {},
): Promise<string> => {
  const found = await readSnapshot(path, over.areas ?? areas, {
    initial: initialSlices,
    identity: over.identity ?? identity,
  });
  return 'unusable' in found ? found.unusable : 'it is used';
};

test('a workspace that begins at a snapshot is the one that folded everything', async (context) => {
  const { vault, engine, path } = await busyEngine(context);
  const found = new Set(Array.from(engine.slices.tasks.tasks.values(), ({ state }) => state.status));
  assert.deepEqual(found, new Set(statuses), 'tasks of every status are among them');
  assert.equal(engine.slices.tasks.losses.size, 1);
  assert.equal(engine.slices.agents.sessions.count('expiry', 'live'), 1);
  assert.equal(engine.slices.agents.sessions.count('expiry', 'ended'), 1);
  const again = await openFrom(vault, path);
  await assertSame(again, engine);
  assert.equal(statSync(path).mode & 0o077, 0, 'only its owner may read it');
});

test('it goes on with the entries that came after', async (context) => {
  const { vault, engine, path } = await busyEngine(context);
  await answerOver(engine, 'ada', { operation: 'task_claim', input: { id: 'todo' }, requestId: 'later' });
  await answerOver(engine, 'ada', { operation: 'task_done', input: { id: 'todo' } });
  await answerOver(engine, 'bob', { operation: 'start', input: { agent: 'bob' } });
  const again = await openFrom(vault, path);
  await assertSame(again, engine);
  const claim = { operation: 'task_claim', input: { id: 'shop/lane' } };
  await answerOver(again, 'ada', claim);
  await engine.refresh();
  await assertSame(again, engine);
});

test('what was done before a snapshot or after it is not done again', async (context) => {
  const { vault, engine, path } = await busyEngine(context);
  const later = { operation: 'task_add', input: { title: 'Later' }, requestId: 'later' };
  const first = await answerOver(engine, 'ada', later);
  const again = await openFrom(vault, path);
  const entries = vault.rows.length;
  assert.deepEqual(await answerOver(again, 'ada', later), first);
  const repeated = await callOver(again, 'eve', rememberedCall);
  assert.ok(repeated.ok && repeated.value.replayed);
  assert.deepEqual(repeated.value.value, await answerOver(engine, 'eve', rememberedCall));
  const reused = { ...later, requestId: rememberedCall.requestId ?? '' };
  assert.equal(valueOf(await callOver(again, 'eve', reused)), 'request_reused');
  assert.equal(vault.rows.length, entries);
});

test('a snapshot of an empty journal is one', async (context) => {
  const vault = createMemoryVault(identity);
  const { engine } = await open(vault);
  const path = placeFor(context);
  await writeSnapshot(path, areas, engine.snapshot());
  const again = await openFrom(vault, path);
  assert.equal(again.seq, 0);
  assert.deepEqual(savedBy(again), savedBy(engine));
});

test('a snapshot that is missing, cut off or changed by one byte is not used, and nothing fails', async (context) => {
  const { vault, path } = await busyEngine(context);
  const whole = readFileSync(path);
  for (let length = 0; length < whole.length; length += length < whole.length - 120 ? 97 : 1) {
    writeFileSync(path, whole.subarray(0, length));
    assert.equal(await unusable(path), 'it is damaged', `cut off at ${length}`);
  }
  for (let at = 0; at < whole.length; at += at < whole.length - 120 ? 97 : 1) {
    const changed = Buffer.from(whole);
    changed.writeUInt8(whole.readUInt8(at) ^ 1, at);
    writeFileSync(path, changed);
    assert.equal(await unusable(path), 'it is damaged', `changed at ${at}`);
  }
  assert.equal(opened(await restored(vault, path)), undefined);
  rmSync(path);
  assert.equal(await unusable(path), 'there is none');
  assert.equal(opened(await restored(vault, path)), undefined);
});

test('a snapshot of another journal, generation, state version or format is not used', async (context) => {
  const { path } = await busyEngine(context);
  assert.equal(await unusable(path), 'it is used');
  assert.match(await unusable(path, { identity: { ...identity, id: 'other' } }), /another journal/);
  assert.match(await unusable(path, { identity: { ...identity, generation: 2 } }), /another journal/);
  for (const { name } of areas) {
    const newer = areas.map((area) =>
      area.name === name ? { ...area, stateVersion: area.stateVersion + 1 } : area,
    );
    assert.match(await unusable(path, { areas: newer }), /another version of the areas/, name);
  }
  assert.match(await unusable(path, { areas: areas.slice(1) }), /another version of the areas/);
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -2).join('\n');
  const other = `${lines.replace('"format":1', '"format":2')}\n`;
  assert.notEqual(other, `${lines}\n`);
  const sha256 = createHash('sha256').update(other).digest('hex');
  writeFileSync(path, `${other}${JSON.stringify({ sha256 })}\n`);
  assert.equal(await unusable(path), 'it has format 2');
});

test('a snapshot that is ahead of its journal proves a loss', async (context) => {
  const { vault, path } = await busyEngine(context);
  const lost = createMemoryVault(identity);
  lost.rows.push(...vault.rows.slice(0, -1));
  const refused = await restored(lost, path);
  assert.ok(!refused.ok && refused.code === 'journal_corrupt', JSON.stringify(refused));
  assert.deepEqual(refused.details, { head: vault.rows.length - 1, known: vault.rows.length });
  assert.ok(refused.message.includes(path), 'it says what to delete to go on');
  const empty = await restored(createMemoryVault(identity), path);
  assert.equal(empty.ok ? '' : empty.code, 'journal_corrupt');
  rmSync(path);
  assert.equal(opened(await restored(lost, path)), undefined);
});

test('a snapshot whose entry is another one in the journal proves a change', async (context) => {
  const { vault, path } = await busyEngine(context);
  const other = createMemoryVault(identity);
  const { engine, clock } = await open(other);
  await answerOver(engine, 'zoe', { operation: 'start', input: { agent: 'zoe' } });
  await keepBusy(engine, clock);
  const refused = await restored(other, path);
  assert.ok(!refused.ok && refused.code === 'journal_corrupt', JSON.stringify(refused));
  assert.deepEqual(refused.details, { seq: vault.rows.length });
});

test('a journal that cannot be read is not taken for one without a snapshot', async (context) => {
  const { vault, path } = await busyEngine(context);
  vault.faults.reads = 'storage_failed';
  const refused = await restored(vault, path);
  assert.equal(refused.ok ? '' : refused.code, 'storage_failed');
});

test('a draft left by a crash is harmless', async (context) => {
  const { vault, engine, path } = await busyEngine(context);
  const draft = `${path}.tmp`;
  writeFileSync(draft, 'cut o'.repeat(100_000));
  await assertSame(await openFrom(vault, path), engine);
  await writeSnapshot(path, areas, engine.snapshot());
  assert.deepEqual(readdirSync(join(path, '..')), ['journal.snapshot']);
  await assertSame(await openFrom(vault, path), engine);
  rmSync(path);
  writeFileSync(draft, 'cut o');
  assert.equal(await unusable(path), 'there is none');
});
