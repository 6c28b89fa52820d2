import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GivingWay } from './giving-way.ts';

interface Pause {
  readonly ms: number;
  readonly end: () => void;
}

const batchMs = 4;

/** A process whose pauses end when the test says so. */
const startProcess = (hears = true) => {
  let now = 1_000;
  const pauses: Pause[] = [];
  const givingWay = new GivingWay({
    clock: {
      monotonic: () => now,
      pause: (ms) => new Promise((resolve) => void pauses.push({ ms, end: resolve })),
    },
    hears: () => hears,
  });
  const pass = (ms: number): void => {
    now += ms;
  };
  /** Waits, if need be until others have written, so much later, and stores a batch. */
  const write = async (othersAfterMs?: number): Promise<void> => {
    const waiting = givingWay.wait();
    if (othersAfterMs !== undefined) {
      pass(othersAfterMs);
      givingWay.sawOthers();
    }
    pauses.pop()?.end();
    await waiting;
    pass(batchMs);
    givingWay.wrote();
  };
  /** How long it is going to wait at most. */
  const patience = async (): Promise<number> => {
    const before = pauses.length;
    const waiting = givingWay.wait();
    const limit = pauses[before]?.ms ?? 0;
    pauses[before]?.end();
    await waiting;
    return limit;
  };
  return { givingWay, pass, write, patience };
};

const turns = 5;

test('a process that has seen nothing of others, or not for long, waits for nobody', async () => {
  const { pass, write, patience } = startProcess();
  assert.equal(await patience(), 0);
  await write();
  assert.equal(await patience(), 0);
  for (let turn = 0; turn < turns; turn += 1) await write(batchMs);
  pass(1_000);
  assert.equal(await patience(), 0);
});

test('who has just written, in turn with others, waits until theirs has come, and no longer than a turn takes', async () => {
  const { givingWay, write, patience } = startProcess();
  for (let turn = 0; turn < turns; turn += 1) await write(batchMs);
  const limit = await patience();
  assert.ok(limit >= 12 && limit <= 14, `${limit} ms`);
  let isOver = false;
  const waiting = givingWay.wait().then(() => (isOver = true));
  await new Promise(setImmediate);
  assert.equal(isOver, false);
  givingWay.sawOthers();
  await waiting;
});

test('it only pauses for others who write later than that, or have not written since, or are not heard', async () => {
  const light = startProcess();
  for (let turn = 0; turn < turns; turn += 1) await light.write(4 * batchMs);
  assert.ok((await light.patience()) <= 3);
  const gone = startProcess();
  for (let turn = 0; turn < turns; turn += 1) await gone.write(batchMs);
  await gone.write();
  assert.ok((await gone.patience()) <= 3);
  const deaf = startProcess(false);
  for (let turn = 0; turn < turns; turn += 1) await deaf.write(batchMs);
  assert.ok((await deaf.patience()) <= 3);
});

test('who came too late goes at once until it has written, or it could starve', async () => {
  const { givingWay, write, patience } = startProcess();
  for (let turn = 0; turn < turns; turn += 1) await write(batchMs);
  for (let time = 0; time < 3; time += 1) {
    givingWay.sawOthers();
    givingWay.lost();
    assert.equal(await patience(), 0);
  }
});
