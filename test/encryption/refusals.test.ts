/* What is refused with encryption, in words that help, and without anything being changed. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { newKey } from '../../src/host/encryption/key-files.ts';
import { type Vault, openVault, stop } from './vault.ts';

const none = { SIGNALBOX_WORKSPACE: 'main' };

/** The journals byte by byte. */
const journalsOf = ({ dataDir }: Vault): readonly string[] =>
  readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.journal'))
    .toSorted()
    .map((name) => `${name} ${readFileSync(join(dataDir, name)).toString('base64')}`);

describe('an encrypted journal', () => {
  it('is opened by nobody without its key, and says which it is and what to do', async (t) => {
    const vault = await openVault(t);
    await vault.call('task_add', { title: 'Hidden' });
    const before = journalsOf(vault);
    const other = newKey();
    for (const [env, why] of [
      [none, /this process has no key/],
      [{ ...none, SIGNALBOX_ENCRYPTION_KEY: other.line.trim() }, new RegExp(`only has ${other.key.id}`)],
    ] as const) {
      for (const words of [
        ['task', 'list'],
        ['serve', '--port', '0'],
      ]) {
        const { status, err } = await vault.run(words, { env });
        assert.equal(status, 6, err);
        assert.match(err, new RegExp(`Entry 1 of the journal is encrypted with the key ${vault.key}`));
        assert.match(err, why);
        assert.match(err, /SIGNALBOX_ENCRYPTION_KEY.*signalbox encryption status/);
      }
    }
    assert.deepEqual(journalsOf(vault), before);
    const listed = await vault.call('task_list', {});
    assert.match(JSON.stringify(listed), /Hidden/);
  });

  it('is verified and counted without it, and by a hub that has it everything goes on', async (t) => {
    const vault = await openVault(t);
    await vault.call('task_add', { title: 'Hidden' });
    for (const words of [['verify'], ['verify', '--of', 'hub']]) {
      const { status, out, err } = await vault.run(words, { env: none });
      assert.equal(status, 0, err);
      assert.match(out, /all good; the chain ends in/);
    }
    const status = await vault.status(none);
    assert.equal(status.active, null);
    assert.deepEqual(Object.keys(status.of('workspaces/main')), ['plain', vault.key]);
    const shown = await vault.run(['encryption', 'status'], { env: none });
    assert.match(shown.out, /^No key is configured/);
    assert.match(
      shown.out,
      new RegExp(`^workspaces/main: .*0 plain, \\d+ encrypted with ${vault.key}, which is not here$`, 'm'),
    );
    const examined = await vault.run(['doctor'], { env: none });
    assert.match(examined.out, /is encrypted with the key[^]*signalbox encryption status/);
    const hub = await vault.serve();
    const audited = await vault.call('audit_query', {});
    assert.match(JSON.stringify(audited), /tasks\.added/);
    assert.equal((await vault.run(['task', 'list'], { env: none })).status, 0, 'the hub has the key');
    await stop(hub);
  });

  it('shows entries of a process without the key, which began before there was one', async (t) => {
    const vault = await openVault(t);
    await vault.call('task_add', { title: 'Plain' }, { env: none });
    assert.deepEqual(Object.keys((await vault.status()).of('workspaces/main')), ['plain']);
    const listed = await vault.call('task_list', {});
    assert.match(JSON.stringify(listed), /Plain/);
    await vault.call('task_add', { title: 'Hidden' });
    const { of } = await vault.status();
    assert(Number(of('workspaces/main')['plain']) > 0);
    assert.equal(of('workspaces/main')[vault.key], 1);
    const shown = await vault.run(['encryption', 'status'], { env: vault.env });
    assert.match(shown.out, /signalbox encryption apply encrypts it/);
  });
});

describe('a key that cannot be had', () => {
  it('does not keep encryption status from telling what is encrypted with which; a hub tells with which it does', async (t) => {
    const vault = await openVault(t);
    const hub = await vault.serve();
    assert.match(
      await hub.says('Ctrl-C'),
      new RegExp(`^What is new is encrypted with key ${vault.key.replace('.', '\\.')}\\.$`, 'm'),
    );
    await stop(hub);
    const lost = { ...none, SIGNALBOX_ENCRYPTION_KEY: 'file:/nowhere/keys' };
    const { status, out, err } = await vault.run(['encryption', 'status'], { env: lost });
    assert.equal(status, 0, err);
    assert.match(out, /^The key that is configured cannot be had: .*there is no file \/nowhere\/keys/);
    assert.match(
      out,
      new RegExp(`^hub: .*0 plain, \\d+ encrypted with ${vault.key}, which is not here$`, 'm'),
    );
    const told = await vault.json(['encryption', 'status'], { env: lost });
    assert.match(String(Object(told).fault), /there is no file/);
    const bare = await vault.serve({
      SIGNALBOX_WORKSPACE: 'main',
      SIGNALBOX_DATA_DIR: join(vault.home, 'bare'),
    });
    assert.doesNotMatch(await bare.says('Ctrl-C'), /encrypted/);
    await stop(bare);
  });
});

describe('keys', () => {
  it('are refused where others can read them, where they are none, and where there are none', async (t) => {
    const vault = await openVault(t);
    const list = (env: Readonly<Record<string, string>>) => vault.run(['task', 'list'], { env });
    chmodSync(vault.keyFile, 0o644);
    const open = await list(vault.env);
    assert.equal(open.status, 5, open.err);
    assert.match(open.err, /others than its owner have a right to .*keys \(mode 0644\)\. Run chmod go=/);
    const empty = await list({ ...none, SIGNALBOX_ENCRYPTION_KEY: '' });
    assert.equal(empty.status, 2, empty.err);
    assert.match(empty.err, /SIGNALBOX_ENCRYPTION_KEY is set and empty/);
    const absent = await list({ ...none, SIGNALBOX_ENCRYPTION_KEY: 'file:/nowhere/keys' });
    assert.match(absent.err, /SIGNALBOX_ENCRYPTION_KEY: there is no file \/nowhere\/keys/);
    const odd = await list({ ...none, SIGNALBOX_ENCRYPTION_KEY: 'hunter2' });
    assert.match(odd.err, /SIGNALBOX_ENCRYPTION_KEY, line 1: this is no key/);
    assert.doesNotMatch(odd.err, /hunter2/);
    const failed = await list({ ...none, SIGNALBOX_ENCRYPTION_KEY: 'cmd:exit 3' });
    assert.match(failed.err, /ended with exit code 3/);
    assert.throws(() => statSync(join(vault.dataDir, 'hub.journal')), /ENOENT/, 'nothing was begun');
  });

  it('are found in the environment, in a file, and by a command', async (t) => {
    const vault = await openVault(t);
    await vault.call('task_add', { title: 'Hidden' });
    const line = readFileSync(vault.keyFile, 'utf8').trim();
    const [, key = ''] = line.split(':');
    const name = line.slice(0, line.indexOf(':'));
    for (const said of [
      line,
      `${name}:${Buffer.from(key, 'base64').toString('hex')}`,
      `${newKey().line.trim()},${line}`,
      `cmd:cat ${vault.keyFile}`,
      '${KEPT}',
    ]) {
      const env = { ...none, SIGNALBOX_ENCRYPTION_KEY: said, KEPT: line };
      assert.match(JSON.stringify(await vault.call('task_list', {}, { env })), /Hidden/, said);
    }
    const shown = await vault.run(['config'], { env: { ...none, SIGNALBOX_ENCRYPTION_KEY: line } });
    assert.match(shown.out, /^encryption-key +\*\*\* /m);
    assert(!shown.out.includes(key));
  });

  it('are made and rotated only where nothing is written over, and shown by their ids alone', async (t) => {
    const vault = await openVault(t);
    const path = join(vault.home, 'new');
    const printed = await vault.run(['encryption', 'generate-key']);
    assert.match(printed.out, /^\d{8}:[A-Za-z0-9+/]{43}=\n$/);
    const made = await vault.run(['encryption', 'generate-key', '--out', path]);
    assert.equal(made.status, 0, made.err);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const [, key = ''] = readFileSync(path, 'utf8').trim().split(':');
    assert(!made.out.includes(key));
    const again = await vault.run(['encryption', 'generate-key', '--out', path]);
    assert.equal(again.status, 4, again.err);
    assert.match(again.err, /never written over/);
    const rotated = await vault.run(['encryption', 'rotate'], { env: vault.env });
    assert.equal(rotated.status, 0, rotated.err);
    const { active, keys } = await vault.status();
    assert.deepEqual([keys.length, keys[0], keys[1]], [2, active, vault.key]);
    assert.equal(readFileSync(vault.keyFile, 'utf8').trim().split('\n').length, 2);
    for (const line of readFileSync(vault.keyFile, 'utf8').trim().split('\n'))
      assert(!rotated.out.includes(line.split(':')[1] ?? ''));
    const nothing = await vault.run(['encryption', 'rotate'], { env: none });
    assert.match(nothing.err, /No key for encryption is configured/);
    const elsewhere = await vault.run(['encryption', 'rotate'], {
      env: { ...none, SIGNALBOX_ENCRYPTION_KEY: printed.out.trim() },
    });
    assert.match(elsewhere.err, /SIGNALBOX_ENCRYPTION_KEY says its keys itself .*in front of the others/);
  });
});
