import { equal } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestJournal } from '../../testing/store-files.ts';
import { appendTo, emptyHead } from '../../testing/store-rows.ts';
import { Doorbell } from './doorbell.ts';
import { bellOf } from './format.ts';

const timeout = 10_000;
const mark = { seq: 1, chain: 'c'.repeat(64) };

test('a bell is heard, and again after its file was removed', { timeout }, async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'bell');
  const [ringer, listener] = [new Doorbell(path), new Doorbell(path)];
  // A watcher does not keep the process alive; the test has to.
  const alive = setInterval(() => {}, timeout);
  context.after(() => clearInterval(alive));
  for (let round = 0; round < 2; round += 1) {
    const heard = Promise.withResolvers<void>();
    rmSync(path, { force: true });
    listener.listen(heard.resolve);
    // Another process that rings has its own handle.
    ringer.close();
    ringer.ring(mark);
    await heard.promise;
  }
  ringer.close();
  listener.close();
});

test('a bell that cannot be rung is no reason to fail', () => {
  const bell = new Doorbell('/nowhere/at/all');
  bell.ring(mark);
  bell.listen(() => {});
  bell.close();
});

test('each append rings, and says how far the journal reaches', async (context) => {
  const { path, open, remove } = createTestJournal();
  context.after(remove);
  const store = await open();
  const one = await appendTo(store, emptyHead(store), ['one']);
  equal(readFileSync(bellOf(path), 'utf8'), `000000000001 ${one.chain}\n`);
  const three = await appendTo(store, one, ['two', 'three']);
  await store.close();
  equal(readFileSync(bellOf(path), 'utf8'), `000000000003 ${three.chain}\n`);
});
