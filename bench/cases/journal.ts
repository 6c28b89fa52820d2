import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { areas, defaultSettings, initialSlices } from '../../src/areas/index.ts';
import { restore } from '../../src/engine/restore.ts';
import { FoldedState, originOf } from '../../src/engine/state.ts';
import { rulesOf } from '../../src/engine/unit.ts';
import { Codec } from '../../src/journal/codec.ts';
import { verify } from '../../src/journal/journal.ts';
import { writeSnapshot } from '../../src/journal/snapshots.ts';
import type { Store } from '../../src/journal/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { addTasks, callerOf, openEngine } from '../board.ts';
import { type Row, bounded, figure, median } from '../rows.ts';

const tasks = 100_000;
const worked = 25_000;
const agents = 100;
const rounds = 5;

/** Folding a journal of about 200,000 entries on SQLite, and starting from a snapshot of it. */
export const journalCases = async (): Promise<readonly Row[]> => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-journal-'));
  const path = join(dir, 'bench.journal');
  const snapshotPath = join(dir, 'bench.snapshot');
  try {
    const entries = await write(path, snapshotPath);
    const times: Record<'replay' | 'fold' | 'read' | 'verify' | 'snapshot', number[]> = {
      replay: [],
      fold: [],
      read: [],
      verify: [],
      snapshot: [],
    };
    for (let round = 0; round < rounds; round += 1) {
      times.read.push(await timed(path, readAll));
      times.verify.push(await timed(path, verify));
      times.fold.push(await timed(path, foldAll));
      times.replay.push(await timed(path, (store) => openEngine(store)));
      times.snapshot.push(
        await timed(path, async (store) => {
          const found = await restore({
            path: snapshotPath,
            store,
            areas,
            initial: initialSlices,
            log: new CollectedLog(),
          });
          if (!found.ok || found.value === undefined) throw new Error('the snapshot is not used');
          const engine = await openEngine(store, found.value);
          if (engine.slices.tasks.tasks.size !== tasks)
            throw new Error('the snapshot does not hold all tasks');
        }),
      );
    }
    const perSecond = (name: keyof typeof times): number => entries / median(times[name]);
    return [
      figure('entries in the journal', entries, 'entries'),
      figure('reading the rows alone', perSecond('read'), '/s'),
      figure('verifying the hash chain alone', perSecond('verify'), '/s'),
      bounded('bulk replay, the hash chain not verified', [perSecond('fold'), '/s'], { atLeast: 150_000 }),
      bounded('bulk replay into a working engine, with verification', [perSecond('replay'), '/s'], {
        atLeast: 80_000,
      }),
      bounded('start from a snapshot with 100,000 tasks', [median(times.snapshot), 's'], { atMost: 1 }),
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
};

const open = async (path: string): Promise<Store> => {
  const opened = await openSqliteStore({ path, create: 'may' });
  if (!opened.ok) throw new Error(opened.message);
  return opened.value;
};

const timed = async (path: string, work: (store: Store) => Promise<unknown>): Promise<number> => {
  const store = await open(path);
  const began = process.hrtime.bigint();
  await work(store);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  await store.close();
  return seconds;
};

/** What a replay does without verifying: reads, decodes and folds every entry. The product verifies always. */
const foldAll = async (store: Store): Promise<void> => {
  const codec = new Codec(areas);
  const state = new FoldedState(rulesOf(areas, defaultSettings), originOf(undefined, initialSlices));
  state.bulk();
  for (let head = await store.head(); state.seq < head; ) {
    const decoded = codec.decodeAll(await store.read(state.seq, 5_000));
    if (!decoded.ok) throw new Error(decoded.message);
    state.fold(decoded.value);
  }
  state.endBulk();
};

const readAll = async (store: Store): Promise<void> => {
  const head = await store.head();
  for (let after = 0; after < head; ) after = (await store.read(after, 5_000)).at(-1)?.seq ?? head;
};

/** Tasks added, and a quarter of them claimed, noted, finished. Returns the number of entries. */
const write = async (path: string, snapshotPath: string): Promise<number> => {
  const store = await open(path);
  const engine = await openEngine(store);
  const call = callerOf(engine);
  const names = Array.from({ length: agents }, (_, i) => `agent-${i}`);
  for (const agent of names) await call('start', { agent, wip_limit: 500 }, agent);
  await addTasks(call, tasks);
  for (let done = 0; done < worked; done += agents) {
    const ids = await Promise.all(names.map(async (agent) => (await call('task_claim', {}, agent))['id']));
    await Promise.all(ids.map((id, i) => call('task_update', { id, note: 'Half of it works.' }, names[i])));
    await Promise.all(ids.map((id, i) => call('task_done', { id, result: 'It works.' }, names[i])));
  }
  await writeSnapshot(snapshotPath, areas, engine.snapshot());
  const { seq } = engine;
  await engine.close();
  await store.close();
  return seq;
};
