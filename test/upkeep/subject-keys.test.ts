/* What upkeep does with the keys of personal text: nothing is lost with a backup or a move, and what is erased stays so. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { compiledOnce, main, mainOnly, openSite } from '../host/processes.ts';
import { tellHere } from '../cli/told-here.ts';
import { runAtTerminal } from '../terminal.ts';
import { addTasks, bad, good, openBoard, run, titles, titlesIn, verifyAll } from './kept.ts';

/** Another workspace has the text of another author. */
const erase = async (dataDir: string, workspace = 'main'): Promise<void> => {
  const { status, err } = await runAtTerminal({
    words: [process.execPath, main, 'erase', 'owner', '--workspace', workspace, '--data-dir', dataDir],
    env: { ...process.env, ...compiledOnce, ...mainOnly },
  });
  assert.equal(status, 0, err);
};

const erased = titles.map(() => '[erased]');

/** A board with its backup beside it. */
const openBackedUp = async (context: TestContext) => {
  const { dataDir } = await openBoard(context);
  const backup = join(dataDir, 'board.gz');
  await good(dataDir, 'backup', '--out', backup);
  return { dataDir, backup, keys: `${backup}.keys` };
};

describe('the keys beside a backup', () => {
  it('bring back every text elsewhere, and are a file of their own', async (t) => {
    const { backup, keys } = await openBackedUp(t);
    assert.equal(statSync(keys).mode & 0o777, 0o600);
    assert.doesNotMatch(readFileSync(keys, 'utf8'), /owner/);
    const { dataDir } = await openSite(t);
    await good(dataDir, 'restore', backup);
    assert.deepEqual(await titlesIn(dataDir), titles);
    assert.deepEqual(await titlesIn(dataDir, 'shop'), ['sell']);
    await tellHere(dataDir, addTasks(['seven']));
    assert.deepEqual(await titlesIn(dataDir), [...titles, 'seven']);
  });

  it('may be left out, or kept elsewhere', async (t) => {
    const { dataDir } = await openBackedUp(t);
    const bare = join(dataDir, 'bare.gz');
    const { out } = await run(dataDir, 'backup', '--out', bare, '--no-keys');
    assert.equal(JSON.parse(out).keys, null);
    assert(!existsSync(`${bare}.keys`));
    const place = await openSite(t);
    const { code, message } = await bad(place.dataDir, 'restore', bare);
    assert.equal(code, 'invalid_input');
    assert.match(message, /3 keys of personal text.*are missing.*--keys.*--without-keys/);
    assert(!existsSync(join(place.dataDir, 'hub.journal')));
    await good(place.dataDir, 'restore', bare, '--keys', join(dataDir, 'board.gz.keys'));
    assert.deepEqual(await titlesIn(place.dataDir), titles);
    const blank = await openSite(t);
    await good(blank.dataDir, 'restore', bare, '--without-keys');
    assert.deepEqual(await titlesIn(blank.dataDir), erased);
    await good(dataDir, 'restore', bare, '--yes');
    assert.deepEqual(await titlesIn(dataDir), titles, 'the keys that are in place do');
  });

  it('are refused when they are damaged, or of other journals, before anything is written', async (t) => {
    const { dataDir, backup, keys } = await openBackedUp(t);
    const other = await openBackedUp(t);
    const before = await verifyAll(dataDir);
    const whole = readFileSync(keys, 'utf8');
    const place = await openSite(t);
    const cases: readonly (readonly [string, string])[] = [
      ['journal_corrupt', whole.replace(/"secret":"./, '"secret":"_')],
      ['journal_corrupt', whole.slice(0, -20)],
      ['journal_corrupt', ''],
      ['invalid_input', readFileSync(other.keys, 'utf8')],
    ];
    for (const [code, text] of cases) {
      writeFileSync(keys, text);
      assert.equal((await bad(place.dataDir, 'restore', backup)).code, code);
      assert.equal((await bad(dataDir, 'restore', backup, '--yes')).code, code);
    }
    assert(!existsSync(join(place.dataDir, 'hub.journal')));
    assert.deepEqual(await verifyAll(dataDir), before);
  });
});

describe('text that was erased', () => {
  it('stays so when an older backup is restored over it, and that of others does not', async (t) => {
    const { dataDir, backup } = await openBackedUp(t);
    await erase(dataDir);
    await good(dataDir, 'restore', backup, '--yes');
    assert.deepEqual(await titlesIn(dataDir), erased);
    assert.deepEqual(await titlesIn(dataDir, 'shop'), ['sell']);
    writeFileSync(join(dataDir, 'workspaces', 'main.journal'), 'x'.repeat(8_192));
    await good(dataDir, 'restore', backup, '--yes', '--no-backup');
    assert.deepEqual(await titlesIn(dataDir), erased, 'also where the journal was damaged');
    const later = join(dataDir, 'later.gz');
    await good(dataDir, 'backup', '--out', later);
    const place = await openSite(t);
    await good(place.dataDir, 'restore', backup, '--keys', `${later}.keys`);
    assert.deepEqual(
      await titlesIn(place.dataDir),
      erased,
      'the keys of a later backup replace those of an older',
    );
    assert.deepEqual(await titlesIn(place.dataDir, 'shop'), ['sell']);
  });

  it('stays so when the journals are moved, also when it is erased between two attempts', async (t) => {
    const { dataDir } = await openBoard(t);
    const target = await openSite(t);
    const words = ['migrate', '--from', 'sqlite', '--to', 'sqlite', '--to-url', target.dataDir];
    await good(dataDir, ...words);
    assert.deepEqual(await titlesIn(target.dataDir), titles);
    assert.deepEqual(await titlesIn(target.dataDir, 'shop'), ['sell']);
    await erase(dataDir);
    await good(dataDir, ...words);
    assert.deepEqual(await titlesIn(target.dataDir), erased);
    assert.deepEqual(await titlesIn(target.dataDir, 'shop'), ['sell']);
  });
});

describe('signalbox reset', () => {
  it('leaves the keys where they are, and beside its backup, so that what it held can be brought back', async (t) => {
    const { dataDir } = await openBoard(t);
    const done = await run(dataDir, 'reset', '--workspace', 'main', '--yes');
    const before = String(JSON.parse(done.out).before);
    await tellHere(dataDir, addTasks(['new']));
    await good(dataDir, 'restore', before, '--yes');
    assert.deepEqual(await titlesIn(dataDir), titles);
    const place = await openSite(t);
    renameSync(`${before}.keys`, `${before}.aside`);
    assert.equal((await bad(place.dataDir, 'restore', before)).code, 'invalid_input');
    rmSync(`${before}.aside`);
  });
});
