import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../testing/manual-clock.ts';
import { type Renewal, keepLease } from './keep-lease.ts';

const ttlMs = 30_000;

/** A lease of 30 s that was granted now, and a hub that answers as the test says. */
const holding = (marginMs = 0) => {
  const clock = new ManualClock();
  const stopping = new AbortController();
  const tries: number[] = [];
  const troubles: string[] = [];
  let answer: () => Promise<Renewal> = async () => ({ kind: 'renewed' });
  let ended: { readonly why: string | undefined } | undefined;
  const kept = keepLease(
    { ttlMs, grantedAt: 0, marginMs },
    {
      clock,
      renew: () => {
        tries.push(clock.monotonic());
        return answer();
      },
      troubled: (why) => void troubles.push(why),
      stop: stopping.signal,
    },
  );
  void kept.then((why) => (ended = { why }));
  return {
    kept,
    tries,
    troubles,
    stop: () => stopping.abort(),
    answers: (next: () => Promise<Renewal>) => (answer = next),
    ended: () => ended,
    /** Lets time pass in small steps, in each of which everybody has a turn. */
    pass: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 1_000) {
        clock.advance(Math.min(1_000, ms - passed));
        await clock.pause();
      }
    },
  };
};

describe('a lease that is kept', () => {
  it('is renewed after every third of its ttl', async () => {
    const { tries, pass, ended } = holding();
    await pass(100_000);
    assert.deepEqual(
      tries,
      [10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000, 80_000, 90_000, 100_000],
    );
    assert.equal(ended(), undefined);
  });

  it('is no more renewed when it is not needed any more', async () => {
    const { kept, tries, pass, stop } = holding();
    await pass(15_000);
    stop();
    assert.equal(await kept, undefined);
    await pass(60_000);
    assert.equal(tries.length, 1);
  });
});

describe('a lease whose renewal fails', () => {
  it('is lost at once when its renewal is refused', async () => {
    const { kept, pass, answers, ended } = holding();
    answers(async () => ({ kind: 'lost', why: 'eve broke it' }));
    await pass(9_999);
    assert.equal(ended(), undefined);
    await pass(1);
    assert.equal(await kept, 'eve broke it');
  });

  it('is kept over failures that end in time, of which one is told', async () => {
    const { tries, troubles, pass, answers, ended } = holding();
    answers(async () => ({ kind: 'unknown', why: 'the hub is gone' }));
    await pass(20_000);
    assert.deepEqual(troubles, ['the hub is gone']);
    assert.deepEqual(tries.slice(0, 3), [10_000, 11_000, 12_000]);
    answers(async () => ({ kind: 'renewed' }));
    await pass(1_000);
    const count = tries.length;
    await pass(10_000);
    assert.equal(tries.length, count + 1);
    assert.equal(ended(), undefined);
  });

  it('is lost when its ttl has passed since the last renewal was sent', async () => {
    const { kept, pass, answers, ended } = holding();
    await pass(10_000);
    answers(async () => ({ kind: 'unknown', why: 'the hub is gone' }));
    await pass(29_000);
    assert.equal(ended(), undefined);
    await pass(1_000);
    assert.equal(await kept, 'it could not be renewed in time (the hub is gone)');
  });

  it('is lost so long before its end that whoever works under it can stop', async () => {
    const { answers, pass, ended } = holding(5_000);
    answers(async () => ({ kind: 'unknown', why: 'the hub is gone' }));
    await pass(24_000);
    assert.equal(ended(), undefined);
    await pass(1_000);
    assert.notEqual(ended(), undefined);
  });
});

describe('a lease that nobody can confirm', () => {
  it('is lost when nobody answers at all', async () => {
    const { kept, pass, answers, ended } = holding();
    answers(() => new Promise(() => {}));
    await pass(29_999);
    assert.equal(ended(), undefined);
    await pass(1);
    assert.equal(await kept, 'it could not be renewed in time (nobody has answered)');
  });

  it('counts from when a renewal was sent, not from when it was answered', async () => {
    const { kept, pass, answers, ended } = holding();
    const { promise, resolve } = Promise.withResolvers<Renewal>();
    answers(() => promise);
    await pass(25_000);
    resolve({ kind: 'renewed' });
    answers(async () => ({ kind: 'unknown', why: 'the hub is gone' }));
    await pass(14_000);
    assert.equal(ended(), undefined);
    await pass(1_000);
    assert.match((await kept) ?? '', /in time/);
  });

  it('is lost when this process was stopped for too long', async () => {
    const clock = new ManualClock();
    const kept = keepLease(
      { ttlMs, grantedAt: -ttlMs, marginMs: 0 },
      {
        clock,
        renew: () => assert.fail('it is too late to ask'),
        troubled: () => {},
        stop: new AbortController().signal,
      },
    );
    assert.equal(await kept, 'it could not be renewed in time (this process was stopped)');
  });
});
