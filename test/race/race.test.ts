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
import { acksOf, afterAcks, go, startRacer } from './processes.ts';

const names = ['north', 'east', 'south', 'west'];
const seed = Number(process.env['RACE_SEED'] ?? Math.floor(Math.random() * 1e9));
const rounds = 20;
const tasksPerRound = 120;

/** Mulberry32: a small generator whose seed is printed, so that a failing run can be had again. */
const random = (() => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
})();

const withDirectory = async (work: (dataDir: string) => Promise<void>): Promise<void> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-race-'));
  try {
    await work(dataDir);
  } finally {
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
        const done = lines.find((line) => line.seq > epoch && line.data['id'] === task);
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
    racers.forEach(go);
    const codes = await Promise.all(racers.map(({ ended }) => ended));
    assert.deepEqual(
      codes,
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

it(`kill -9 at random moments and restarts, ${rounds} rounds: nothing acknowledged is lost, no task has two holders`, () =>
  withDirectory(async (dataDir) => {
    console.log(`seed ${seed} (RACE_SEED=${seed} repeats it)`);
    let kills = 0;
    for (let round = 0; round < rounds; round += 1) {
      await addBoard(dataDir, tasksPerRound);
      const racers = await Promise.all(names.map((name) => startRacer(dataDir, name, 'finish')));
      const doomed = racers.filter(() => random() < 0.6);
      const deadlines = doomed.map((racer) => afterAcks(racer, 1 + Math.floor(random() * 20)));
      racers.forEach(go);
      const restarted = await Promise.all(
        doomed.map(async (racer, i) => {
          await deadlines[i];
          racer.child.kill('SIGKILL');
          const [, signal] = await racer.ended;
          if (signal === 'SIGKILL') kills += 1;
          const again = await startRacer(dataDir, racer.name, 'finish');
          go(again);
          return again;
        }),
      );
      const ends = await Promise.all(
        [...racers, ...restarted].map(async (racer) => ({ name: racer.name, end: await racer.ended })),
      );
      for (const { name, end } of ends)
        assert.ok(end[0] === 0 || end[1] === 'SIGKILL', `${name} ended with ${end.join()}`);
      const lines = linesOf(journalOf(dataDir));
      claimsOf(lines);
      assertAcknowledged(dataDir, lines);
    }
    assert.ok(kills >= rounds / 2, `only ${kills} processes were killed while at work`);
    const store = await openSqliteStore({ path: journalOf(dataDir), create: 'must-exist' });
    assert.ok(store.ok);
    assert.ok((await verify(store.value)).ok, 'the hash chain is whole');
    await store.value.close();
  }));
