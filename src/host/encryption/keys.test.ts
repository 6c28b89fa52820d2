import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import type { Outcome } from '../../kernel/errors.ts';
import { keyOf } from '../../journal/cipher.ts';
import { addKey, newKey, writeNewFile } from './key-files.ts';
import { keyLine, readKeys } from './keys-text.ts';

const bytes = Buffer.from(Array.from({ length: 32 }, (_, i) => i * 8));
const [hex, base64, base64Url] = [
  bytes.toString('hex'),
  bytes.toString('base64'),
  bytes.toString('base64url'),
];

const idsIn = (text: string): readonly string[] => {
  const keys = readKeys(text, 'A test');
  assert(keys.ok, keys.ok ? '' : keys.message);
  return keys.value.map(({ id }) => id);
};

const messageOf = (outcome: Outcome<unknown>): string =>
  outcome.ok ? 'done' : `${outcome.code}: ${outcome.message}`;

const folderFor = (context: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-keys-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
};

describe('the text of keys', () => {
  it('has them in hex or base64, with names or without, on lines or with commas', () => {
    const { id } = keyOf(bytes);
    for (const text of [hex, base64, base64Url, String(hex).toUpperCase(), ` ${base64} \r\n# a remark\n\n`])
      assert.deepEqual(idsIn(String(text)), [id]);
    const two = newKey();
    assert.deepEqual(idsIn(`a:${hex}, ${two.line}`), [`a.${id}`, two.key.id]);
    assert.deepEqual(idsIn(`${two.line}# the one before\nold:${base64}\n`), [two.key.id, `old.${id}`]);
    assert.deepEqual(idsIn(keyLine('x', bytes)), [`x.${id}`]);
  });

  it('is refused with its line, and never repeated', () => {
    for (const [text, line] of [
      [`a:${hex}\nhunter2`, 2],
      [String(hex).slice(1), 1],
      [`${hex}0`, 1],
      [`a b:${hex}`, 1],
      [`:${hex}`, 1],
      [`a:b:${hex}`, 1],
      [`${base64},`, 1],
    ] as const) {
      const message = messageOf(readKeys(text, 'A test'));
      assert.match(message, new RegExp(`^invalid_input: A test, line ${line}: this is no key`), text);
      assert.doesNotMatch(message, /hunter2|[0-9a-f]{20}/);
    }
    assert.match(messageOf(readKeys('# nothing\n', 'A test')), /A test holds no key/);
  });
});

describe('a file of keys', () => {
  it('is made for its owner alone, and never written over', async (t) => {
    const path = join(folderFor(t), 'keys');
    assert.equal(messageOf(await writeNewFile(path, newKey().line)), 'done');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const before = readFileSync(path, 'utf8');
    assert.match(messageOf(await writeNewFile(path, 'x')), /^exists: .*never written over/);
    assert.equal(readFileSync(path, 'utf8'), before);
    assert.match(messageOf(await writeNewFile(join(path, 'x'), 'x')), /^storage_read_only: .*ENOTDIR/);
  });

  it('gets a new key in front and keeps the others, also behind a link', async (t) => {
    const folder = folderFor(t);
    const [path, link] = [join(folder, 'keys'), join(folder, 'link')];
    const [one, two, three] = [newKey(), newKey(), newKey()];
    writeFileSync(path, `# mine\n${one.line}`, { mode: 0o600 });
    symlinkSync(path, link);
    assert.equal(messageOf(await addKey(path, two)), 'done');
    assert.equal(messageOf(await addKey(link, three)), 'done');
    assert.equal(readFileSync(link, 'utf8'), `${three.line}${two.line}# mine\n${one.line}`);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('stays as it is where that cannot be done', async (t) => {
    const path = join(folderFor(t), 'keys');
    assert.match(messageOf(await addKey(path, newKey())), /^not_found: .*there is no file/);
    writeFileSync(path, 'no key\n', { mode: 0o600 });
    assert.match(messageOf(await addKey(path, newKey())), /^invalid_input: .*line 1/);
    const { line } = newKey();
    writeFileSync(path, line);
    chmodSync(path, 0o640);
    assert.match(messageOf(await addKey(path, newKey())), /^forbidden: .*chmod go=/);
    chmodSync(path, 0o600);
    writeFileSync(`${path}.new`, 'of another process');
    assert.match(
      messageOf(await addKey(path, newKey())),
      /^exists: .*being rotated, or that was interrupted/,
    );
    assert.equal(readFileSync(path, 'utf8'), line);
    assert.equal(readFileSync(`${path}.new`, 'utf8'), 'of another process');
  });
});
