import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openGround } from '../workspaces/repositories.ts';
import { examine, mend, of, withBoard, write } from './examine.ts';

describe('signalbox doctor', () => {
  it('finds nothing bad before the first command, and makes nothing', async (t) => {
    const ground = await openGround(t);
    const { status, findings } = await examine(ground);
    assert.equal(status, 0);
    assert(findings.every(({ state, check }) => state === 'good' || check === 'clients'));
    assert(!existsSync(ground.dataDir));
  });

  it('tells people in words, with the command below what is not good', async (t) => {
    const ground = await withBoard(t);
    const { out, status } = await ground.run(['doctor']);
    assert.equal(status, 0);
    assert.match(out, /^good {2}journals {8}workspaces\/main\.journal: 1 entry, all good\.$/m);
    assert.match(out, /^warn {2}clients .*\n +mend: signalbox connect claude$/m);
    assert.match(out, /^0 bad, 1 to look at, \d+ good\.$/m);
  });

  it('notes no workspace in a repository that remembers none', async (t) => {
    const ground = await withBoard(t);
    ground.repository('shop');
    const [finding] = of(await examine(ground, 'shop'), 'workspace');
    assert.match(finding?.what ?? '', /the first one makes it and notes it/);
    assert.equal(ground.remembered('shop'), undefined);
  });
});

describe('the data directory', () => {
  it('is bad when others can look into it, which its command mends', async (t) => {
    const ground = await withBoard(t);
    chmodSync(ground.dataDir, 0o755);
    const [finding] = of(await examine(ground), 'data directory');
    assert.deepEqual([finding?.state, finding?.mend], ['bad', `chmod 700 ${ground.dataDir}`]);
    mend(ground, finding);
    assert.equal(of(await examine(ground), 'data directory')[0]?.state, 'good');
  });

  it('is warned about when others may read a journal in it', async (t) => {
    const ground = await withBoard(t);
    const path = join(ground.dataDir, 'workspaces', 'main.journal');
    chmodSync(path, 0o644);
    const [finding] = of(await examine(ground), 'data directory');
    assert.deepEqual([finding?.state, finding?.mend], ['warn', `chmod 600 ${path}`]);
    mend(ground, finding);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('is bad when it is a file', async (t) => {
    const ground = await openGround(t);
    write(ground.dataDir, '');
    const [finding] = of(await examine(ground), 'data directory');
    assert.equal(finding?.state, 'bad');
    mend(ground, finding);
    assert.equal((await examine(ground)).status, 0);
  });
});

describe('the journals', () => {
  const overwrite = (path: string): void => {
    const database = new DatabaseSync(path);
    database.exec('pragma wal_checkpoint(truncate)');
    database.close();
    const at = readFileSync(path).indexOf('"T-1"');
    assert.notEqual(at, -1);
    const file = openSync(path, 'r+');
    writeSync(file, "'", at);
    closeSync(file);
  };

  it('are bad when an entry was changed, and good when the backup is put in its place', async (t) => {
    const ground = await withBoard(t);
    const path = join(ground.dataDir, 'workspaces', 'main.journal');
    const backup = ground.at('backup.journal');
    const database = new DatabaseSync(path);
    database.exec('pragma wal_checkpoint(truncate)');
    database.close();
    copyFileSync(path, backup);
    overwrite(path);
    const found = of(await examine(ground), 'journals').find(({ state }) => state === 'bad');
    assert.match(found?.what ?? '', /workspaces\/main\.journal: .*entry 1\b/);
    writeFileSync(`${path}-wal`, '');
    const [again] = of(await examine(ground), 'journals').filter(({ state }) => state === 'bad');
    mend(ground, again);
    for (const file of [path, `${path}-wal`, `${path}.bell`]) assert(!existsSync(file), file);
    copyFileSync(backup, path);
    assert(of(await examine(ground), 'journals').every(({ state }) => state === 'good'));
  });

  it('are bad when one is missing, or another stands in its place', async (t) => {
    const ground = await withBoard(t);
    await ground.run(['workspace', 'add', 'other']);
    await ground.run(['task', 'add', 'Elsewhere', '--workspace', 'other']);
    const at = (name: string): string => join(ground.dataDir, 'workspaces', name);
    const gone = ['main.journal', 'main.journal.bell'];
    for (const file of gone) renameSync(at(file), ground.at(file));
    const missing = of(await examine(ground), 'journals').filter(({ state }) => state === 'bad');
    assert.deepEqual(
      missing.map(({ what }) => /workspace "main", \S+main\.journal, is missing/.test(what)),
      [true],
    );
    copyFileSync(at('other.journal'), at('main.journal'));
    const swapped = of(await examine(ground), 'journals').filter(({ state }) => state === 'bad');
    assert.match(swapped.map(({ what }) => what).join(), /another journal than that of workspace "main"/);
  });

  it('are bad when the list of workspaces is missing', async (t) => {
    const ground = await withBoard(t);
    rmSync(join(ground.dataDir, 'hub.journal'));
    const found = of(await examine(ground), 'journals').filter(({ state }) => state === 'bad');
    assert.match(found[0]?.what ?? '', /hub\.journal, the list of workspaces, is missing/);
    assert(!existsSync(join(ground.dataDir, 'hub.journal')), 'looking makes no new one');
  });
});

describe('the clock', () => {
  it('is warned about when it is behind the journal', async (t) => {
    const ground = await openGround(t);
    const jumpingDate = fileURLToPath(new URL('../clock/jumping-date.ts', import.meta.url));
    const env = { NODE_OPTIONS: `--import ${jumpingDate}`, CLOCK_OFF_MS: String(3 * 3_600_000 + 60_000) };
    assert.equal((await ground.run(['task', 'add', 'From the future'], { env })).status, 0);
    const [found] = of(await examine(ground), 'clock');
    assert.deepEqual([found?.state, found?.mend], ['warn', 'sudo timedatectl set-ntp true']);
    assert.match(found?.what ?? '', /is [23] h behind the last entry/);
  });
});

describe('the workspace', () => {
  it('is bad when the one that is named is not there, which its command mends', async (t) => {
    const ground = await withBoard(t);
    const named = { args: ['--workspace', 'shop'] };
    const [found] = of(await examine(ground, 'work', named), 'workspace');
    assert.deepEqual([found?.state, found?.mend], ['bad', 'signalbox workspace add shop']);
    await ground.run(['workspace', 'add', 'shop']);
    assert.equal(of(await examine(ground, 'work', named), 'workspace')[0]?.state, 'good');
  });

  it('is bad when the git config does not name one, which its command mends', async (t) => {
    const ground = await withBoard(t);
    ground.repository('shop');
    ground.git('shop', 'config', 'signalbox.workspace', 'no name');
    const [found] = of(await examine(ground, 'shop'), 'workspace');
    assert.deepEqual([found?.state, found?.mend], ['bad', 'signalbox workspace use main']);
    await ground.run(['workspace', 'use', 'main'], { cwd: ground.at('shop') });
    assert.equal(of(await examine(ground, 'shop'), 'workspace')[0]?.state, 'good');
  });

  it('is bad when no workspace has the name in the git config, and good again when that is taken away', async (t) => {
    const ground = await withBoard(t);
    ground.repository('shop');
    await ground.arrive('shop');
    const noted = of(await examine(ground, 'shop'), 'workspace')[0];
    assert.match(noted?.what ?? '', /go to "shop", as the git config notes for this hub/);
    ground.git('shop', 'config', 'signalbox.workspace', 'gone');
    const [found] = of(await examine(ground, 'shop'), 'workspace');
    assert.equal(found?.state, 'bad');
    assert.match(found?.what ?? '', /signalbox\.workspace = "gone", and there is no workspace of that name/);
    ground.git('shop', '-c', `alias.mend=!${found?.mend ?? 'false'}`, 'mend');
    assert.equal((await ground.arrive('shop')).workspace, 'shop');
    assert.deepEqual(of(await examine(ground, 'shop'), 'workspace')[0], noted);
  });

  it('is bad in a worktree whose repository was moved, with the command that mends the link', async (t) => {
    const ground = await withBoard(t);
    ground.repository('shop');
    ground.git('shop', 'worktree', 'add', '--quiet', ground.at('tree'));
    renameSync(ground.at('shop'), ground.at('moved'));
    const [found] = of(await examine(ground, 'tree'), 'workspace');
    assert.deepEqual([found?.state, found?.mend], ['bad', `git worktree repair ${ground.at('tree')}`]);
    ground.git('moved', '-c', `alias.mend=!${found?.mend ?? 'false'}`, 'mend');
    assert.equal(of(await examine(ground, 'tree'), 'workspace')[0]?.state, 'good');
  });
});
