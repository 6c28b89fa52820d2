import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { areas, initialSlices } from '../areas/index.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { keepBusy } from '../testing/busy-workspace.ts';
import { open } from '../testing/engine-harness.ts';
import { type Cipher, Keyring, keyOf } from './cipher.ts';
import { readSnapshot, writeSnapshot } from './snapshots.ts';

const identity = { id: 'journal', generation: 1 };
const cipherOf = (seed: string): Cipher =>
  new Keyring([keyOf(createHash('sha256').update(seed).digest())]).cipher(identity.id, 'snapshot');

/** A busy workspace, and a place for snapshots of it. */
const busy = async (context: TestContext) => {
  const { engine, clock } = await open(createMemoryVault(identity));
  await keepBusy(engine, clock);
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-sealed-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'journal.snapshot');
  return {
    engine,
    path,
    write: (cipher?: Cipher) => writeSnapshot(path, areas, { ...engine.snapshot(), cipher }),
    read: (cipher?: Cipher) => readSnapshot(path, areas, { initial: initialSlices, identity, cipher }),
    unusable: async (cipher?: Cipher): Promise<string | undefined> => {
      const found = await readSnapshot(path, areas, { initial: initialSlices, identity, cipher });
      return 'unusable' in found ? found.unusable : undefined;
    },
  };
};

/** A file with another checksum at its end, as somebody makes it who has no key. */
const resealed = (text: string): string =>
  `${text}${JSON.stringify({ sha256: createHash('sha256').update(text).digest('hex') })}\n`;

describe('an encrypted snapshot', () => {
  it('holds nothing in plain text but its header, and gives the state back', async (t) => {
    const { engine, path, write, read } = await busy(t);
    await write(cipherOf('key'));
    const found = await read(cipherOf('key'));
    assert(!('unusable' in found));
    assert.deepEqual(
      [...found.slices.tasks.tasks.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      [...engine.slices.tasks.tasks.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
    assert.deepEqual(found.requests, engine.snapshot().requests);
    const text = readFileSync(path, 'utf8');
    for (const { title } of engine.slices.tasks.tasks.values()) assert(!text.includes(title), title);
    for (const line of text.trim().split('\n').slice(1))
      assert.match(line, /^\{"enc":1,"key":"\w{8}","data":"/);
  });

  it('is of no use without its key, with another, or when it was changed', async (t) => {
    const { path, write, unusable } = await busy(t);
    await write(cipherOf('key'));
    assert.equal(await unusable(), 'it is encrypted');
    assert.match((await unusable(cipherOf('other'))) ?? '', /a key that is not here/);
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    const [header = '', first = '', second = '', ...rest] = lines;
    const end = rest.pop() ?? '';
    for (const changed of [
      [header, second, first, ...rest, end],
      [header, second, ...rest, end],
      [header.replace('"seq":', '"seq":1'), first, second, ...rest, end],
      [header, first.replace(/.(?=.{9}$)/, (letter) => (letter === 'A' ? 'B' : 'A')), second, ...rest, end],
    ]) {
      assert.notDeepEqual(changed, lines);
      writeFileSync(path, changed.map((line) => `${line}\n`).join(''));
      assert.match((await unusable(cipherOf('key'))) ?? '', /^it is damaged/);
    }
    writeFileSync(path, resealed([header, first, ...rest].map((line) => `${line}\n`).join('')));
    assert.equal(await unusable(cipherOf('key')), 'it is not encrypted');
  });

  it('takes the place of a plain one, which does not stay there', async (t) => {
    const { path, write, unusable } = await busy(t);
    await write();
    writeFileSync(`${path}.tmp`, 'half of another');
    assert.equal(await unusable(), undefined);
    assert.equal(await unusable(cipherOf('key')), 'it is not encrypted');
    assert.deepEqual([existsSync(path), existsSync(`${path}.tmp`)], [false, false]);
    await write(cipherOf('key'));
    assert.equal(await unusable(cipherOf('key')), undefined);
  });
});
