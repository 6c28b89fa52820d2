import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { type TestContext, describe, it } from 'node:test';
import { ok } from '../../kernel/errors.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import type { EventReader, HubEvent } from '../hub-events.ts';
import { EventFeed } from './event-feed.ts';
import {
  eventsBehindMax,
  streamKeepAliveMs,
  streamLastWordMs,
  streamRetryMs,
  streamStallMs,
} from './limits.ts';

const eventCharacters = 1_000;

const eventAt = (seq: number): HubEvent => ({
  seq,
  time: '2026-01-01T00:00:00.000Z',
  type: 'tasks.noted',
  area: 'tasks',
  actor: { principal: 'owner' },
  data: { text: 'x'.repeat(eventCharacters) },
  cause: { by: 'task_update' },
});

/** A journal that grows when the test says so, and a reader that reads when the test does. */
const feeding = (context: TestContext, { head: begun = 0, from = 0, highWaterMark = 4_096 } = {}) => {
  const clock = new ManualClock();
  const output = new PassThrough({ highWaterMark });
  const listeners = new Set<() => void>();
  let head = begun;
  let asked = 0;
  const reader: EventReader = {
    history: 'h.1',
    from,
    status: undefined,
    head: () => head,
    read: async (after, limit) => {
      asked += 1;
      const upTo = Math.min(head, after + limit);
      return ok({ events: Array.from({ length: upTo - after }, (_, i) => eventAt(after + 1 + i)), upTo });
    },
    follow: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const feed = new EventFeed({ reader, output, clock });
  const running = feed.run();
  context.after(async () => {
    feed.leave();
    await running;
  });
  let read = '';
  return {
    clock,
    output,
    feed,
    running,
    listeners,
    asked: () => asked,
    grow: (count: number) => {
      head += count;
      for (const listener of listeners) listener();
    },
    unread: () => output.readableLength + output.writableLength,
    text: () => (read += String(output.read() ?? '')),
    /** The entries up to this one, read as they come. */
    readTo: async (seq: number): Promise<readonly number[]> => {
      const end = `id: h.1.${seq}\n`;
      for (let tail = read; !tail.includes(end); await turn()) {
        const part = String(output.read() ?? '');
        read += part;
        tail = tail.slice(-2 * eventCharacters) + part;
      }
      return [...read.matchAll(/^id: h\.1\.(\d+)\nevent: tasks/gm)].map(([, id]) => Number(id));
    },
  };
};

/** As long as anything goes on by itself. */
const quiet = async ({ asked }: Pick<ReturnType<typeof feeding>, 'asked'>): Promise<void> => {
  for (let before = -1; before !== asked(); await turn()) {
    before = asked();
    await turn();
  }
};

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, i) => i + 1);

describe('a feed of events', () => {
  it('tells what there is and then what comes, each once', async (t) => {
    const it = feeding(t, { head: 200 });
    assert.deepEqual(await it.readTo(200), upTo(200));
    it.grow(1);
    it.grow(100);
    assert.deepEqual(await it.readTo(301), upTo(301));
    assert.match(it.text(), new RegExp(`^: listening\nretry: ${streamRetryMs}\n\nid: `));
  });

  it('begins behind the entry that it is told', async (t) => {
    const it = feeding(t, { head: 10, from: 7 });
    assert.deepEqual(await it.readTo(10), [8, 9, 10]);
  });

  it('writes nothing after its end, and follows the journal no more', async (t) => {
    const it = feeding(t);
    it.feed.end('stopping', 'It stops.');
    it.feed.end('again', 'It stops again.');
    it.grow(5);
    it.clock.advance(streamKeepAliveMs);
    await it.running;
    assert.equal(it.listeners.size, 0);
    const end = `event: end\ndata: {"reason":"stopping","message":"It stops.","retry":${streamRetryMs}}\n\n`;
    assert.equal(it.text(), `: listening\nretry: ${streamRetryMs}\n\n${end}`);
    assert.equal(it.output.writableEnded, true);
  });
});

describe('a feed of events whose reader is slow', () => {
  it('keeps no more than the buffer and one event for it, and goes on when it reads', async (t) => {
    const it = feeding(t);
    await quiet(it);
    it.grow(5_000);
    await quiet(it);
    const pages = it.asked();
    // A stream of Node that only passes on has two buffers.
    const most = 2 * (4_096 + 2 * eventCharacters);
    assert.ok(it.unread() <= most, `${it.unread()} bytes`);
    for (let i = 0; i < 100; i += 1) it.grow(10);
    await quiet(it);
    assert.ok(it.unread() <= most, `${it.unread()} bytes`);
    assert.equal(it.asked(), pages, 'nothing is read from the journal for it');
    assert.deepEqual(await it.readTo(6_000), upTo(6_000));
  });

  it('ends it once it had caught up and is too far behind', async (t) => {
    const it = feeding(t);
    await quiet(it);
    it.grow(100);
    await quiet(it);
    it.grow(eventsBehindMax - 100);
    assert.equal(it.output.writableEnded, false);
    it.grow(100);
    assert.equal(it.output.writableEnded, true);
    await it.running;
    let text = '';
    for await (const part of it.output) text += String(part);
    assert.match(text, /\n\nevent: end\ndata: {"reason":"too_slow",[^\n]*}\n\n$/);
  });

  it('lets it read the past as slowly as it likes', async (t) => {
    const it = feeding(t, { head: 2 * eventsBehindMax });
    await quiet(it);
    it.grow(1);
    assert.equal(it.output.writableEnded, false);
    const last = 2 * eventsBehindMax + 1;
    assert.equal((await it.readTo(last)).length, last);
  });

  it('ends it when it has read nothing for a minute, and cuts it off when it does not hear that', async (t) => {
    const it = feeding(t, { head: 100 });
    await quiet(it);
    it.clock.advance(streamStallMs - 1);
    assert.equal(it.output.writableEnded, false);
    it.clock.advance(1);
    assert.equal(it.output.writableEnded, true);
    await it.running;
    it.clock.advance(streamLastWordMs - 1);
    assert.equal(it.output.destroyed, false);
    it.clock.advance(1);
    assert.equal(it.output.destroyed, true);
  });
});
