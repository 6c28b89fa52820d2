import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { StoreFailure } from '../../journal/store.ts';
import { subjectKeysContract } from '../../testing/subject-keys.contract.ts';
import { SqliteSubjectKeys } from './subject-keys.ts';

const folders = new WeakMap<TestContext, string>();

const folderOf = (context: TestContext): string => {
  const known = folders.get(context);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-'));
  folders.set(context, folder);
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const pathIn = (context: TestContext): string => join(folderOf(context), 'main.journal.keys');

subjectKeysContract('sqlite', {
  create: async (context) => {
    const path = pathIn(context);
    return async () => new SqliteSubjectKeys(path);
  },
  bytes: async (context) => {
    const folder = folderOf(context);
    return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
  },
});

const fresh = (id: string) => ({ id, subject: { principal: 'owner' }, secret: randomBytes(32) });

test('the file is made with the first key, for its owner only, and nothing is left beside it', async (context) => {
  const path = pathIn(context);
  const keys = new SqliteSubjectKeys(path);
  await keys.load();
  await keys.retire({ principal: 'owner' });
  assert.ok(!existsSync(path));
  await keys.ensure([fresh('1')]);
  if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folderOf(context)), ['main.journal.keys']);
});

test('a file that was only begun by a process that died is taken on', async (context) => {
  const path = pathIn(context);
  writeFileSync(path, '', { mode: 0o600 });
  const keys = new SqliteSubjectKeys(path);
  assert.deepEqual(await keys.load(), []);
  assert.equal((await keys.ensure([fresh('1')]))[0]?.id, '1');
});

test('keys that cannot be read are a refusal that does not give up the journal, and the file stays', async (context) => {
  const path = pathIn(context);
  writeFileSync(path, 'x'.repeat(5_000));
  const keys = new SqliteSubjectKeys(path);
  const failed = (thrown: unknown) =>
    thrown instanceof StoreFailure && thrown.refusal.code === 'storage_failed';
  await assert.rejects(keys.load(), failed);
  await assert.rejects(keys.ensure([fresh('1')]), failed);
  assert.equal(readFileSync(path, 'utf8'), 'x'.repeat(5_000));
});
