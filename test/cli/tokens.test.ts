/* What the command line makes of tokens: shown once, and nowhere on the disk. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { z } from 'zod';
import { openPlace } from './program.ts';

const madeSchema = z.object({ id: z.string(), shown: z.boolean(), token: z.string().optional() });

it('a token is shown once, is in no file, and a person is needed to make one', async (t) => {
  const place = await openPlace(t);
  const words = ['token', 'create', 'ci', '--for-agent', 'ada', '--request-id', 'r1'];
  const made = madeSchema.parse(await place.json(words));
  assert.match(made.token ?? '', /^sbx_[\w-]{43}$/);
  const again = madeSchema.parse(await place.json(words));
  assert.deepEqual([again.id, again.shown, again.token], [made.id, false, undefined]);
  const refreshed = madeSchema.parse(await place.json(['token', 'refresh', made.id]));
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

  const refused = await place.run(['token', 'create', '--agent', 'ada']);
  assert.equal(refused.status, 5);
  assert.match(refused.err, /needs a person/);
  assert.deepEqual(await place.json(['auth', 'status']), {
    principal: 'owner',
    kind: 'person',
    role: 'admin',
    workspaces: ['*'],
    categories: ['*'],
  });
});
