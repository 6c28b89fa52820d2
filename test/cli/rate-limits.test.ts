/* What the command line says to who has called too often. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { it } from 'node:test';
import { z } from 'zod';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { valueIn } from '../surfaces/serving.ts';
import { openPlace } from './program.ts';

const statusSchema = z.object({
  profile: z.string(),
  items: z.array(z.object({ class: z.string(), limit: z.number(), used: z.number() })),
});

it('a command that comes too soon ends with 7, and says how long to wait', async (t) => {
  const place = await openPlace(t);
  const env = { SIGNALBOX_RATE_LIMITS: 'shared' };
  const first = await place.run(['workspace', 'add', 'one'], { env });
  assert.equal(first.status, 0, first.err);
  // As other processes on the same data directory: an admin has 10 x 2 + 5 calls a minute.
  const store = valueIn(
    await openSqliteStore({ path: join(place.dataDir, 'hub.journal'), create: 'must-exist' }),
  );
  const taken = await store.counters.take({
    key: hash('sha256', 'general owner'),
    wanted: 24,
    limit: 25,
    now: Date.now(),
  });
  await store.close();
  assert.equal(taken.given, 24, 'the first command has taken one');
  const refused = await place.run(['workspace', 'add', 'two'], { env });
  assert.equal(refused.status, 7, refused.err);
  assert.match(
    refused.err,
    /^signalbox: You have made 25 calls .* Wait [56]\d s, then call again; signalbox rate limit-status/,
  );
  assert.equal(refused.out, '');
  const status = statusSchema.parse(await place.json(['rate', 'limit-status'], { env }));
  assert.equal(status.profile, 'shared');
  assert.deepEqual(
    status.items.find((item) => item.class === 'general'),
    { class: 'general', limit: 25, used: 25 },
  );
  const other = await place.run(['workspace', 'add', 'two']);
  assert.equal(other.status, 0, 'the profile laptop has more');
});
