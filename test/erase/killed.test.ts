/* `signalbox erase` that is killed anywhere: what was to be erased is there or it is not, and the repeat erases the rest. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { runCut, runWords, stepsOf } from '../cli/cut-program.ts';
import { tellHere } from '../cli/told-here.ts';
import { openSite } from '../host/processes.ts';
import { addTasks, copyOf, good, titlesIn } from '../upkeep/kept.ts';

const words = ['erase', 'ada'];

const livingKeysIn = (dataDir: string): number => {
  const folder = join(dataDir, 'backups');
  const [keys = ''] = readdirSync(folder).filter((name) => name.endsWith('.keys'));
  return readFileSync(join(folder, keys), 'utf8').split('"secret":').length - 1;
};

it('signalbox erase that is killed has erased all or nothing of the titles, and its repeat erases them everywhere', async (t) => {
  const board = await openSite(t);
  const [one] = addTasks(['Quinquereme']);
  assert(one !== undefined);
  await tellHere(board.dataDir, [
    { operation: 'start', input: { agent: 'ada' }, agent: 'ada' },
    { ...one, agent: 'ada' },
    ...addTasks(['Galleon']),
  ]);
  await good(board.dataDir, 'backup');
  const kept = livingKeysIn(board.dataDir);
  const { dataDir: undisturbed } = await copyOf(t, board);
  const steps = await stepsOf({ dataDir: undisturbed, asPerson: true }, words);
  const left = livingKeysIn(undisturbed);
  assert(left < kept, 'the key is destroyed in what the program has backed up as well');
  const cuts = steps.filter((step) => step.startsWith('before '));
  for (const step of [
    'before a key is ended',
    'before a key is ended, time 2',
    'before the commit in main.journal',
  ])
    assert(cuts.includes(step), cuts.join(', '));
  for (const step of cuts) {
    const { dataDir } = await copyOf(t, board);
    const where = { dataDir, asPerson: true };
    assert.equal((await runCut(where, words, { step, signal: 'SIGKILL' })).signal, 'SIGKILL', step);
    const between = JSON.stringify(await titlesIn(dataDir));
    assert(['["Quinquereme","Galleon"]', '["[erased]","Galleon"]'].includes(between), `${step}: ${between}`);
    const { status, out, err } = await runWords(where, words);
    assert.equal(status, 0, `${step}: ${out}${err}`);
    assert.deepEqual(await titlesIn(dataDir), ['[erased]', 'Galleon'], step);
    assert.equal(livingKeysIn(dataDir), left, step);
    await good(dataDir, 'verify');
  }
});
