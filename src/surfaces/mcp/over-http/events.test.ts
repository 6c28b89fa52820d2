import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { EventLog, SessionEvents } from './events.ts';
import { limits } from './limits.ts';

const get = '_GET_stream';

const message = (text: string): JSONRPCMessage => ({
  jsonrpc: '2.0',
  method: 'notifications/x',
  params: { text },
});

const bytesOf = (text: string): number => Buffer.byteLength(JSON.stringify(message(text)));

const replayed = async (events: SessionEvents, last: string) => {
  const sent: (readonly [id: string, message: JSONRPCMessage])[] = [];
  const stream = await events.replayEventsAfter(last, { send: async (...event) => void sent.push(event) });
  return { stream, ids: sent.map(([id]) => id), messages: sent.map(([, said]) => said) };
};

describe('the events of a session', () => {
  it('are given again in their order, those of the same stream alone', async () => {
    const events = new SessionEvents(new EventLog(limits));
    const [one, , two] = [
      await events.storeEvent('a', message('1')),
      await events.storeEvent(get, message('2')),
      await events.storeEvent('a', message('3')),
    ];
    assert.deepEqual(await replayed(events, one), { stream: 'a', ids: [two], messages: [message('3')] });
    assert.deepEqual(await replayed(events, two), { stream: 'a', ids: [], messages: [] });
  });

  it('leave out those that only open a stream', async () => {
    const events = new SessionEvents(new EventLog(limits));
    const first = await events.storeEvent('a', message('1'));
    await events.storeEvent('a', {} as JSONRPCMessage);
    assert.deepEqual((await replayed(events, first)).ids, []);
  });

  it('are kept up to a number and an amount, the last ones', async () => {
    for (const bound of [{ eventsPerSessionMax: 3 }, { eventBytesPerSessionMax: 3 * bytesOf('1') }]) {
      const log = new EventLog({ ...limits, ...bound });
      const events = new SessionEvents(log);
      const ids: string[] = [];
      for (const text of '123456') ids.push(await events.storeEvent('a', message(text)));
      assert.deepEqual(
        ids.map((id) => events.resumes(id)),
        [false, false, false, true, true, true],
      );
      assert.equal(log.bytes, 3 * bytesOf('1'));
    }
  });

  it('are not kept at all when one alone is more than there may be', async () => {
    const log = new EventLog({ ...limits, eventBytesPerSessionMax: 10 });
    const events = new SessionEvents(log);
    assert.equal(events.resumes(await events.storeEvent('a', message('long'))), false);
    assert.equal(log.bytes, 0);
  });

  it('on the stream of notifications can always be gone on from, also when some in between are lost', async () => {
    const events = new SessionEvents(new EventLog({ ...limits, eventsPerSessionMax: 2 }));
    const seen = await events.storeEvent(get, message('1'));
    for (const text of '234') await events.storeEvent(get, message(text));
    assert(events.resumes(seen));
    const { stream, messages } = await replayed(events, seen);
    assert.deepEqual([stream, messages], [get, [message('3'), message('4')]]);
    for (const id of ['g99', 'g', '99', '', 'x1', 'g-1']) assert.equal(events.resumes(id), false, id);
  });

  it('share one bound with those of all sessions, and leave it when the session ends', async () => {
    const log = new EventLog({ ...limits, eventBytesMax: 4 * bytesOf('1') });
    const [first, second] = [new SessionEvents(log), new SessionEvents(log)];
    const oldest = await first.storeEvent('a', message('1'));
    const kept = await first.storeEvent('a', message('2'));
    for (const text of '345') await second.storeEvent('a', message(text));
    assert.deepEqual([first.resumes(oldest), first.resumes(kept)], [false, true]);
    assert.equal(log.bytes, 4 * bytesOf('1'));
    second.clear();
    assert.equal(log.bytes, bytesOf('1'));
    first.clear();
    assert.equal(log.bytes, 0);
  });
});
