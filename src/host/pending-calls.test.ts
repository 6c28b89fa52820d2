import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { hourMs } from '../kernel/instants.ts';
import { CollectedLog } from '../testing/collected-log.ts';
import { rememberCall } from './pending-calls.ts';

const call = {
  operation: 'task_add',
  input: { title: 'One', priority: 2 },
  agent: 'ada',
  session: undefined,
  workspace: 'main',
};

const open = (context: TestContext) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-pending-'));
  context.after(() => rmSync(dataDir, { recursive: true }));
  const log = new CollectedLog();
  const folder = join(dataDir, 'pending-calls');
  return {
    dataDir,
    log,
    folder,
    remember: (key: Parameters<typeof rememberCall>[1] = call, url?: string) =>
      rememberCall({ dataDir, url, log }, key),
    notes: () => readdirSync(folder),
  };
};

/** The number of a process that has ended. */
const deadProcess = (): number => spawnSync('true').pid;

/** Makes it look as if another process had left the one note that there is. */
const leave = (folder: string, processName: string): void => {
  const [name = ''] = readdirSync(folder);
  const path = join(folder, name);
  const left = name.replace(/-.*$/, `-${processName}.json`);
  const content = readFileSync(path);
  rmSync(path);
  writeFileSync(join(folder, left), content);
};

describe('a note of a call', () => {
  it('is there until the call is settled', async (t) => {
    const { remember, notes } = open(t);
    const one = await remember();
    assert.equal(one.interruptedAt, undefined);
    assert.equal(notes().length, 1);
    await one.settle();
    assert.deepEqual(notes(), []);
    await one.settle();
  });

  it('is taken over from a process that is gone, by the same call only, once', async (t) => {
    const { remember, notes, folder } = open(t);
    const first = await remember();
    leave(folder, `${deadProcess()}.12345`);
    for (const other of [
      { ...call, operation: 'task_done' },
      { ...call, input: { title: 'Two', priority: 2 } },
      { ...call, agent: 'bob' },
      { ...call, session: 's-1' },
      { ...call, workspace: 'shop' },
    ]) {
      const mine = await remember(other);
      assert.notEqual(mine.requestId, first.requestId);
      await mine.settle();
    }
    const elsewhere = await remember(call, 'http://127.0.0.1:1');
    assert.notEqual(elsewhere.requestId, first.requestId);
    await elsewhere.settle();
    const again = await remember({ ...call, input: { priority: 2, title: 'One' } });
    assert.equal(again.requestId, first.requestId);
    assert(again.interruptedAt !== undefined);
    assert.equal(notes().length, 1);
    await again.settle();
    assert.notEqual((await remember()).requestId, first.requestId);
  });

  it('stays with a process that lives, and is not taken for that of a later one with its number', async (t) => {
    const { remember, notes, folder } = open(t);
    const first = await remember();
    const [name = ''] = notes();
    const own = name.replace(/^[^-]*-(.*)\.json$/, '$1');
    // The test's parent lives; when it began is not known to whoever wrote this name.
    leave(folder, `${process.ppid}.0`);
    const second = await remember();
    assert.notEqual(second.requestId, first.requestId);
    await second.settle();
    const [, began = ''] = own.split('.');
    leave(folder, `${process.pid}.${Number(began) + 1}`);
    assert.equal((await remember()).requestId, first.requestId);
  });
});

describe('a note', () => {
  it('goes when it is a day old, or was cut off', async (t) => {
    const { remember, notes, folder } = open(t);
    await (await remember()).settle();
    const dead = deadProcess();
    const old = { requestId: 'r', time: Date.now() - 25 * hourMs };
    writeFileSync(join(folder, `aa-${dead}.1.json`), JSON.stringify(old));
    writeFileSync(join(folder, `bb-${dead}.1.json`), '{"requestId":"r');
    writeFileSync(join(folder, 'readme.txt'), 'somebody else');
    await (await remember()).settle();
    assert.deepEqual(notes(), ['readme.txt']);
  });

  it('that cannot be kept is said, and the call is made all the same', async (t) => {
    const { remember, log, folder } = open(t);
    writeFileSync(folder, '');
    const one = await remember();
    assert.match(one.requestId, /^[0-9a-f-]{36}$/);
    assert.match(JSON.stringify(log), /no note of this call can be kept/);
    await one.settle();
  });
});
