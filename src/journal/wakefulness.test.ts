import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Wakefulness } from './wakefulness.ts';

/** How long the thread takes to look whether something has come. */
const lookMs = 0.1;

/** A thread whose time goes by when it is told so. */
const thread = (cores = 2) => {
  let now = 0;
  let asked: (() => void) | undefined;
  const wakefulness = new Wakefulness({
    now: () => now,
    next: (look) => {
      assert.equal(asked, undefined, 'it looks once in each turn');
      asked = look;
    },
    cores,
  });
  /** Lets so much time go by; for how much of it the thread stayed awake. */
  const pass = (ms: number): number => {
    const since = now;
    while (asked !== undefined && now < since + ms) {
      const look: () => void = asked;
      asked = undefined;
      now += lookMs;
      look();
    }
    const awakeMs = Math.min(ms, now - since);
    now = since + ms;
    return awakeMs;
  };
  const append = async (tookMs: number, rows = 1): Promise<number> => {
    const done = Promise.withResolvers<void>();
    const ended = wakefulness.during(rows, () => done.promise);
    const awakeMs = pass(tookMs);
    done.resolve();
    await ended;
    return awakeMs;
  };
  return { append, pass, wakefulness };
};

const near = (found: number, wanted: number): void =>
  assert.ok(Math.abs(found - wanted) <= 2 * lookMs, `${found} is about ${wanted}`);

test('it stays awake for the append of a lone caller, and then goes to sleep', async () => {
  const { append, pass } = thread();
  near(await append(0.4), 0.4);
  near(pass(50), 0);
});

test('it does not stay awake to the end of an append that takes long, nor at all while they usually do', async () => {
  const { append, pass } = thread();
  near(await append(30), 1);
  pass(50);
  assert.equal(await append(30), 0);
  for (let index = 0; index < 20; index += 1) {
    pass(50);
    await append(0.4);
  }
  near(await append(0.4), 0.4);
});

test('it does not stay awake for an append of many callers, nor for one beside another', async () => {
  const { append, pass, wakefulness } = thread();
  assert.equal(await append(0.4, 3), 0);
  near(pass(50), 0);
  const other = Promise.withResolvers<void>();
  const ended = wakefulness.during(3, () => other.promise);
  assert.equal(await append(0.4), 0);
  other.resolve();
  await ended;
});

test('on a machine with one core it does not stay awake, which would keep the others from their work', async () => {
  const { append, pass } = thread(1);
  for (let index = 0; index < 5; index += 1) {
    assert.equal(await append(0.4), 0);
    assert.equal(pass(0.4), 0);
  }
});

test('after appends that follow one another closely it stays awake a little longer than the next usually takes', async () => {
  const { append, pass } = thread();
  for (let index = 0; index < 40; index += 1) {
    await append(0.4);
    pass(0.4);
  }
  await append(0.4);
  near(pass(50), 0.6);
  await append(0.4);
  near(pass(50), 0);
});

test('between reads that follow one another closely it stays awake as well, until it is told to rest', () => {
  const { pass, wakefulness } = thread();
  const read = (): void => {
    const beganAt = wakefulness.begin();
    pass(0.1);
    wakefulness.end(beganAt, true);
  };
  for (let index = 0; index < 40; index += 1) {
    read();
    pass(0.4);
  }
  read();
  near(pass(50), 0.6);
  read();
  near(pass(50), 0);
  read();
  pass(0.4);
  read();
  near(pass(0.3), 0.3);
  wakefulness.rest();
  near(pass(50), 0);
});
