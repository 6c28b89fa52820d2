import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { ManualClock } from '../../testing/manual-clock.ts';
import { ChangeFeed } from './change-feed.ts';
import { changeKeysMax, changesEveryMs, streamKeepAliveMs, streamStallMs } from './limits.ts';

/** A feed with a reader that reads when the test does. `highWaterMark`: how many bytes may lie unread. */
const feeding = (highWaterMark = 1_000_000) => {
  const clock = new ManualClock();
  const output = new PassThrough({ highWaterMark });
  const feed = new ChangeFeed(output, clock);
  let read = '';
  const told = (): unknown[] => {
    read += String(output.read() ?? '');
    return [...read.matchAll(/^data: (.*)$/gm)].map(([, data]): unknown => JSON.parse(data ?? ''));
  };
  return { clock, output, feed, told, text: () => (told(), read) };
};

describe('a feed of changes', () => {
  it('tells at once, and then what came within a quarter of a second together', () => {
    const { clock, feed, told } = feeding();
    feed.begin();
    feed.add(new Set(['a']));
    assert.deepEqual(told(), [['a']]);
    feed.add(new Set(['b']));
    feed.add(new Set(['c', 'b']));
    clock.advance(changesEveryMs - 1);
    assert.equal(told().length, 1);
    clock.advance(1);
    assert.deepEqual(told(), [['a'], ['b', 'c']]);
    clock.advance(10 * changesEveryMs);
    assert.equal(told().length, 2);
  });

  it('leaves out nothing that came before it began', () => {
    const { feed, told, text } = feeding();
    feed.add(new Set(['early']));
    assert.deepEqual(told(), []);
    feed.begin();
    assert.match(text(), /^: listening\n\ndata: \["early"\]\n\n$/);
  });

  it('says everything where there are too many keys', () => {
    const { feed, told } = feeding();
    feed.begin();
    feed.add(new Set(Array.from({ length: changeKeysMax + 1 }, (_, i) => `k${i}`)));
    assert.deepEqual(told(), [['*']]);
  });

  it('writes nothing after its end', async () => {
    const { clock, output, feed, text } = feeding();
    feed.begin();
    feed.add(new Set(['a']));
    feed.add(new Set(['b']));
    feed.end();
    feed.add(new Set(['c']));
    clock.advance(streamKeepAliveMs);
    assert.doesNotMatch(text(), /b|c|alive/);
    assert.equal(output.writableEnded, true);
  });
});

describe('a feed of changes whose reader is slow', () => {
  it('keeps no more than everything for it, and goes on when it reads', async () => {
    const { clock, output, feed, told } = feeding(64);
    feed.begin();
    feed.add(new Set(['x'.repeat(64)]));
    const unread = output.readableLength + output.writableLength;
    for (let i = 0; i <= changeKeysMax; i += 1) feed.add(new Set([`k${i}`]));
    clock.advance(changesEveryMs);
    assert.equal(output.readableLength + output.writableLength, unread);
    const drained = new Promise((resolve) => output.once('drain', resolve));
    told();
    await drained;
    assert.deepEqual(told(), [['x'.repeat(64)], ['*']]);
  });

  it('says that it lives only while it is read, and gives up in the end', () => {
    const { clock, output, feed, text } = feeding(64);
    feed.begin();
    clock.advance(streamKeepAliveMs);
    assert.match(text(), /: alive\n\n$/);
    feed.add(new Set(['x'.repeat(64)]));
    const unread = output.readableLength + output.writableLength;
    clock.advance(streamStallMs - streamKeepAliveMs);
    assert.equal(output.destroyed, false);
    assert.equal(output.readableLength + output.writableLength, unread);
    clock.advance(2 * streamKeepAliveMs);
    assert.equal(output.destroyed, true);
  });
});
