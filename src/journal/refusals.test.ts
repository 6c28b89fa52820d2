import assert from 'node:assert/strict';
import { it } from 'node:test';
import { notStored } from './refusals.ts';

it('what an append has failed for is told with one advice: that of the store, where it gives any', () => {
  const busy = 'The database was kept busy by others: "canceled". Try again.';
  assert.equal(notStored('storage_busy', busy).message, `Nothing was stored: ${busy}`);
  assert.equal(
    notStored('storage_busy', 'SQLite says "locked" (5).').message,
    'Nothing was stored: SQLite says "locked" (5). Call again in a moment.',
  );
});
