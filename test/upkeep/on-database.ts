/* The commands that keep journals, on a store that several machines share: each data directory is one of them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, after, before, describe, it } from 'node:test';
import type { Outcome } from '../../src/kernel/errors.ts';
import { type TestDatabase, startDatabase } from '../../src/testing/databases.ts';
import { newCluster } from '../../src/testing/new-cluster.ts';
import { runCut, runPaused, stepsOf } from '../cli/cut-program.ts';
import { openHere, tellHere } from '../cli/told-here.ts';
import { openSite } from '../host/processes.ts';
import { aBoard, addTasks, bad, good, refusalIn, run, titles, titlesIn } from './kept.ts';

export interface OnDatabase {
  readonly kind: 'postgres' | 'redis';
  /** Lets the terms of offices end that a process had when it was killed. */
  readonly endTerms: (database: TestDatabase) => Promise<void>;
  /** Lets nobody write there, until what it returns is called. */
  readonly failing: (database: TestDatabase) => Promise<() => Promise<void>>;
}

const set = (variables: NodeJS.ProcessEnv): void => void Object.assign(process.env, variables);

/** A board, a backup of it, and a seventh task; another machine. */
const openMachines = async (t: TestContext) => {
  set({ SIGNALBOX_CLUSTER: newCluster() });
  const [here, there] = [await openSite(t), await openSite(t)];
  await tellHere(here.dataDir, aBoard);
  const backup = join(here.dataDir, 'board.gz');
  await good(here.dataDir, 'backup', '--out', backup);
  await tellHere(here.dataDir, addTasks(['seven']));
  return { here: here.dataDir, there: there.dataDir, backup };
};

/** What a backup has in it, restored into files. */
const titlesOf = async (t: TestContext, backup: string): Promise<readonly unknown[]> => {
  const { dataDir } = await openSite(t);
  const kind = process.env['SIGNALBOX_STORE'];
  set({ SIGNALBOX_STORE: 'sqlite' });
  try {
    await good(dataDir, 'restore', backup);
    return await titlesIn(dataDir);
  } finally {
    set({ SIGNALBOX_STORE: kind });
  }
};

const beforeIn = (answer: unknown): string => {
  assert(typeof answer === 'object' && answer !== null && 'before' in answer);
  return String(answer.before);
};

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : outcome.code);

const refusedFor = async (there: string, here: string): Promise<void> => {
  const { SIGNALBOX_STORE: store, SIGNALBOX_CLUSTER: cluster } = process.env;
  const { code, message } = await bad(there, 'task', 'add', 'eight');
  assert.equal(code, 'invalid_state');
  assert.match(message, /not finished.*finish it: signalbox restore.*\. Or restore another whole backup/);
  // Both commands lead to the database, also where neither a variable nor a note of the data directory says so.
  assert.equal(
    message.split(` --data-dir ${here} --store ${store} --cluster ${cluster}. `).length,
    3,
    message,
  );
};

/** Each journal changes its place twice: the list of workspaces is the first to be taken out, and the last to come. */
const places = {
  first: 'before a journal changes places',
  fourth: 'before a journal changes places, time 4',
};

/** How tests get at the database that runs when they do. */
type Running = OnDatabase & { readonly running: () => TestDatabase };

const restoreKilled = ({ kind, endTerms, running }: Running): void => {
  describe(`signalbox restore on ${kind}, killed`, () => {
    const killAt = async (where: string, backup: string, step: string): Promise<void> => {
      const { signal, err } = await runCut({ dataDir: where }, ['restore', backup, '--yes'], {
        step,
        signal: 'SIGKILL',
      });
      assert.equal(signal, 'SIGKILL', err);
      await endTerms(running());
    };

    it('before it takes anything out: nobody elsewhere begins to write, and what is written all the same is backed up', async (t) => {
      const { here, there, backup } = await openMachines(t);
      const early = await openHere(there);
      await killAt(here, backup, places.first);
      await refusedFor(there, here);
      const [late] = addTasks(['late']);
      assert(late !== undefined && (await early.call(late)).ok);
      await early.close();
      const before = beforeIn(await good(here, 'restore', backup, '--yes'));
      assert.deepEqual(await titlesIn(there), titles);
      assert.deepEqual(await titlesOf(t, before), [...titles, 'seven', 'late']);
    });

    it('when it puts the first in its place: nobody writes, whatever they have open, until it is finished', async (t) => {
      const { here, there, backup } = await openMachines(t);
      const early = await openHere(there);
      assert((await early.call({ operation: 'task_list', input: {} })).ok);
      await killAt(here, backup, places.fourth);
      await refusedFor(there, here);
      const [late] = addTasks(['late']);
      assert(late !== undefined);
      assert.equal(codeOf(await early.call(late)), 'journal_replaced');
      assert.equal((await bad(there, 'reset', '--workspace', 'main', '--yes')).code, 'invalid_state');
      const before = beforeIn(await good(here, 'restore', backup, '--yes'));
      const told = await early.call({ operation: 'task_list', input: {} });
      assert.equal(codeOf(told), 'journal_replaced');
      assert.doesNotMatch(JSON.stringify(told), /[Rr]estore (?:a|the) |damaged|lost/);
      await early.close();
      assert.deepEqual(await titlesIn(there), titles);
      assert.deepEqual(await titlesIn(there, 'shop'), ['sell']);
      assert.deepEqual(await titlesOf(t, before), [...titles, 'seven']);
      await tellHere(there, addTasks(['eight']));
      assert.deepEqual(await titlesIn(here), [...titles, 'eight']);
    });
  });
};

const restoreFailed = ({ kind, endTerms, failing, running }: Running): void => {
  describe(`signalbox restore on ${kind}, failed`, () => {
    it('because nobody can write there any more: says what that leaves, and is finished later', async (t) => {
      const { here, there, backup } = await openMachines(t);
      const words = ['restore', backup, '--yes'];
      const mend: (() => Promise<void>)[] = [];
      const failed = await runPaused({ dataDir: here }, words, {
        step: places.fourth,
        meanwhile: async () => mend.push(await failing(running())),
      });
      assert.equal(failed.signal, null, failed.err);
      const { message } = refusalIn(failed);
      assert.match(
        message,
        /broken off half-way: every command and hub .* is refused until it is finished\./,
      );
      assert.match(message, /finish it: signalbox restore/);
      assert.doesNotMatch(message, /Nothing was/);
      for (const each of mend) await each();
      await refusedFor(there, here);
      if (kind === 'redis') {
        const early = await bad(here, ...words);
        assert.equal(early.code, 'storage_busy');
        assert.match(early.message, /Where a restore was killed or lost its database.* within 10 s/);
      }
      await endTerms(running());
      await good(here, ...words);
      assert.deepEqual(await titlesIn(there), titles);
    });

    // PostgreSQL takes its time until nobody can write any more.
    if (kind === 'redis')
      it('before its plan is written: does not say that anything is half restored, and nothing is', async (t) => {
        const { here, there, backup } = await openMachines(t);
        const mend: (() => Promise<void>)[] = [];
        const failed = await runPaused({ dataDir: here }, ['restore', backup, '--yes'], {
          step: 'before an append',
          meanwhile: async () => mend.push(await failing(running())),
        });
        const { message } = refusalIn(failed);
        for (const each of mend) await each();
        assert.doesNotMatch(message, /broken off half-way/);
        assert.match(message, /could not be removed either/);
        await endTerms(running());
        assert.deepEqual(await titlesIn(there), [...titles, 'seven']);
      });
  });
};

const killedHalfWay = ({ kind, endTerms, running }: Running): void => {
  describe(`what is killed half-way on ${kind}`, () => {
    const killedAtEach = async (dataDir: string, words: readonly string[]): Promise<readonly string[]> =>
      (await stepsOf({ dataDir }, words)).filter((step) =>
        /^before (?:an append|a journal|rename of the backup|the answer)/.test(step),
      );
    const kill = async (dataDir: string, words: readonly string[], step: string): Promise<void> => {
      assert.equal((await runCut({ dataDir }, words, { step, signal: 'SIGKILL' })).signal, 'SIGKILL', step);
      await endTerms(running());
    };

    // One of the two on each kind of database: what they do there differs in the way they put a journal in its place alone.
    if (kind === 'redis')
      it('import makes the workspace whole or not at all', async (t) => {
        const { here, there } = await openMachines(t);
        const path = join(here, 'main.jsonl');
        await good(here, 'export', '--out', path);
        const importing = (name: string) => ['import', path, '--workspace', name];
        const all = await killedAtEach(here, importing('first'));
        // Its entries, its place, its name, and what its first opening notes.
        const steps = all.slice(0, 4);
        assert(steps.includes('before a journal changes places') && steps.includes('before an append'));
        for (const [index, step] of steps.entries()) {
          const name = `copy-${index}`;
          await kill(here, importing(name), step);
          const again = await run(there, ...importing(name));
          if (again.status !== 0) assert.equal(refusalIn(again).code, 'exists', step);
          assert.deepEqual(await titlesIn(there, name), [...titles, 'seven'], step);
        }
      });
    else
      it('reset leaves the workspace whole or empty, with a backup of what was in it', async (t) => {
        const { here, there } = await openMachines(t);
        const words = ['reset', '--workspace', 'main', '--yes'];
        const steps = await killedAtEach(here, words);
        assert(steps.includes('before a journal changes places'), steps.join(', '));
        for (const step of steps) {
          await tellHere(there, addTasks([step]));
          await kill(here, words, step);
          const left = await titlesIn(there);
          const isLast = step === 'before the answer';
          assert.deepEqual(left, isLast ? [] : [step]);
          await good(here, ...words);
          assert.deepEqual(await titlesIn(there), [], step);
        }
      });
  });
};

const whatIsKept = ({ kind }: Running): void => {
  describe(`what is kept on ${kind}`, () => {
    it('is exported and imported, begins anew, and comes back from the backup that was made before', async (t) => {
      const { here, there } = await openMachines(t);
      const path = join(here, 'main.jsonl');
      await good(here, 'export', '--out', path);
      await good(there, 'import', path, '--workspace', 'copy');
      assert.deepEqual(await titlesIn(here, 'copy'), [...titles, 'seven']);
      const before = beforeIn(await good(here, 'reset', '--workspace', 'main', '--yes'));
      assert.deepEqual(await titlesIn(there), []);
      await good(here, 'restore', before, '--yes');
      assert.deepEqual(await titlesIn(there), [...titles, 'seven']);
      assert.deepEqual(await titlesIn(there, 'copy'), [...titles, 'seven']);
      await good(there, 'verify');
    });
  });
};

export const upkeepOn = (on: OnDatabase): void => {
  let database: TestDatabase;
  before(async () => {
    database = await startDatabase(on.kind);
    set(database.env);
  });
  after(() => database.stop());
  for (const register of [restoreKilled, restoreFailed, killedHalfWay, whatIsKept])
    register({ ...on, running: () => database });
};
