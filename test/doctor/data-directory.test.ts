/* A data directory that is not there, and journals that are lost: what is said of them, and what the commands do. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openGround } from '../workspaces/repositories.ts';
import { type Examined, type Findings, examine, mend, of, withBoard, write } from './examine.ts';

const faultsOf = ({ findings }: Examined): Findings => findings.filter(({ state }) => state === 'bad');

describe('a data directory that is not there', () => {
  it('is bad as a link that leads nowhere, and below one; the command makes what it leads to', async (t) => {
    for (const below of ['', '/x']) {
      const ground = await openGround(t);
      // A link to a link that leads nowhere.
      symlinkSync('b', ground.at('a'));
      symlinkSync('deep/nowhere', ground.at('b'));
      const env = { SIGNALBOX_DATA_DIR: `${ground.at('a')}${below}` };
      const [found, ...others] = faultsOf(await examine(ground, 'work', { env }));
      assert.deepEqual([found?.check, others], ['data directory', []]);
      assert.match(found?.what ?? '', /a is a symbolic link to \S+deep\/nowhere, which is not there/);
      mend(ground, found);
      assert.deepEqual(faultsOf(await examine(ground, 'work', { env })), []);
      assert.equal((await ground.run(['task', 'add', 'A task'], { env })).status, 0);
    }
  });

  it('is bad where none can be, and the command chooses one that can', async (t) => {
    const ground = await openGround(t);
    write(ground.at('file'), '');
    for (const dataDir of ['/dev/null', '/dev/null/x', '/proc/foo', ground.at('file'), ground.at('file/x')]) {
      const asking = { env: { SIGNALBOX_DATA_DIR: dataDir } };
      const found = faultsOf(await examine(ground, 'work', asking));
      assert.deepEqual(
        found.map(({ mend: command }) => command),
        [`export SIGNALBOX_DATA_DIR=${ground.dataDir}`],
        dataDir,
      );
    }
    const [byFlag] = faultsOf(await examine(ground, 'work', { args: ['--data-dir', '/dev/null'] }));
    assert.equal(byFlag?.mend, `signalbox doctor --data-dir ${ground.dataDir}`);
    write(ground.at('.local/share/signalbox'), '');
    const [besides] = faultsOf(await examine(ground, 'work', { args: ['--data-dir', '/dev/null'] }));
    assert.equal(besides?.mend, `signalbox doctor --data-dir ${ground.at('signalbox')}`);
  });
});

describe('a journal without a backup', () => {
  it('that is damaged is moved aside with all that belongs to it, and then the board begins anew', async (t) => {
    for (const name of ['workspaces/main.journal', 'hub.journal']) {
      const ground = await withBoard(t);
      const path = join(ground.dataDir, name);
      for (const file of [path, `${path}-wal`, `${path}-shm`])
        writeFileSync(file, 'garbage', { mode: 0o600 });
      const [damaged] = faultsOf(await examine(ground));
      assert.match(damaged?.what ?? '', /without one, what it holds is lost/);
      mend(ground, damaged);
      assert(['', '-wal', '-shm', '.bell'].every((end) => !existsSync(`${path}${end}`)));
      const [missing, ...others] = faultsOf(await examine(ground));
      assert.match(missing?.what ?? '', /is missing.*Without, .* (?:lost|reached)/);
      assert.deepEqual(others, []);
      mend(ground, missing);
      assert.deepEqual(faultsOf(await examine(ground)), []);
      assert.equal((await ground.run(['task', 'add', 'Anew'])).status, 0);
      assert(existsSync(`${ground.dataDir}.aside`), 'nothing is deleted');
    }
  });

  it('leaves the others, and one can be made in its stead', async (t) => {
    const ground = await withBoard(t);
    renameSync(join(ground.dataDir, 'workspaces', 'main.journal'), ground.at('gone'));
    rmSync(join(ground.dataDir, 'workspaces', 'main.journal.bell'));
    const [missing] = faultsOf(await examine(ground));
    assert.match(missing?.what ?? '', /signalbox workspace add NAME makes one in its stead/);
    assert.equal((await ground.run(['workspace', 'add', 'second'])).status, 0);
    assert.equal((await ground.run(['task', 'add', 'Anew', '--workspace', 'second'])).status, 0);
  });

  it('is none that is a folder, which the command moves aside', async (t) => {
    const ground = await withBoard(t);
    mkdirSync(join(ground.dataDir, 'workspaces', 'd.journal'));
    const examined = await examine(ground);
    assert.deepEqual(
      faultsOf(examined).map(({ check }) => check),
      ['journals'],
    );
    assert.equal(of(examined, 'data directory')[0]?.state, 'good');
    mend(ground, faultsOf(examined)[0]);
    assert.deepEqual(faultsOf(await examine(ground)), []);
  });
});
