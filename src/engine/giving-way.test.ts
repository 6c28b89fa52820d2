import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GivingWay } from './giving-way.ts';

interface Pause {
  readonly ms: number;
  readonly end: () => void;
}

const batchMs = 4;
/** Of one batch. */
const entries = 16;

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
  const write = async (othersAfterMs?: number, { others = entries, other = 'bob' } = {}): Promise<void> => {
    const waiting = givingWay.wait();
    if (othersAfterMs !== undefined) {
      pass(othersAfterMs);
      givingWay.sawOthers(others, other);
    }
    pauses.pop()?.end();
    await waiting;
    pass(batchMs);
    givingWay.wrote(entries);
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
  return { givingWay, pass, write, patience, pauses };
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
  const { givingWay, write, pauses } = startProcess();
  for (let turn = 0; turn < turns; turn += 1) await write(batchMs);
  let isOver = false;
  const waiting = givingWay.wait().then(() => (isOver = true));
  await new Promise(setImmediate);
  assert.equal(isOver, false);
  const limit = pauses.at(-1)?.ms ?? 0;
  assert.ok(limit >= 25 && limit <= 27, `${limit} ms`);
  givingWay.sawOthers(entries, 'bob');
  await waiting;
});

test('it only pauses for others who are slow, or write little or now and then, or are not heard', async () => {
  const slow = startProcess();
  for (let turn = 0; turn < 2 * turns; turn += 1) await slow.write(8 * batchMs);
  assert.ok((await slow.patience()) <= 3);
  const little = startProcess();
  for (let turn = 0; turn < 4 * turns; turn += 1) await little.write(batchMs, { others: 1 });
  assert.ok((await little.patience()) <= 3);
  const light = startProcess();
  for (let time = 0; time < turns; time += 1) {
    for (let turn = 0; turn < turns; turn += 1) await light.write();
    await light.write(batchMs);
    assert.ok((await light.patience()) <= 3);
  }
  const deaf = startProcess(false);
  for (let turn = 0; turn < turns; turn += 1) await deaf.write(batchMs);
  assert.ok((await deaf.patience()) <= 3);
});

test('it only pauses as long as several others write', async () => {
  const { pass, write, patience } = startProcess();
  for (let turn = 0; turn < 2 * turns; turn += 1)
    await write(batchMs, { other: turn % 2 === 0 ? 'bob' : 'cyd' });
  assert.ok((await patience()) <= 3);
  for (let turn = 0; turn < turns; turn += 1) await write(batchMs);
  assert.ok((await patience()) <= 3);
  pass(2_000);
  await write();
  await write(batchMs);
  assert.ok((await patience()) >= 25);
});

test('what was read at the start does not count for long as written by others', async () => {
  const { givingWay, write, patience } = startProcess();
  givingWay.sawOthers(1_000_000, 'bob');
  for (let turn = 0; turn < 4 * turns; turn += 1) await write(batchMs, { others: 1 });
  assert.ok((await patience()) <= 3);
});

test('others who miss a turn are waited for again as soon as they have written', async () => {
  const { write, patience } = startProcess();
  for (let turn = 0; turn < 2 * turns; turn += 1) await write(batchMs);
  await write();
  assert.ok((await patience()) <= 3);
  await write(batchMs);
  assert.ok((await patience()) >= 25);
});

test('who came too late goes at once until it has written, or it could starve', async () => {
  const { givingWay, write, patience } = startProcess();
  for (let turn = 0; turn < turns; turn += 1) await write(batchMs);
  for (let time = 0; time < 3; time += 1) {
    givingWay.sawOthers(entries, 'bob');
    givingWay.lost();
    assert.equal(await patience(), 0);
  }
});
