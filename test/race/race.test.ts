import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { verify } from '../../src/journal/journal.ts';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { addTasks, callerOf } from '../../bench/board.ts';
import { openWorkspaces } from './workspaces.ts';
import { type Line, claimsOf, linesOf } from './journal-check.ts';
import { type Racer, acksOf, afterAcks, endAll, kill, startRacer, stop, work } from './processes.ts';
import { seeded } from '../seeded.ts';

const names = ['north', 'east', 'south', 'west'];
const seed = Number(process.env['RACE_SEED'] ?? Math.floor(Math.random() * 1e9));
const rounds = 20;
/** In each so many rounds all are killed before the first is started again. */
const allEvery = 5;
const tasksPerRound = 120;

const random = seeded(seed);

const withDirectory = async (work: (dataDir: string) => Promise<void>): Promise<void> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-race-'));
  try {
    await work(dataDir);
  } finally {
    await endAll();
    rmSync(dataDir, { recursive: true });
  }
};

const journalOf = (dataDir: string): string => join(dataDir, 'workspaces', 'main.journal');

const addBoard = async (dataDir: string, count: number): Promise<void> => {
  const workspaces = await openWorkspaces(dataDir);
  const main = await workspaces.get('main');
  assert.ok(main.ok);
  await addTasks(callerOf(main.value.engine), count);
  await workspaces.close();
};

/** Every answer that a process was given stands in the journal, as it was given. */
const assertAcknowledged = (dataDir: string, lines: readonly Line[]): number => {
  const byTask = Map.groupBy(lines, ({ data }) => String(data['id']));
  let count = 0;
  for (const name of names) {
    for (const { agent, op, task, epoch } of acksOf(dataDir, name)) {
      count += 1;
      const granted = lines[epoch - 1];
      assert.deepEqual(
        [granted?.type, granted?.data['id'], granted?.data['agent']],
        ['tasks.claimed', task, agent],
      );
      if (op === 'done') {
        const done = byTask.get(task)?.find(({ seq }) => seq > epoch);
        assert.deepEqual([done?.type, done?.actor.agent], ['tasks.finished', agent]);
      }
    }
  }
  return count;
};

it('32 clients in 4 processes claim 2,000 tasks: each once, and each process gets its share', () =>
  withDirectory(async (dataDir) => {
    await addBoard(dataDir, 2_000);
    const racers = await Promise.all(names.map((name) => startRacer(dataDir, name, 'claim')));
    assert.ok((await Promise.all(racers.map(work))).every(Boolean));
    assert.deepEqual(
      await Promise.all(racers.map(stop)),
      names.map(() => [0, null]),
    );
    const lines = linesOf(journalOf(dataDir));
    const claims = claimsOf(lines);
    assert.equal(claims.length, 2_000);
    assert.equal(new Set(claims.map(({ task }) => task)).size, 2_000);
    assert.equal(assertAcknowledged(dataDir, lines), 2_000);
    const shares = names.map((name) => claims.filter(({ agent }) => agent.startsWith(`${name}-`)).length);
    console.log(`claims per process: ${shares.join(', ')}`);
    assert.ok(
      shares.every((share) => share >= 200),
      `a process got less than a tenth: ${shares.join(', ')}`,
    );
  }));

/** After how many answers each process is killed; undefined lets it live. */
const deadlinesOf = (racers: readonly Racer[], all: boolean): readonly (number | undefined)[] =>
  racers.map(() => {
    const isDoomed = all || random() < 0.6;
    return isDoomed ? 1 + Math.floor(random() * 20) : undefined;
  });

/** Lets all work until nothing is free, those that are killed once more in a new process; who then lives. */
const raceOnce = async (dataDir: string, racers: Racer[], all: boolean): Promise<number> => {
  let kills = 0;
  const deadlines = deadlinesOf(racers, all);
  const allEnded = Promise.all(racers.map(({ ended }) => ended));
  await Promise.all(
    racers.map(async (racer, i) => {
      const deadline = deadlines[i];
      const reached = deadline !== undefined && afterAcks(racer, deadline);
      const worked = work(racer);
      const isAtWork = await reached;
      if (!isAtWork && !all) return assert.ok(await worked, `${racer.name} ended before it was killed`);
      assert.deepEqual(await kill(racer), [null, 'SIGKILL'], racer.name);
      if (isAtWork) kills += 1;
      if (all) await allEnded;
      const again = await startRacer(dataDir, racer.name, 'finish');
      racers[i] = again;
      assert.ok(await work(again), `${racer.name} ended when it was started again`);
    }),
  );
  return kills;
};

it(`kill -9 at random moments and restarts, ${rounds} rounds: nothing acknowledged is lost, no task has two holders`, () =>
  withDirectory(async (dataDir) => {
    console.log(`seed ${seed} (RACE_SEED=${seed} repeats it)`);
    await addBoard(dataDir, tasksPerRound);
    const racers = await Promise.all(names.map((name) => startRacer(dataDir, name, 'finish')));
    let kills = 0;
    for (let round = 1; round <= rounds; round += 1) {
      kills += await raceOnce(dataDir, racers, round % allEvery === 0);
      const lines = linesOf(journalOf(dataDir));
      const claimed = new Set(claimsOf(lines).map(({ task }) => task));
      assert.equal(claimed.size, round * tasksPerRound, 'nothing is left that could have been claimed');
      assertAcknowledged(dataDir, lines);
      if (round < rounds) await addBoard(dataDir, tasksPerRound);
    }
    assert.ok(kills >= rounds / 2, `only ${kills} processes were killed while at work`);
    for (const racer of racers) assert.deepEqual(await stop(racer), [0, null], racer.name);
    const store = await openSqliteStore({ path: journalOf(dataDir), create: 'must-exist' });
    assert.ok(store.ok);
    assert.ok((await verify(store.value)).ok, 'the hash chain is whole');
    await store.value.close();
  }));
