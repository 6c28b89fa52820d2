import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { makeTokenFile, readTokenFile, tokenFileIn } from '../../host/access/token-file.ts';
import { newTokenText } from '../../host/access/token-text.ts';

const openFolder = async (context: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-token-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
};

const leave = (path: string): Promise<void> => writeFile(path, `${newTokenText()}\n`, { mode: 0o600 });

const saidOf = async (folder: string): Promise<string> => {
  const read = await readTokenFile(folder);
  return read.ok ? 'taken' : `${read.code}: ${read.message}`;
};

const isRoot = process.getuid?.() === 0;
const others = 12_345;

describe('AC52 the token of the owner', () => {
  it('is the one that was left there', async (t) => {
    const folder = await openFolder(t);
    assert.deepEqual(await readTokenFile(folder), { ok: true, value: undefined });
    const made = await makeTokenFile(folder);
    assert.ok(made.ok);
    assert.deepEqual(await readTokenFile(folder), made);
    assert.deepEqual(await makeTokenFile(folder), made, 'also where another start was faster');
  });

  it('is there as a whole or not at all: hubs that start at once, or die meanwhile, leave no empty one', async (t) => {
    const folder = await openFolder(t);
    const [first, second] = await Promise.all([makeTokenFile(folder), makeTokenFile(folder)]);
    assert.ok(first.ok);
    assert.deepEqual(second, first, 'whichever was faster');
    assert.deepEqual(await readdir(folder), ['token']);
    await rm(tokenFileIn(folder));
    // Writing ends this process, or fails, once the file is begun.
    const source = new URL('../../host/access/token-file.ts', import.meta.url).href;
    const make = `import(${JSON.stringify(source)}).then((file) => file.makeTokenFile(${JSON.stringify(folder)}))`;
    spawnSync('sh', ['-c', 'ulimit -f 0; exec "$0" -e "$1"', process.execPath, make], {
      env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
    });
    assert.deepEqual(await readTokenFile(folder), { ok: true, value: undefined });
    assert.ok((await makeTokenFile(folder)).ok);
  });

  it('is no link, no file of another user, and nothing but a file', async (t) => {
    const folder = await openFolder(t);
    const path = tokenFileIn(folder);
    await leave(join(folder, 'planted'));
    await symlink(join(folder, 'planted'), path);
    assert.match(await saidOf(folder), /^invalid_input: \S+token, .* is a link, .*SIGNALBOX_TOKEN=file:PATH/);
    assert.equal((await makeTokenFile(folder)).ok, false);
    await rm(path);
    await mkdir(path);
    assert.match(await saidOf(folder), /^invalid_input: .* is no file\. Remove it/);
    await rm(path, { recursive: true });
    assert.equal(spawnSync('sh', ['-c', 'mkfifo -m 600 "$0"', path]).status, 0);
    assert.match(
      await saidOf(folder),
      /^invalid_input: .* is no file\. Remove it/,
      'without waiting for who writes',
    );
    await rm(path);
    await leave(path);
    assert.equal(await saidOf(folder), 'taken');
    // Nobody but root can give a file away; everybody else can only be taken for another user.
    if (isRoot) await chown(path, others, others);
    const { getuid } = process;
    t.after(() => Object.assign(process, { getuid }));
    if (!isRoot) Object.assign(process, { getuid: () => others });
    assert.match(await saidOf(folder), /^invalid_input: .* belongs to another user \(uid \d+\)/);
  });
});
