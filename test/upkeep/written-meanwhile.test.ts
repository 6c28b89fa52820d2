/* What single commands write between the look at a journal and its end is lost by none of those that replace or copy it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runPaused } from '../cli/cut-program.ts';
import { tellHere } from '../cli/told-here.ts';
import { openSite } from '../host/processes.ts';
import { addTasks, beforeIn, good, openBoard, titles, titlesIn, verifyAll } from './kept.ts';

const late = (dataDir: string) => () => tellHere(dataDir, addTasks(['late']));

describe('a task that is added meanwhile', () => {
  for (const command of ['reset', 'restore']) {
    it(`is in the backup that ${command} makes`, async (t) => {
      const { dataDir } = await openBoard(t);
      const backup = join(dataDir, 'board.gz');
      await good(dataDir, 'backup', '--out', backup);
      const words =
        command === 'reset' ? ['reset', '--workspace', 'main', '--yes'] : ['restore', backup, '--yes'];
      const { status, out, err } = await runPaused({ dataDir }, words, {
        step: 'after rename of the backup',
        meanwhile: late(dataDir),
      });
      assert.equal(status, 0, err);
      assert.deepEqual(await titlesIn(dataDir), command === 'reset' ? [] : titles);
      const other = await openSite(t);
      await good(other.dataDir, 'restore', beforeIn(out), '--without-keys');
      assert.equal((await titlesIn(other.dataDir)).length, titles.length + 1);
    });
  }

  it('is copied as well by migrate', async (t) => {
    const { dataDir } = await openBoard(t);
    const target = await openSite(t);
    const { status, err } = await runPaused(
      { dataDir },
      ['migrate', '--from', 'sqlite', '--to', 'sqlite', '--to-url', target.dataDir],
      { step: 'before the renaming to hub.journal', meanwhile: late(dataDir) },
    );
    assert.equal(status, 0, err);
    assert.deepEqual(await titlesIn(target.dataDir), [...titles, 'late']);
    assert.deepEqual(await verifyAll(target.dataDir), await verifyAll(dataDir));
  });
});
