import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { areas, initialSlices } from '../areas/index.ts';
import type { Engine } from '../engine/engine.ts';
import { minuteMs } from '../kernel/instants.ts';
import { readSnapshot } from '../journal/snapshots.ts';
import { type MemoryVault, createMemoryVault } from '../stores/memory/memory-store.ts';
import { CollectedLog } from '../testing/collected-log.ts';
import { agentCount, caller, open, starting, valueOf } from '../testing/engine-harness.ts';
import { type Follower, runFollower } from './follower.ts';
import { type SnapshotsOptions, snapshots } from './snapshots.ts';

/** A follower that writes down when it begins and ends. */
const noting = (name: string, notes: string[]): Follower => ({
  name: 'noting',
  begin: () => {
    notes.push(`${name} begins`);
    return {
      standsAt: () => 0,
      end: async () => {
        notes.push(`${name} ends`);
      },
    };
  },
});

/** An engine of its own process, as it were, with a follower that stands for the one office. */
const candidate = async (vault: MemoryVault, name: string, notes: string[]) => {
  const { engine, clock, log } = await open(vault);
  const term = runFollower(engine, noting(name, notes), { clock, log, elect: engine.journal.store.elect });
  return { engine, clock, log, term };
};

test('of two engines on one journal one follows, and the other when that has ended', async () => {
  const vault = createMemoryVault();
  const notes: string[] = [];
  const one = await candidate(vault, 'one', notes);
  const two = await candidate(vault, 'two', notes);
  await two.clock.pause();
  assert.deepEqual(notes, ['one begins']);
  two.clock.advance(minuteMs);
  await two.clock.pause();
  assert.deepEqual(notes, ['one begins'], 'the office is still held');
  await one.term.end();
  assert.deepEqual(notes, ['one begins', 'one ends']);
  two.clock.advance(minuteMs);
  await two.clock.pause();
  assert.deepEqual(notes, ['one begins', 'one ends', 'two begins']);
  one.clock.advance(minuteMs);
  await two.term.end();
  assert.deepEqual(notes, ['one begins', 'one ends', 'two begins', 'two ends']);
  assert.deepEqual([...vault.offices], []);
  assert.deepEqual([one.log.errors, two.log.errors], [[], []]);
});

test('a term that has ended does not end again', async () => {
  const vault = createMemoryVault();
  const notes: string[] = [];
  const one = await candidate(vault, 'one', notes);
  await one.clock.pause();
  await Promise.all([one.term.end(), one.term.end()]);
  const two = await candidate(vault, 'two', notes);
  await two.clock.pause();
  await one.term.end();
  assert.deepEqual(notes, ['one begins', 'one ends', 'two begins']);
  assert.deepEqual([...vault.offices], ['noting'], 'the office of the next is not given back');
  await two.term.end();
});

test('who is ended before being elected never begins', async () => {
  const vault = createMemoryVault();
  const notes: string[] = [];
  const one = await candidate(vault, 'one', notes);
  const waiting = await candidate(vault, 'waiting', notes);
  await waiting.clock.pause();
  await waiting.term.end();
  await one.term.end();
  waiting.clock.advance(minuteMs);
  await waiting.clock.pause();
  assert.deepEqual(notes, ['one begins', 'one ends']);
  const { engine, clock, log } = await open(vault);
  await runFollower(engine, noting('hasty', notes), { clock, log, elect: engine.journal.store.elect }).end();
  assert.deepEqual(notes, ['one begins', 'one ends'], 'ended while the election was under way');
  assert.deepEqual([...vault.offices], []);
});

const never = 1_000_000;

/** An engine on an empty journal, and how to take snapshots of it. */
const snapshotting = async (context: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const folder = join(directory, 'cache');
  const path = join(folder, 'journal.snapshot');
  const { engine } = await open(createMemoryVault());
  const log = new CollectedLog();
  const begin = (over: Partial<SnapshotsOptions>) =>
    snapshots({ path, log, from: 0, everyEntries: never, atEndEntries: never, ...over }).begin(engine);
  return { engine, folder, path, log, begin };
};

const write = async (engine: Engine, names: readonly string[]): Promise<void> => {
  for (const name of names) assert.ok((await engine.execute(caller, starting(name))).ok);
};

/** At which entry the snapshot in place ends; undefined when there is none that can be used. */
const endOf = async (engine: Engine, path: string): Promise<number | undefined> => {
  const { identity } = engine.journal.store;
  const found = await readSnapshot(path, areas, { initial: initialSlices, identity });
  return 'unusable' in found ? undefined : found.header.head.seq;
};

test('a snapshot is written once there are enough entries since the last, not before', async (context) => {
  const { engine, path, begin } = await snapshotting(context);
  const first = begin({ everyEntries: 3 });
  await write(engine, ['a', 'b']);
  await first.end();
  assert.equal(await endOf(engine, path), undefined);
  const second = begin({ everyEntries: 3 });
  await write(engine, ['c']);
  await second.end();
  assert.equal(await endOf(engine, path), 3);
  const third = begin({ everyEntries: 3, from: 3 });
  await write(engine, ['d', 'e']);
  await third.end();
  assert.equal(await endOf(engine, path), 3);
  await begin({ everyEntries: 2, from: 3 }).end();
  assert.equal(await endOf(engine, path), 5, 'what was written before its term counts');
});

test('at the end a snapshot is written when it is worth it', async (context) => {
  const { engine, path, begin } = await snapshotting(context);
  await write(engine, ['a', 'b', 'c']);
  await begin({ atEndEntries: 4 }).end();
  assert.equal(await endOf(engine, path), undefined);
  const term = begin({ atEndEntries: 4 });
  await write(engine, ['d']);
  await term.end();
  assert.equal(await endOf(engine, path), 4);
  await write(engine, ['e', 'f', 'g']);
  await begin({ atEndEntries: 4, from: 4 }).end();
  assert.equal(await endOf(engine, path), 4);
  await term.end();
  assert.equal(await endOf(engine, path), 4, 'a second end does nothing');
});

test('nothing is being written any more when a term has ended', async (context) => {
  const { engine, folder, path, begin } = await snapshotting(context);
  await write(engine, ['a']);
  const term = begin({ everyEntries: 1 });
  await write(engine, ['b', 'c']);
  await term.end();
  const end = await endOf(engine, path);
  assert.deepEqual(readdirSync(folder), ['journal.snapshot']);
  await write(engine, ['d']);
  await begin({}).end();
  assert.deepEqual(readdirSync(folder), ['journal.snapshot']);
  assert.equal(await endOf(engine, path), end);
});

test('a directory that cannot be written costs a warning and nothing else', async (context) => {
  const { engine, folder, path, log, begin } = await snapshotting(context);
  writeFileSync(folder, 'a file where the directory should be');
  const term = begin({ everyEntries: 2 });
  await write(engine, ['a', 'b']);
  assert.equal(valueOf(await engine.query(caller, agentCount)), 2);
  await term.end();
  assert.equal(log.warnings.length, 1);
  assert.ok(log.warnings[0]?.includes(path));
  assert.deepEqual(log.errors, []);
  await begin({ atEndEntries: 1 }).end();
  assert.equal(log.warnings.length, 2);
  rmSync(folder);
  mkdirSync(path, { recursive: true });
  await begin({ atEndEntries: 1 }).end();
  assert.equal(log.warnings.length, 3, 'nor does a directory in the place of the file');
  rmSync(path, { recursive: true });
  await begin({ atEndEntries: 1 }).end();
  assert.equal(log.warnings.length, 3);
  assert.equal(await endOf(engine, path), 2);
});
