import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, it } from 'node:test';
import { areas } from '../areas/index.ts';
import { systemClock } from '../engine/clock.ts';
import { writeSnapshot } from '../journal/snapshots.ts';
import { sqliteStorage } from '../stores/sqlite/storage.ts';
import { answerOver } from '../testing/busy-workspace.ts';
import { CollectedLog } from '../testing/collected-log.ts';
import { erase, savedOf } from '../testing/erasing.ts';
import { opened } from '../testing/store-files.ts';
import type { Workspace } from './workspace.ts';
import { Workspaces } from './workspaces.ts';

const openMain = async (folder: string): Promise<{ all: Workspaces; main: Workspace }> => {
  const all = opened(
    await Workspaces.open({
      storage: sqliteStorage({ dataDir: join(folder, 'data') }),
      cacheDir: join(folder, 'cache'),
      clock: systemClock,
      log: new CollectedLog(),
      ticksFirst: false,
    }),
  );
  opened(await all.ensure('main'));
  return { all, main: opened(await all.get('main')) };
};

const temporary = (context: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const bytesIn = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
    .join('\n');

it('a snapshot goes with the text in it, and so does what was left of one; the state is the same without it', async (context) => {
  const folder = temporary(context);
  const { all, main } = await openMain(folder);
  const { engine } = main;
  await answerOver(engine, 'a', { operation: 'start', input: { agent: 'ada' } });
  await answerOver(engine, 'a', { operation: 'task_add', input: { title: 'Quinquereme of Nineveh' } });
  await answerOver(engine, 'b', { operation: 'start', input: { agent: 'bob' } });
  await answerOver(engine, 'b', { operation: 'task_add', input: { title: 'Stately galleon' } });
  const path = join(folder, 'cache', `${main.store.identity.id}.snapshot`);
  await writeSnapshot(path, areas, engine.snapshot());
  writeFileSync(`${path}.tmp`, 'Quinquereme');
  assert.match(bytesIn(folder), /Quinquereme/);
  await erase(engine, { agent: 'ada' });
  assert.ok(!existsSync(path) && !existsSync(`${path}.tmp`));
  assert.doesNotMatch(bytesIn(folder), /Quinquereme/);
  await all.close();
  assert.doesNotMatch(bytesIn(folder), /Quinquereme/);
  const again = await openMain(folder);
  const state = JSON.stringify(savedOf(again.main.engine.slices));
  assert.match(state, /Stately galleon/);
  assert.doesNotMatch(state, /Quinquereme/);
  await again.all.close();
});

it('a snapshot from before, put back into the cache, shows nothing and goes again', async (context) => {
  const folder = temporary(context);
  const first = await openMain(folder);
  const { engine, store } = first.main;
  await answerOver(engine, 'a', { operation: 'start', input: { agent: 'ada' } });
  await answerOver(engine, 'a', { operation: 'task_add', input: { title: 'Quinquereme of Nineveh' } });
  const path = join(folder, 'cache', `${store.identity.id}.snapshot`);
  const kept = join(folder, 'kept');
  await writeSnapshot(kept, areas, engine.snapshot());
  await erase(engine, { agent: 'ada' });
  await first.all.close();
  mkdirSync(join(folder, 'cache'), { recursive: true });
  writeFileSync(path, readFileSync(kept));
  rmSync(kept);
  const { all, main } = await openMain(folder);
  assert.doesNotMatch(JSON.stringify(savedOf(main.engine.slices)), /Quinquereme/);
  assert.equal(await main.engine.forgotten(), undefined);
  assert.doesNotMatch(bytesIn(folder), /Quinquereme/);
  await all.close();
});
