/* Encrypting what is stored, and back: through any death of the process nothing is lost. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { newKey } from '../../src/host/encryption/key-files.ts';
import { takeCensus } from '../../src/host/encryption/census.ts';
import { Keyring, keyOf } from '../../src/journal/cipher.ts';
import { verify } from '../../src/journal/journal.ts';
import { type JournalName, workspaceJournal } from '../../src/journal/storage.ts';
import { sqliteStorage } from '../../src/stores/sqlite/storage.ts';
import { opened } from '../../src/testing/store-files.ts';
import { addTasks, callerOf } from '../../bench/board.ts';
import { runCut, runWords, stepsOf } from '../cli/cut-program.ts';
import { openWorkspaces } from '../race/workspaces.ts';
import { holding, openVault, stop } from './vault.ts';

const { key, line } = newKey();
const names: readonly JournalName[] = ['hub', workspaceJournal('main')];
const apply = ['encryption', 'apply'];

/** A data directory with a plain journal of so many tasks. */
const boardOf = async (context: TestContext, tasks: number): Promise<string> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-apply-'));
  context.after(() => rmSync(dataDir, { recursive: true }));
  const workspaces = await openWorkspaces(dataDir);
  await addTasks(callerOf(opened(await workspaces.get('main')).engine), tasks);
  await workspaces.close();
  return dataDir;
};

/** What all entries say, once each journal has been verified; how they are stored makes no difference. */
const contentOf = async (dataDir: string): Promise<readonly string[]> => {
  const storage = sqliteStorage({ dataDir });
  const texts: string[] = [];
  for (const name of names) {
    const store = opened(await storage.open(name, 'must-exist'));
    opened(await verify(store));
    const cipher = new Keyring([keyOf(key.bytes, key.id.split('.')[0])]).cipher(store.identity.id);
    for (const { seq, text } of await store.read(0, 100_000)) {
      const plain = cipher.open(text, seq);
      assert(typeof plain === 'string', `entry ${seq} of ${name}`);
      texts.push(plain);
    }
    await store.close();
  }
  return texts;
};

const plainIn = async (dataDir: string): Promise<readonly number[]> => {
  const storage = sqliteStorage({ dataDir });
  return Promise.all(names.map(async (name) => opened(await takeCensus(storage, name)).plain));
};

describe('encryption apply', () => {
  it('may be killed at any commit: what was there is there, and it goes on', async (t) => {
    process.env['SIGNALBOX_ENCRYPTION_KEY'] = line.trim();
    const dataDir = await boardOf(t, 1_200);
    const before = await contentOf(dataDir);
    assert(before.length > 1_200);
    const steps = await stepsOf({ dataDir }, apply);
    const commits = steps.filter((step) => step.includes('~encryption.journal'));
    assert(commits.length >= 8, steps.join(', '));
    assert.deepEqual(await contentOf(dataDir), before);
    assert.deepEqual(await plainIn(dataDir), [0, 0]);
    const back = await runWords({ dataDir }, [...apply, '--decrypt']);
    assert.equal(back.status, 0, back.err);
    assert.deepEqual(await contentOf(dataDir), before);
    for (const step of commits) {
      const cut = await runCut({ dataDir }, apply, { step, signal: 'SIGKILL' });
      if (cut.signal !== 'SIGKILL') assert.equal(cut.status, 0, cut.err);
      assert.deepEqual(await contentOf(dataDir), before, step);
    }
    const done = await runWords({ dataDir }, apply);
    assert.equal(done.status, 0, done.err);
    assert.deepEqual(await contentOf(dataDir), before);
    assert.deepEqual(await plainIn(dataDir), [0, 0]);
    assert.deepEqual(opened(await sqliteStorage({ dataDir }).names()).toSorted(), names.toSorted());
  });

  it('is refused while a hub runs, and without a key', async (t) => {
    const vault = await openVault(t);
    const plain = { SIGNALBOX_WORKSPACE: 'main' };
    const hub = await vault.serve(plain);
    await vault.call('task_add', { title: 'One' }, { env: plain });
    const busy = await vault.run(apply, { env: vault.env });
    assert.equal(busy.status, 4, busy.err);
    assert.match(busy.err, /A hub is at work on the data directory .*Nothing was changed/);
    await stop(hub);
    const keyless = await vault.run(apply, { env: plain });
    assert.equal(keyless.status, 4, keyless.err);
    assert.match(keyless.err, /No key for encryption is configured/);
    assert.equal((await vault.status()).of('workspaces/main')[vault.key], undefined);
  });

  it('is done once: a second time nothing is left to do; and what is new is encrypted', async (t) => {
    const vault = await openVault(t);
    await vault.call('task_add', { title: 'One' }, { env: { SIGNALBOX_WORKSPACE: 'main' } });
    assert.equal((await vault.run(apply, { env: vault.env })).status, 0);
    const again = await vault.run(apply, { env: vault.env });
    assert.match(again.out, /^workspaces\/main: \d+ entr\w+, which were so before$/m);
    await vault.call('task_add', { title: 'Two' });
    const listed = JSON.stringify(await vault.call('task_list', {}));
    assert.match(listed, /One.*Two|Two.*One/);
    assert.equal((await vault.status()).of('workspaces/main')['plain'], 0);
    const said = await vault.json([...apply, '--decrypt'], { env: vault.env });
    assert.deepEqual(
      Object(said).journals.map(({ changed }: { changed: boolean }) => changed),
      [true, true],
    );
    assert.deepEqual(Object.keys((await vault.status()).of('workspaces/main')), ['plain']);
  });
});

describe('encryption apply on a journal that was compacted', () => {
  it('encrypts what lies in archives as well, and names those of before until they are deleted', async (t) => {
    const vault = await openVault(t);
    const plain = { SIGNALBOX_WORKSPACE: 'main' };
    await vault.call('task_add', { title: 'Quinquereme', labels: ['quadrireme'] }, { env: plain });
    const { archives, archived } = z
      .object({ archives: z.array(z.string()), archived: z.number() })
      .parse(await vault.json(['compact', '--keep', '0'], { env: plain }));
    const folder = dirname(archives[0] ?? '');
    const left = [{ journal: 'workspaces/main', folder, entries: archived, plain: archived }];
    assert.deepEqual(Object(await vault.json(apply, { env: vault.env })).archives_left, left);
    const status = z.object({ archives_left: z.array(z.unknown()) });
    const told = async () =>
      status.parse(await vault.json(['encryption', 'status'], { env: vault.env })).archives_left;
    assert.deepEqual(await told(), left);
    assert.equal((await vault.status()).of('workspaces/main')['plain'], 0);
    const again = await vault.run(apply, { env: vault.env });
    assert(again.out.includes(`${archived} of them plain, lie in ${folder}`), again.out);
    assert.deepEqual(holding(vault.dataDir, 'quadrireme'), archives);
    rmSync(folder, { recursive: true });
    assert.deepEqual(await told(), []);
    await vault.json(['compact', '--keep', '0'], { env: vault.env });
    assert.deepEqual([await told(), holding(vault.dataDir, 'quadrireme')], [[], []]);
    assert.match(JSON.stringify(await vault.call('task_list', {})), /Quinquereme/);
  });
});
