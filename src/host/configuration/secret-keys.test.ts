/* What may be said of a key that is a secret, and how it is shown. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import type { Outcome } from '../../kernel/errors.ts';
import { type Configuration, readConfiguration } from './configuration.ts';
import { flagKeyNames, keyNames, keys, memberOf } from './keys.ts';
import { shownKeys } from './shown.ts';

const openPlace = (context: TestContext) => {
  const home = mkdtempSync(join(tmpdir(), 'signalbox-secret-keys-'));
  context.after(() => rmSync(home, { recursive: true }));
  mkdirSync(join(home, '.config', 'signalbox'), { recursive: true });
  return {
    own: (text: string) => writeFileSync(join(home, '.config', 'signalbox', 'signalbox.yaml'), text),
    read: (env: NodeJS.ProcessEnv = {}): Promise<Outcome<Configuration>> =>
      readConfiguration({}, { env: { HOME: home, ...env }, cwd: home }),
  };
};

const messageOf = (outcome: Outcome<unknown>): string => (outcome.ok ? '' : outcome.message);

const secretKeys = keyNames.filter((name) => keys[name].secret === true);

/** What has to look like an address. */
const samples: Readonly<Record<string, string>> = {
  'postgres-url': 'postgres://me:hunter2@db.example/board',
  'redis-url': 'redis://me:hunter2@redis.example',
};

describe('the key for encryption', () => {
  it('is refused as an empty variable, which other keys may be: then everything would be plain', async (t) => {
    const place = openPlace(t);
    place.own('encryption_key: file:~/keys\n');
    for (const name of secretKeys) {
      const read = await place.read({ [keys[name].variable]: '' });
      assert.equal(read.ok, name !== 'encryption-key', name);
      if (!read.ok) assert.match(read.message, /^SIGNALBOX_ENCRYPTION_KEY is set and empty, .*unset it\.$/);
    }
  });
});

describe('a key that is a secret', () => {
  for (const name of secretKeys) {
    const { variable } = keys[name];

    it(`is said by a reference, which is shown: ${name}`, async (t) => {
      const place = openPlace(t);
      const shownAs = async (env?: NodeJS.ProcessEnv): Promise<unknown> => {
        const read = await place.read(env);
        assert(read.ok, messageOf(read));
        return shownKeys(read.value).find(({ key }) => key === name)?.value;
      };
      for (const reference of ['${ELSEWHERE}', 'file:~/x', 'cmd:pass show "x y"', 'op://a/b c/d']) {
        place.own('');
        assert.equal(await shownAs({ [variable]: reference }), reference);
        place.own(`${memberOf(name)}: ${reference}\n`);
        assert.equal(await shownAs(), reference);
      }
    });

    it(`may be said itself in the environment, and is not shown: ${name}`, async (t) => {
      const place = openPlace(t);
      const read = await place.read({ [variable]: samples[name] ?? 'hunter2' });
      assert(read.ok, messageOf(read));
      const whole = JSON.stringify([[...read.value.values], read.value.settings, shownKeys(read.value)]);
      assert.match(whole, /"\*\*\*"/);
      assert.doesNotMatch(whole, /hunter2/);
      place.own(`port: 1\n${memberOf(name)}: hunter2\n`);
      const message = messageOf(await place.read());
      assert.match(message, /:2: \w+ cannot be what it is: it is a secret, and a file may only say where/);
      assert.doesNotMatch(message, /hunter2/);
      assert.match(messageOf(await place.read({ [variable]: 'cmd:a\u0007' })), /control characters/);
    });
  }

  it('is no flag, so that it is on no command line', () => {
    assert.deepEqual(
      flagKeyNames.filter((name) => secretKeys.includes(name)),
      [],
    );
    assert(secretKeys.includes('token'));
  });
});
