/* signalbox compact moves entries into an archive, and nothing that reads the journal can tell. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { runCut, stepsOf } from '../cli/cut-program.ts';
import { runCommand, startHub } from '../host/processes.ts';
import {
  addTasks,
  bad,
  copyOf,
  good,
  journalIn,
  listed,
  openBoard,
  run,
  titles,
  titlesIn,
  verify,
} from './kept.ts';
import { tellHere } from '../cli/told-here.ts';

const compacted = z.object({
  archives: z.array(z.string()),
  archived: z.number(),
  entries: z.number(),
});

const compact = async (dataDir: string, keep: number, ...more: readonly string[]) =>
  compacted.parse(await good(dataDir, 'compact', '--keep', String(keep), ...more));

/** What is in the journal's own file. */
const storedIn = async (path: string): Promise<readonly number[]> => {
  const store = await openSqliteStore({ path, create: 'must-exist' });
  assert(store.ok);
  const rows = await store.value.read(0, 1_000);
  await store.value.close();
  return rows.map(({ seq }) => seq);
};

/** Read from the journal, entry by entry. */
const auditOf = async (dataDir: string): Promise<readonly unknown[]> =>
  (await listed(dataDir, { operation: 'audit_query', input: {} })).map(({ seq }) => seq);

describe('signalbox compact', () => {
  it('leaves the latest entries in the journal and the others in an archive, and everything reads all', async (t) => {
    const { dataDir } = await openBoard(t);
    const [before, known] = [await verify(dataDir), await auditOf(dataDir)];
    const { archives, archived, entries } = await compact(dataDir, 2);
    assert.equal(entries, before.entries);
    assert.equal(archived, before.entries - 2);
    assert.deepEqual(archives.map(existsSync), [true]);
    assert.deepEqual(await storedIn(journalIn(dataDir)), [entries - 1, entries]);
    assert.deepEqual(await verify(dataDir), before);
    assert.equal((await run(dataDir, 'verify')).status, 0);
    assert.deepEqual(await auditOf(dataDir), known);
    rmSync(join(dataDir, 'cache'), { recursive: true });
    assert.deepEqual(await titlesIn(dataDir), titles);
    assert.deepEqual((await compact(dataDir, 2)).archives, [], 'there is nothing left to do');
    assert.equal((await compact(dataDir, 0)).archived, entries);
    assert.deepEqual(await storedIn(journalIn(dataDir)), []);
    await tellHere(dataDir, addTasks(['seven']));
    assert.deepEqual(await titlesIn(dataDir), [...titles, 'seven']);
    const { out } = await runCommand(['compact', '--keep', '0', '--data-dir', dataDir]);
    const folder = dirname(archives[0] ?? '');
    assert.equal(readdirSync(folder).length, 3);
    assert(
      out.includes(`those up to entry ${entries + 1} lie in 3 files in ${folder}\nNew: ${folder}/`),
      out,
    );
    assert.match(out, /keep all of them/);
    assert.equal((await compact(dataDir, 1, '--of', 'hub')).archives.length, 1);
    assert.deepEqual(await titlesIn(dataDir, 'shop'), ['sell']);
  });

  it('works beside a hub that is at work on the journal', async (t) => {
    const site = await openBoard(t);
    const { dataDir } = site;
    const before = await verify(dataDir);
    const hub = await startHub(site);
    assert.deepEqual(await titlesIn(dataDir), titles);
    assert.equal((await compact(dataDir, 1)).archives.length, 1);
    await tellHere(dataDir, addTasks(['seven']));
    assert.deepEqual(await titlesIn(dataDir), [...titles, 'seven']);
    const seqs = await auditOf(dataDir);
    for (let seq = 1; seq <= before.entries; seq += 1) assert(seqs.includes(seq), `entry ${seq} is read`);
    await hub.stop();
    assert.deepEqual(await titlesIn(dataDir), [...titles, 'seven']);
  });

  it('loses nothing wherever it is killed, and is done by its repeat', async (t) => {
    const board = await openBoard(t);
    const before = await verify(board.dataDir);
    const words = ['compact', '--keep', '1'];
    const steps = await stepsOf(await copyOf(t, board), words);
    for (const expected of ['before rename of the archive', 'before the commit in main.journal'])
      assert(steps.includes(expected), `${expected} is among ${steps.join(', ')}`);
    for (const step of steps) {
      const { dataDir } = await copyOf(t, board);
      const { signal } = await runCut({ dataDir }, words, { step, signal: 'SIGKILL' });
      assert.equal(signal, 'SIGKILL', step);
      assert.deepEqual(await verify(dataDir), before, step);
      await compact(dataDir, 1);
      assert.deepEqual(await verify(dataDir), before, step);
      assert.deepEqual(await storedIn(journalIn(dataDir)), [before.entries], step);
      assert.deepEqual(await titlesIn(dataDir), titles, step);
    }
  });
});

describe('an archive that is not there, or no longer what it was', () => {
  it('is refused by its name, and never an empty board', async (t) => {
    const { dataDir } = await openBoard(t);
    const [archive = ''] = (await compact(dataDir, 1)).archives;
    renameSync(archive, `${archive}.away`);
    rmSync(join(dataDir, 'cache'), { recursive: true });
    for (const words of [
      ['verify'],
      ['task', 'list'],
      ['task', 'add', 'x'],
      ['backup'],
      ['export', '--out', 'x'],
    ]) {
      const { code, message } = await bad(dataDir, ...words);
      assert.equal(code, 'journal_missing', words.join(' '));
      assert(message.includes(dirname(archive)), message);
      assert.match(message, /or set archives .*Only if they are lost, restore/);
    }
    const { out } = await run(dataDir, 'doctor');
    assert.match(out, /"what":"workspaces\/main\.journal: Entries 1 to \d+ of the journal lie in archives/);
    renameSync(`${archive}.away`, archive);
    assert.match((await run(dataDir, 'doctor')).out, /workspaces\/main\.journal: 6 entries, all good/);
    assert.deepEqual(await titlesIn(dataDir), titles);
  });

  it('keeps a compaction from taking out anything, when it is in the way', async (t) => {
    const { dataDir } = await openBoard(t);
    const before = await verify(dataDir);
    const archives = join(dataDir, 'archives');
    writeFileSync(archives, 'a file where the folder should be');
    assert.equal((await run(dataDir, 'compact', '--keep', '0')).status === 0, false);
    rmSync(archives);
    const [archive = ''] = (await compact(dataDir, 3)).archives;
    const [folder = ''] = readdirSync(archives);
    writeFileSync(join(archives, folder, 'old.jsonl.draft'), 'never finished');
    const next = String(before.entries - 2).padStart(12, '0');
    const foreign = join(archives, folder, `${next}-${String(before.entries).padStart(12, '0')}.jsonl`);
    writeFileSync(foreign, 'not an archive');
    const { code, message } = await bad(dataDir, 'compact', '--keep', '0');
    assert.equal(code, 'journal_corrupt');
    assert(message.includes(foreign), message);
    rmSync(foreign);
    assert.deepEqual(readdirSync(join(archives, folder)).length, 1, 'what was never finished is taken away');
    assert(existsSync(archive));
    assert.deepEqual(await verify(dataDir), before);
  });

  it('says what is wrong with its line', async (t) => {
    const { dataDir } = await openBoard(t);
    assert.equal((await bad(dataDir, 'compact', '--keep', 'all')).code, 'invalid_input');
    assert.equal((await bad(dataDir, 'compact', '--workspace', 'nowhere')).code, 'workspace_unknown');
  });
});
