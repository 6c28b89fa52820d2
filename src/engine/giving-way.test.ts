import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GivingWay } from './giving-way.ts';

/** Of which pauses end when the test says so, and how long each was to be. */
const process = () => {
  let now = 1_000;
  const pauses: { readonly ms: number; readonly end: () => void }[] = [];
  const givingWay = new GivingWay({
    monotonic: () => now,
    pause: (ms) => new Promise((resolve) => void pauses.push({ ms, end: resolve })),
  });
  const pass = (ms: number): void => {
    now += ms;
  };
  /** It and another one have written by turns for a while, and it has just written. */
  const inTurn = (): void => {
    for (let turn = 0; turn < 3; turn += 1) {
      givingWay.sawOthers();
      pass(5);
      givingWay.wrote();
      pass(5);
    }
  };
  return { givingWay, pauses, pass, inTurn };
};

const isOver = async (waiting: Promise<void> | undefined): Promise<boolean> => {
  let over = waiting === undefined;
  void waiting?.then(() => (over = true));
  await new Promise(setImmediate);
  return over;
};

test('a process that has seen nothing of others, or not for long, waits for nobody', () => {
  const { givingWay, pass, inTurn } = process();
  assert.equal(givingWay.wait(), undefined);
  givingWay.wrote();
  assert.equal(givingWay.wait(), undefined);
  inTurn();
  pass(1_000);
  assert.equal(givingWay.wait(), undefined);
});

test('who has just written, in turn with others, waits until theirs has come', async () => {
  const { givingWay, inTurn } = process();
  inTurn();
  const waiting = givingWay.wait();
  assert.equal(await isOver(waiting), false);
  givingWay.sawOthers();
  assert.equal(await isOver(waiting), true);
});

test('it waits no longer than a turn takes, and not again while the others write nothing', async () => {
  const { givingWay, pauses, inTurn } = process();
  inTurn();
  const waiting = givingWay.wait();
  assert.ok(pauses[0] !== undefined && pauses[0].ms < 15, 'about as long as a batch takes');
  pauses[0].end();
  assert.equal(await isOver(waiting), true);
  givingWay.wrote();
  void givingWay.wait();
  assert.ok(pauses[1] !== undefined && pauses[1].ms <= 3, 'for others who are slower it only pauses');
});

test('who came too late goes at once, and pauses a little when it comes too late again', () => {
  const { givingWay, pauses, inTurn } = process();
  inTurn();
  givingWay.sawOthers();
  givingWay.lost();
  assert.equal(givingWay.wait(), undefined);
  givingWay.lost();
  void givingWay.wait();
  assert.ok(pauses[0] !== undefined && pauses[0].ms <= 3);
});
