import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { areas } from '../../areas/index.ts';
import { secondMs } from '../../kernel/instants.ts';
import { createMemoryVault, type MemoryVault } from '../../stores/memory/memory-store.ts';
import { caller, starting } from '../../testing/engine-harness.ts';
import { openSearched } from '../../testing/searched-workspace.ts';
import { runFollower } from '../follower.ts';
import { temporary } from '../../testing/indexed-journal.ts';
import { followText } from './follow.ts';

const following = async (context: TestContext, vault: MemoryVault, cacheDir: string) => {
  const opened = await openSearched(context, vault, { areas, cacheDir });
  const { engine, index, clock, log } = opened;
  const term = runFollower(engine, followText(index, { clock, log }), {
    clock,
    log,
    elect: engine.journal.store.elect,
  });
  await clock.pause();
  return { ...opened, term };
};

test('who follows writes what is new into the index once in a while, and one process alone does', async (context) => {
  const vault = createMemoryVault();
  const cacheDir = temporary(context);
  const one = await following(context, vault, cacheDir);
  const two = await following(context, vault, cacheDir);
  assert.ok((await one.engine.execute(caller, starting('ada'))).ok);
  assert.ok((await one.engine.execute(caller, starting('bob'))).ok);
  assert.equal(existsSync(cacheDir), true);
  assert.equal(one.index.standsAt, 0, 'nothing is done at once');
  one.clock.advance(secondMs);
  two.clock.advance(secondMs);
  await one.term.end();
  await two.term.end();
  assert.deepEqual([one.index.standsAt, two.index.standsAt], [2, 0]);
  assert.deepEqual([one.log.warnings, one.log.errors], [[], []]);
  await one.term.end();
});

test('who follows reads nothing of the journal that has gone through its process', async (context) => {
  const { engine, index, clock, log, term } = await following(
    context,
    createMemoryVault(),
    temporary(context),
  );
  const reading = context.mock.method(engine.journal, 'entriesAfter');
  for (const name of ['ada', 'bob']) assert.ok((await engine.execute(caller, starting(name))).ok);
  clock.advance(secondMs);
  await index.catchUp(engine.journal, engine.seq);
  assert.equal(index.standsAt, engine.seq);
  assert.equal(reading.mock.callCount(), 0);
  await term.end();
  assert.deepEqual(log.warnings, []);
});

test('an index that cannot be written costs one warning until it can', async (context) => {
  const cacheDir = join(temporary(context), 'cache');
  writeFileSync(cacheDir, 'a file in the place of the folder');
  const { engine, clock, log, index, term } = await following(context, createMemoryVault(), cacheDir);
  for (const name of ['ada', 'bob', 'eve']) {
    assert.ok((await engine.execute(caller, starting(name))).ok);
    clock.advance(secondMs);
    await index.catchUp(engine.journal, engine.seq);
    await clock.pause();
  }
  await term.end();
  assert.equal(log.warnings.length, 1, log.warnings.join());
  assert.match(log.warnings[0] ?? '', /full-text index .* cannot be used/);
});
