import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../kernel/entry.ts';
import { EntryCache } from './entry-cache.ts';

const entry = (seq: number): Entry => ({
  seq,
  time: 0,
  actor: { principal: 'owner' },
  type: 'tasks.noted',
  version: 1,
  data: {},
  cause: { unit: seq, by: 'test' },
});

const million = 1_000_000;

test('an entry is found again until two generations of others were read', () => {
  const cache = new EntryCache();
  for (const seq of [1, 2]) cache.put(entry(seq), million);
  assert.equal(cache.get(1)?.seq, 1);
  // The younger generation is full now: 3 begins the next, and 1 and 2 are the older one.
  cache.put(entry(3), million);
  assert.equal(cache.get(2)?.seq, 2, 'asked for again, it moves to the younger generation');
  cache.put(entry(4), million);
  assert.deepEqual(
    [1, 2, 3, 4].map((seq) => cache.get(seq)?.seq),
    [undefined, 2, 3, 4],
  );
});

test('an entry larger than a generation is kept until the next one comes', () => {
  const cache = new EntryCache();
  cache.put(entry(1), 5 * million);
  assert.equal(cache.get(1)?.seq, 1);
  for (const seq of [2, 3, 4]) cache.put(entry(seq), 2 * million);
  assert.equal(cache.get(1), undefined);
});
