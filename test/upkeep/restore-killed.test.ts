/* A restore or a migration that is killed anywhere is finished by its repeat, and nothing is taken for whole before. */
import assert from 'node:assert/strict';
import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/engine/clock.ts';
import { isDraft } from '../../src/host/upkeep/drafts.ts';
import { Workspaces } from '../../src/host/workspaces.ts';
import { ok } from '../../src/kernel/errors.ts';
import { sqliteStorage } from '../../src/stores/sqlite/storage.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { type Where, runCut, stepsOf } from '../cli/cut-program.ts';
import { openSite, startHub } from '../host/processes.ts';
import { tellHere } from '../cli/told-here.ts';
import {
  addTasks,
  bad,
  beforeIn,
  copyOf,
  good,
  openBoard,
  refusalIn,
  run,
  titles,
  titlesIn,
  verifyAll,
} from './kept.ts';
import { runOnDisk } from './small-disk.ts';

/** What has been done when a step is over is what there is before the next. */
const isBefore = (step: string): boolean => step.startsWith('before ');

/** What somebody hears who has looked before the restore began, and opens the journals after that. */
const opensBeside = async (dataDir: string): Promise<string> => {
  const storage = sqliteStorage({ dataDir });
  let looks = 0;
  const names = async () => {
    looks += 1;
    const there = await storage.names();
    return there.ok && looks === 1 ? ok(there.value.filter((name) => !isDraft(name))) : there;
  };
  const opened = await Workspaces.open({
    storage: { ...storage, names },
    cacheDir: join(dataDir, 'cache'),
    clock: systemClock,
    log: new CollectedLog(),
    ticksFirst: false,
  });
  return opened.ok ? 'opened' : opened.code;
};

describe('signalbox restore that is killed', () => {
  it('leaves what was there, or all of the backup, or says how to finish it', async (t) => {
    const board = await openBoard(t);
    const wanted = await verifyAll(board.dataDir);
    const backup = join(board.dataDir, 'board.gz');
    await good(board.dataDir, 'backup', '--out', backup);
    await tellHere(board.dataDir, addTasks(['seven']));
    const there = await verifyAll(board.dataDir);
    const words = ['restore', backup, '--yes'];
    const steps = await stepsOf(await copyOf(t, board), words);
    for (const expected of [
      'before the commit in restoring..plan..draft.journal',
      'after the renaming to hub..aside..draft.journal',
      'after the renaming to hub.journal',
    ])
      assert(steps.includes(expected), `${expected} is among ${steps.join(', ')}`);
    for (const step of steps.filter(isBefore)) {
      const { dataDir } = await copyOf(t, board);
      const { signal } = await runCut({ dataDir }, words, { step, signal: 'SIGKILL' });
      assert.equal(signal, 'SIGKILL', step);
      const listed = await run(dataDir, 'task', 'list');
      if (listed.status !== 0) assert.match(listed.out, /not finished.*signalbox restore/, step);
      else {
        const now = await verifyAll(dataDir);
        assert([JSON.stringify(wanted), JSON.stringify(there)].includes(JSON.stringify(now)), step);
      }
      await good(dataDir, ...words);
      assert.deepEqual(await verifyAll(dataDir), wanted, step);
      assert.deepEqual(await titlesIn(dataDir), titles, step);
    }
  });

  it('gives way to another backup, once somebody says so: that of what was there before, or any other', async (t) => {
    const board = await openBoard(t);
    const [one, third] = [join(board.dataDir, 'one.gz'), join(board.dataDir, 'third.gz')];
    await good(board.dataDir, 'backup', '--out', third);
    await tellHere(board.dataDir, addTasks(['seven']));
    await good(board.dataDir, 'backup', '--out', one);
    await tellHere(board.dataDir, addTasks(['eight']));
    const cut = async (dataDir: string, words: readonly string[], step: string): Promise<void> => {
      const { signal } = await runCut({ dataDir }, words, { step, signal: 'SIGKILL' });
      assert.equal(signal, 'SIGKILL', step);
    };
    for (const { step, goesBack } of [
      { step: 'before the renaming to hub..aside..draft.journal', goesBack: false },
      { step: 'before the renaming to hub.journal', goesBack: true },
    ]) {
      const { dataDir } = await copyOf(t, board);
      const lost = join(dataDir, 'lost.gz');
      renameSync(join(dataDir, 'one.gz'), lost);
      await cut(dataDir, ['restore', lost, '--yes'], step);
      rmSync(lost);
      const { code, details, message } = await bad(dataDir, 'task', 'list');
      assert.equal(code, 'invalid_state', step);
      const before = String(details['before']);
      assert(message.includes(`finish it: signalbox restore ${lost} `), message);
      assert(message.includes(`signalbox restore ${before} `), message);
      assert.equal((await bad(dataDir, 'restore', third)).code, 'forbidden', 'it is asked first');
      assert.match((await run(dataDir, 'doctor')).out, /not finished.*signalbox restore/);
      if (goesBack) assert.equal(await opensBeside(dataDir), 'invalid_state');
      // Broken off once more, it gives way once more.
      if (goesBack) await cut(dataDir, ['restore', third, '--yes'], 'before the renaming to main.journal');
      await good(dataDir, 'restore', goesBack ? before : third, '--yes');
      assert.deepEqual(await titlesIn(dataDir), goesBack ? [...titles, 'seven', 'eight'] : titles, step);
      assert.deepEqual(await titlesIn(dataDir, 'shop'), ['sell']);
      await good(dataDir, 'verify');
    }
  });
});

describe('signalbox restore that is gone on with', () => {
  it('backs up again what was there before, where that backup was taken away', async (t) => {
    const board = await openBoard(t);
    await good(board.dataDir, 'backup', '--out', join(board.dataDir, 'board.gz'));
    await tellHere(board.dataDir, addTasks(['seven']));
    for (const step of [
      'before the renaming to hub..aside..draft.journal',
      'before the renaming to hub.journal',
    ]) {
      const { dataDir } = await copyOf(t, board);
      const words = ['restore', join(dataDir, 'board.gz'), '--yes'];
      assert.equal((await runCut({ dataDir }, words, { step, signal: 'SIGKILL' })).signal, 'SIGKILL', step);
      const gone = String((await bad(dataDir, 'task', 'list')).details['before']);
      rmSync(gone);
      const { status, out, err } = await run(dataDir, ...words);
      assert.equal(status, 0, err);
      const before = beforeIn(out);
      assert.deepEqual(await titlesIn(dataDir), titles, step);
      await good(dataDir, 'restore', before, '--yes');
      assert.deepEqual(await titlesIn(dataDir), [...titles, 'seven'], step);
    }
  });
});

describe('signalbox migrate that is killed', () => {
  it('is gone on with where it ended, and the target has no list of workspaces before it is whole', async (t) => {
    const board = await openBoard(t);
    await good(board.dataDir, 'compact', '--keep', '2');
    const wanted = await verifyAll(board.dataDir);
    const target = await openSite(t);
    const words = ['migrate', '--from', 'sqlite', '--to', 'sqlite', '--to-url', target.dataDir];
    const clear = (): void => {
      for (const name of [
        'workspaces',
        'hub.journal',
        'hub.journal-wal',
        'hub.journal-shm',
        'hub.journal.bell',
      ])
        rmSync(join(target.dataDir, name), { recursive: true, force: true });
    };
    const where: Where = { dataDir: board.dataDir };
    const steps = await stepsOf(where, words);
    assert(steps.includes('after the commit in main.journal'), steps.join(', '));
    for (const step of steps.filter(isBefore)) {
      clear();
      const { signal } = await runCut(where, words, { step, signal: 'SIGKILL' });
      assert.equal(signal, 'SIGKILL', step);
      const copy = await openSite(t);
      cpSync(target.dataDir, copy.dataDir, { recursive: true });
      const listed = await run(copy.dataDir, 'task', 'list');
      if (listed.status === 0) assert.deepEqual(await verifyAll(copy.dataDir), wanted, step);
      else assert.match(listed.out, /journal_missing|workspace_unknown/, step);
      await good(board.dataDir, ...words);
      assert.deepEqual(await verifyAll(target.dataDir), wanted, step);
    }
    assert.deepEqual(await titlesIn(target.dataDir), titles);
  });
});

describe('signalbox migrate', () => {
  it('refuses a target that has something else, a source where a hub is at work, and what is no pair', async (t) => {
    const board = await openBoard(t);
    const target = await openBoard(t);
    const there = await verifyAll(target.dataDir);
    const to = (dataDir: string) => ['migrate', '--from', 'sqlite', '--to', 'sqlite', '--to-url', dataDir];
    assert.equal((await bad(board.dataDir, ...to(target.dataDir))).code, 'exists');
    assert.deepEqual(await verifyAll(target.dataDir), there);
    assert.equal((await bad(board.dataDir, ...to(board.dataDir))).code, 'invalid_input');
    assert.equal((await bad(board.dataDir, 'migrate', '--from', 'sqlite')).code, 'invalid_input');
    assert.equal(
      (await bad(board.dataDir, 'migrate', '--from', 'sqlite', '--to', 'disk')).code,
      'invalid_input',
    );
    const empty = await openSite(t);
    assert.equal((await bad(empty.dataDir, ...to(board.dataDir))).code, 'workspace_unknown');
    const hub = await startHub(board);
    assert.equal((await bad(board.dataDir, ...to(empty.dataDir))).code, 'invalid_state');
    await hub.stop();
    await good(board.dataDir, ...to(empty.dataDir));
    await tellHere(empty.dataDir, addTasks(['only there']));
    assert.equal((await bad(board.dataDir, ...to(empty.dataDir))).code, 'exists');
    assert.equal((await titlesIn(empty.dataDir)).at(-1), 'only there');
  });

  it('names what was said to it, and never what is secret in it', async (t) => {
    const board = await openBoard(t);
    for (const [words, why] of [
      [
        ['--to', 'redis', '--to-url', 'HTTPS://default:geheim@x.example'],
        /^--to-url .* REST addresses are not/,
      ],
      [['--to', 'postgres', '--to-url', 'mysql://a:geheim@b'], /^--to-url .* begins with postgres:\/\//],
      [['--to', 'postgres', '--to-url', 'postgres://a:x#geheim@b/c'], /has a "#".* write %23/],
      [['--to', 'redis', '--to-url', 'redis://a:x#geheim@b'], /has a "#".* write %23/],
      [['--to', 'postgres', '--to-url', 'postgres://a:x@geheim:y/c'], /it is no URL/],
      [['--to', 'redis', '--to-cluster', 'A'], /^--to-cluster cannot be "A": the name of a cluster has/],
      [['--to', 'redis', '--to-cluster', 'pg_x'], /^--to-cluster cannot be "pg_x": .*PostgreSQL's own/],
      [['--to', 'redis', '--to-url', '${NOWHERE}'], /--to-url.*NOWHERE/],
    ] as const) {
      const { message } = await bad(board.dataDir, 'migrate', '--from', 'sqlite', ...words);
      assert.match(message, why);
      assert.doesNotMatch(message, /geheim/);
    }
  });

  it('keeps the source as it is, and goes on, where the target is full', async (t) => {
    const board = await openBoard(t);
    await tellHere(board.dataDir, addTasks(Array.from({ length: 300 }, (_, i) => `${i} ${'x'.repeat(180)}`)));
    const before = await verifyAll(board.dataDir);
    const target = await openSite(t);
    const words = ['migrate', '--from', 'sqlite', '--to', 'sqlite', '--to-url', target.dataDir];
    const full = await runOnDisk({ at: target.dataDir, options: 'size=100k' }, [
      ...words,
      '--data-dir',
      board.dataDir,
    ]);
    assert.equal(refusalIn(full).code, 'storage_full');
    assert.deepEqual(await verifyAll(board.dataDir), before);
    await good(board.dataDir, ...words);
    assert.deepEqual(await verifyAll(target.dataDir), before);
  });
});
