/* An `encryption apply` that came to no end: what it left is no journal to anybody, and holds no text and no key that should be gone. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { newKey } from '../../src/host/encryption/key-files.ts';
import { readKeys } from '../../src/host/encryption/keys-text.ts';
import { encryptionDraftOf } from '../../src/host/upkeep/drafts.ts';
import { type SubjectKey, takeOverKeys } from '../../src/journal/subject-keys.ts';
import { present } from '../../src/kernel/assert.ts';
import { type JournalName, workspaceJournal } from '../../src/journal/storage.ts';
import { journalFile } from '../../src/stores/sqlite/storage.ts';
import { SqliteSubjectKeys } from '../../src/stores/sqlite/subject-keys.ts';
import { opened } from '../../src/testing/store-files.ts';
import { runCut, stepsOf } from '../cli/cut-program.ts';
import { type Vault, openVault } from './vault.ts';

const main = workspaceJournal('main');
const apply = ['encryption', 'apply'];

const filesIn = ({ dataDir }: Vault): readonly string[] =>
  readdirSync(join(dataDir, 'workspaces')).toSorted();

/** The keys of the file but one, as the environment says them. */
const lineWithout = ({ keyFile }: Vault, id: string): string =>
  readFileSync(keyFile, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => opened(readKeys(line, keyFile))[0]?.id !== id)
    .join(',');

const keyed = (key: string) => ({ SIGNALBOX_ENCRYPTION_KEY: key, SIGNALBOX_WORKSPACE: 'main' });

/** A vault whose plain journals were about to be encrypted when the process was killed. */
const openKilled = async (context: TestContext, words = apply): Promise<Vault> => {
  const vault = await openVault(context);
  process.env['SIGNALBOX_ENCRYPTION_KEY'] = vault.env['SIGNALBOX_ENCRYPTION_KEY'];
  const where = { dataDir: vault.dataDir };
  const plain = words === apply;
  await vault.call('task_add', { title: 'Thylacine' }, plain ? { env: { SIGNALBOX_WORKSPACE: 'main' } } : {});
  const steps = await stepsOf(where, words);
  const step = present(
    steps.filter((one) => one.includes('main~encryption.journal')).at(-1),
    'a draft is written',
  );
  await stepsOf(where, plain ? [...apply, '--decrypt'] : apply);
  const cut = await runCut(where, words, { step, signal: 'SIGKILL' });
  assert.equal(cut.signal, 'SIGKILL', cut.err);
  assert(filesIn(vault).includes('main~encryption.journal'), filesIn(vault).join(' '));
  return vault;
};

describe('an encryption apply with keys that do not do', () => {
  it('leaves nothing, and what is erased after it is erased', async (t) => {
    const vault = await openVault(t);
    await vault.call('start', { agent: 'zoe' }, { agent: 'zoe' });
    await vault.call('task_add', { title: 'Thylacine title' }, { agent: 'zoe' });
    const before = filesIn(vault);
    const refused = await vault.run(apply, { env: keyed(newKey().line.trim()) });
    assert.equal(refused.status, 6, refused.err);
    assert.match(
      refused.err,
      new RegExp(`encrypted: \\d+ entries with ${vault.key}; .* has only .*Nothing was changed`),
    );
    assert.deepEqual(filesIn(vault), before);
    const erased = await vault.person(['erase', 'zoe'], { env: vault.env });
    assert.equal(erased.status, 0, erased.err);
    assert.doesNotMatch(JSON.stringify(await vault.call('task_list', {})), /Thylacine/);
  });

  it('is refused with one key of two before any entry is decrypted', async (t) => {
    const vault = await openVault(t);
    const first = vault.key;
    await vault.call('task_add', { title: 'Thylacine' });
    assert.equal((await vault.run(['encryption', 'rotate'], { env: vault.env })).status, 0);
    await vault.call('task_add', { title: 'Wallaby' });
    const before = filesIn(vault);
    const { active } = await vault.status();
    for (const missing of [first, present(active ?? undefined, 'there is a key')]) {
      const kept = lineWithout(vault, missing);
      const refused = await vault.run([...apply, '--decrypt'], { env: keyed(kept) });
      assert.match(refused.err, new RegExp(`entr\\w+ with ${missing}; .*Nothing was changed`));
      assert.deepEqual(filesIn(vault), before);
    }
    assert.equal((await vault.run([...apply, '--decrypt'], { env: vault.env })).status, 0);
    assert.deepEqual((await vault.status()).of('workspaces/main'), { plain: 2 });
  });

  it('needs none to make plain what is plain', async (t) => {
    const vault = await openVault(t);
    const none = { SIGNALBOX_WORKSPACE: 'main' };
    await vault.call('task_add', { title: 'Thylacine' }, { env: none });
    const done = await vault.run([...apply, '--decrypt'], { env: none });
    assert.match(done.out, /^workspaces\/main: \d+ entr\w+, which were so before$/m);
    assert.equal((await vault.run(apply, { env: vault.env })).status, 0);
    const refused = await vault.run([...apply, '--decrypt'], { env: none });
    assert.match(refused.err, /No key for encryption is configured/);
  });
});

describe('what an encryption apply left that was killed', () => {
  it('is in no backup and no copy, and is named by status and doctor until it is finished', async (t) => {
    const vault = await openKilled(t);
    const { env } = vault;
    const run = async (...words: string[]): Promise<string> => {
      const { status, out, err } = await vault.run(words, { env });
      assert.equal(status, 0, `${words.join(' ')}: ${err}${out}`);
      return out;
    };
    assert.match(
      await run('backup', '--out', join(vault.home, 'board.gz')),
      /2 journals, read again and good/,
    );
    const there = join(vault.home, 'there');
    assert.match(await run('migrate', '--from', 'sqlite', '--to', 'sqlite', '--to-url', there), /2 journals/);
    assert.doesNotMatch(readdirSync(join(there, 'workspaces')).join(' '), /~/);
    const draft = /main~encryption.*apply.* was broken off/;
    assert.match(await run('encryption', 'status'), draft);
    assert.match(await run('doctor'), /^warn +journals +workspaces\/main~encryption\.journal: .*broken off/m);
    await run(...apply);
    assert.doesNotMatch(await run('encryption', 'status'), /broken off/);
    assert(!filesIn(vault).some((file) => file.includes('~')));
  });

  it('has no keys of personal text; where an older version put them, they are destroyed with the others', async (t) => {
    const vault = await openKilled(t);
    assert(!filesIn(vault).includes('main~encryption.journal.keys'), filesIn(vault).join(' '));
    const keysOf = (name: JournalName) => new SqliteSubjectKeys(`${journalFile(vault.dataDir, name)}.keys`);
    const drafted = keysOf(encryptionDraftOf(main));
    await takeOverKeys(drafted, await keysOf(main).load());
    const living = async (): Promise<readonly SubjectKey[]> =>
      (await drafted.load()).filter(({ secret }) => secret !== undefined);
    assert.equal((await living()).length, 1);
    const erased = await vault.person(['erase', 'owner'], { env: vault.env });
    assert.equal(erased.status, 0, erased.err);
    assert.match(erased.out, /destroyed as well in:\n- .*main~encryption\.journal\n/);
    assert.deepEqual(await living(), []);
    assert.equal((await vault.run(apply, { env: vault.env })).status, 0);
    assert.match(JSON.stringify(await vault.call('task_list', {})), /\[erased\]/);
  });
});
