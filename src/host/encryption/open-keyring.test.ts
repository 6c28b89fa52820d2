import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import type { Log } from '../../engine/log.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { CollectedLog } from '../../testing/collected-log.ts';
import { type Secret, secretIn } from '../secrets/secret.ts';
import { encryptionKeyForm } from '../configuration/forms.ts';
import { addKey, newKey } from './key-files.ts';
import { openKeyring } from './open-keyring.ts';

/** Keys that a command would look up; each look finds the next. */
const lookedUp = (texts: readonly Outcome<string>[]) => {
  const left = [...texts];
  const look = async (): Promise<Outcome<string>> => left.shift() ?? refuse('not_found', 'nothing is left');
  const secret: Secret = { place: 'A test', runsProgram: true, text: look, again: look };
  return { secret, left };
};

const opened = async (secret: Secret, log: Log = new CollectedLog()) => {
  const keyring = await openKeyring(secret, log);
  assert(keyring.ok && keyring.value !== undefined);
  return keyring.value;
};

/** A file with one key, as the configuration names it. */
const keyFile = (context: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-ring-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'keys');
  const first = newKey();
  writeFileSync(path, first.line, { mode: 0o600 });
  const said = { text: 'file:keys', literal: false, place: 'A test', folder, form: encryptionKeyForm };
  return { path, first, secret: secretIn(said, {}) };
};

describe('the keys of a process', () => {
  it('are none where none were given, and refused where they are no keys', async () => {
    assert.deepEqual(await openKeyring(undefined, new CollectedLog()), ok(undefined));
    const odd = await openKeyring(lookedUp([ok('hunter2')]).secret, new CollectedLog());
    assert(!odd.ok && odd.code === 'invalid_input');
  });

  it('are looked up once more for one that is missing, and not again at once', async () => {
    const [first, second, third] = [newKey(), newKey(), newKey()];
    const { secret, left } = lookedUp([
      ok(first.line),
      ok(first.line),
      ok(second.line + first.line),
      refuse('not_found', 'the vault is locked'),
    ]);
    const log = new CollectedLog();
    const { ring } = await opened(secret, log);
    assert.equal(await ring.learn(second.key.id), false);
    assert.equal(await ring.learn(second.key.id), false);
    assert.equal(left.length, 2, 'whoever sits there is not asked at every call');
    assert.equal(await ring.learn(third.key.id), false);
    assert.deepEqual([ring.active, ring.ids], [second.key.id, [second.key.id, first.key.id]]);
    assert.equal(await ring.learn('another'), false);
    assert.deepEqual([left.length, ring.active], [0, second.key.id]);
    assert.match(log.warnings.join(), /the vault is locked/);
  });

  it('are looked up once for all who miss one at the same time', async () => {
    const [first, second] = [newKey(), newKey()];
    const { secret, left } = lookedUp([ok(first.line), ok(second.line + first.line)]);
    const { ring } = await opened(secret);
    const learnt = await Promise.all([ring.learn(second.key.id), ring.learn(second.key.id)]);
    assert.deepEqual([learnt, left.length], [[true, true], 0]);
  });

  it('are taken up from their file when it changes', async (t) => {
    const { path, first, secret } = keyFile(t);
    const { promise: changed, resolve } = Promise.withResolvers<void>();
    class Hearing extends CollectedLog {
      override readonly info = (): void => resolve();
    }
    const { ring, close } = await opened(secret, new Hearing());
    assert.equal(ring.active, first.key.id);
    const second = newKey();
    assert((await addKey(path, second)).ok);
    await changed;
    close();
    assert.deepEqual(ring.ids, [second.key.id, first.key.id]);
  });
});
