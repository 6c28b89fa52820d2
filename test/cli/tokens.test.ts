/* What the command line makes of tokens: shown once, and nowhere on the disk. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { type Place, openPlace } from './program.ts';

const madeSchema = z.object({ id: z.string(), shown: z.boolean(), token: z.string().optional() });

/** A token that somebody at a terminal makes. */
const madeBy = async ({ person }: Place, words: readonly string[]) => {
  const { status, out, err } = await person([...words, '--json']);
  assert.equal(status, 0, err);
  return madeSchema.parse(JSON.parse(out));
};

it('a token is shown once, and is in no file', async (t) => {
  const place = await openPlace(t);
  const words = ['token', 'create', 'ci', '--for-agent', 'ada', '--request-id', 'r1'];
  const made = await madeBy(place, words);
  assert.match(made.token ?? '', /^sbx_[\w-]{43}$/);
  const again = await madeBy(place, words);
  assert.deepEqual([again.id, again.shown, again.token], [made.id, false, undefined]);
  const refreshed = await madeBy(place, ['token', 'refresh', made.id]);
  assert.notEqual(refreshed.token, made.token);

  const secrets = [made, refreshed].flatMap(({ token = '' }) => {
    const text = token.slice('sbx_'.length);
    return [Buffer.from(text), Buffer.from(text, 'base64url')];
  });
  const files = await readdir(place.home, { recursive: true, withFileTypes: true });
  let read = 0;
  for (const file of files.filter((one) => one.isFile())) {
    const bytes = await readFile(join(file.parentPath, file.name));
    read += bytes.includes(made.id) ? 1 : 0;
    for (const secret of secrets) assert.ok(!bytes.includes(secret), file.name);
  }
  assert.ok(read > 0, 'the journal, which knows the token by its id, was among them');
});

it('beside a token stands what to do with it, where nothing else reads it', async (t) => {
  const place = await openPlace(t);
  const told = /^This token is shown this once\. Put it into SIGNALBOX_TOKEN of the program/m;
  const words = ['token', 'create', 'ci', '--request-id', 'r1'];
  const first = await place.person(words);
  assert.match(first.out, /^token +sbx_/m);
  assert.match(first.err, told);
  assert.doesNotMatch(first.out, /^shown|SIGNALBOX_TOKEN/m);
  const again = await place.person(words);
  assert.match(again.out, /^hint +The answer to the first call/m);
  assert.doesNotMatch(again.err, told);
  const json = await place.person(['token', 'create', '--json']);
  assert.equal(Object(JSON.parse(json.out)).shown, true);
  assert.doesNotMatch(json.out + json.err, /SIGNALBOX_TOKEN/);
});

describe('AC17: a command that needs a person', () => {
  it('says what is done in whose name before it is confirmed', async (t) => {
    const place = await openPlace(t);
    const added = await place.person(['principal', 'add', 'ci', '--kind', 'service', '--role', 'worker']);
    assert.equal(added.status, 0, added.err);
    assert.match(
      added.err,
      /^In your name: Add a person, a service .*\nWith \{"name":"ci","kind":"service","role":"worker"\}\nType \d{4} to/,
    );
    const called = await place.person(['call', 'principal_list', '{}']);
    assert.equal(called.status, 0, called.err);
    assert.match(called.err, /^In your name: Who may have tokens, and with which role\.\nType/);
    assert.match(called.out, /^ci +service +worker/m);
  });

  it('does nothing when another number is typed, or none', async (t) => {
    const place = await openPlace(t);
    const other = (number: string): string => String((Number(number) + 1) % 10_000).padStart(4, '0');
    for (const words of [
      ['token', 'create', 'ci'],
      ['call', 'token_create', '{"label":"ci"}'],
      ['token', 'refresh', 'tk_0123456789'],
    ]) {
      for (const answer of [other, () => '', () => 'yes']) {
        const refused = await place.person(words, { answer });
        assert.equal(refused.status, 5, refused.err);
        assert.match(refused.err, /Nothing was done\. Run it again: signalbox token (?:create|refresh)/);
      }
    }
    assert.equal(existsSync(place.dataDir), false, 'no journal was opened');
  });

  it('ends as usual by Ctrl-C', async (t) => {
    const place = await openPlace(t);
    const broken = await place.person(['token', 'create'], { answer: () => '\u0003' });
    assert.equal(broken.status, 130, broken.err);
    assert.equal(existsSync(place.dataDir), false);
  });
});

describe('AC17: a command that needs a person, without one', () => {
  it('is refused where there is no terminal, whatever a program says', async (t) => {
    const place = await openPlace(t);
    for (const words of [
      ['token', 'create'],
      ['principal', 'list'],
      ['call', 'token_create', '{}'],
      ['token', 'create', '--agent', 'ada'],
    ]) {
      const refused = await place.run(words, { stdin: '1234\n' });
      assert.equal(refused.status, 5, refused.err);
      assert.match(refused.err, /needs a person.*in a terminal/);
    }
    const { id } = await madeBy(place, ['token', 'create']);
    const refused = await place.run(['token', 'refresh', id]);
    assert.equal(refused.status, 5, refused.err);
    assert.match(refused.err, /Only a person refreshes a token/);
  });

  it('is refused unasked to whoever speaks for an agent at a terminal', async (t) => {
    const place = await openPlace(t);
    const refused = await place.person(['token', 'create', '--agent', 'ada']);
    assert.equal(refused.status, 5);
    assert.doesNotMatch(refused.err, /Type \d/);
    assert.match(refused.err, /needs a person/);
  });

  it('is for a person at a terminal only, also when the token is that of one', async (t) => {
    const place = await openPlace(t);
    const hub = place.start(['serve', '--port', '0']);
    await hub.says('ready on');
    const { token = '' } = await madeBy(place, ['token', 'create', '--kind', 'person']);
    const env = { SIGNALBOX_TOKEN: token };
    const refused = await place.run(['token', 'create'], { env });
    assert.equal(refused.status, 5, refused.err);
    assert.match(refused.err, /needs a person/);
    const [url = ''] = /http:\S+/.exec(await hub.says('ready on')) ?? [];
    const raw = await fetch(`${url}/v1/operations/token_create`, {
      method: 'POST',
      body: '{}',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    });
    assert.equal(raw.status, 200, await raw.text());
  });
});

it('a command calls as a person at a terminal, and elsewhere as an agent', async (t) => {
  const place = await openPlace(t);
  const all = {
    asks: true,
    principal: 'owner',
    role: 'admin',
    workspaces: ['*'],
    categories: ['*'],
  };
  const words = ['auth', 'status', '--json'];
  const compare = async (): Promise<void> => {
    assert.deepEqual(JSON.parse((await place.person(words)).out), { ...all, kind: 'person' });
    assert.deepEqual(await place.json(['auth', 'status']), { ...all, kind: 'agent' });
  };
  await compare();
  await place.start(['serve', '--port', '0']).says('ready on');
  await compare();
});
