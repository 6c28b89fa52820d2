import assert from 'node:assert/strict';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readHubFile, removeHubFile, writeHubFile } from './hub-file.ts';

const hub = { id: 'hub-4', url: 'http://127.0.0.1:4000/', pid: 4000 };
const other = { id: 'hub-5', url: 'http://127.0.0.1:5000/', pid: 5000 };

const directoryFor = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

test('the file of a hub says where it is, to its owner alone', async (context) => {
  const directory = directoryFor(context);
  assert.equal(await readHubFile(directory), undefined);
  await writeHubFile(directory, hub);
  assert.deepEqual(await readHubFile(directory), hub);
  assert.equal(statSync(join(directory, 'hub.json')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), ['hub.json'], 'no draft stays behind');
});

test('it is replaced at once: whoever has opened the old one reads all of it', async (context) => {
  const directory = directoryFor(context);
  const path = join(directory, 'hub.json');
  await writeHubFile(directory, hub);
  const before = openSync(path, 'r');
  context.after(() => closeSync(before));
  await writeHubFile(directory, other);
  assert.deepEqual(JSON.parse(readFileSync(before, 'utf8')), hub);
  assert.deepEqual(await readHubFile(directory), other);
  await Promise.all([writeHubFile(directory, hub), writeHubFile(directory, other)]);
  const last = await readHubFile(directory);
  assert.ok(last?.pid === hub.pid || last?.pid === other.pid);
  assert.deepEqual(readdirSync(directory), ['hub.json']);
});

test('a draft left by a crash is overwritten', async (context) => {
  const directory = directoryFor(context);
  writeFileSync(join(directory, `hub.json.${hub.pid}.tmp`), 'cut o', { mode: 0o600 });
  await writeHubFile(directory, hub);
  assert.deepEqual(await readHubFile(directory), hub);
  assert.equal(statSync(join(directory, 'hub.json')).mode & 0o777, 0o600);
});

test('only the hub that wrote it takes it away', async (context) => {
  const directory = directoryFor(context);
  await removeHubFile(directory, hub.pid);
  await writeHubFile(directory, hub);
  await removeHubFile(directory, other.pid);
  assert.deepEqual(await readHubFile(directory), hub);
  await writeHubFile(directory, other);
  await removeHubFile(directory, hub.pid);
  assert.deepEqual(await readHubFile(directory), other);
  await removeHubFile(directory, other.pid);
  assert.deepEqual(readdirSync(directory), []);
});

test('what is not such a file reads as no hub', async (context) => {
  const directory = directoryFor(context);
  const garbage = [
    '',
    '{"url":"http://127.0.0.1:40',
    'null',
    '[]',
    '{}',
    '{"url":"http://127.0.0.1:4000/","pid":1}',
    '{"id":"hub-4","url":"nowhere","pid":1}',
    '{"id":"hub-4","url":"http://127.0.0.1:4000/","pid":"4000"}',
    '{"id":"hub-4","url":"http://127.0.0.1:4000/","pid":1.5}',
  ];
  for (const text of garbage) {
    writeFileSync(join(directory, 'hub.json'), text);
    assert.equal(await readHubFile(directory), undefined, text);
    await removeHubFile(directory, hub.pid);
  }
  await writeHubFile(directory, hub);
  assert.deepEqual(await readHubFile(directory), hub);
});
