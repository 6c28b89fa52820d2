import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { ok, refuse } from '../../src/kernel/errors.ts';
import { type EventReader, noEvents } from '../../src/surfaces/hub-events.ts';
import {
  eventStreamsPerPrincipalMax,
  eventsBehindMax,
  streamKeepAliveMs,
  streamRetryMs,
} from '../../src/surfaces/http/limits.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { type Asked, EventParser, EventStream, type Told, entryIn } from './event-client.ts';
import { type Served, type Wrap, errorOf, post, serve } from './serving.ts';

const add = (served: Served, title: string, headers: Record<string, string> = {}) =>
  post(served, 'task_add', { body: { title }, headers });

/** Adds this many tasks with one call, which writes one entry for each. */
const addMany = (served: Served, count: number, body: string) =>
  post(served, 'task_add', { body: { tasks: Array.from({ length: count }, () => ({ title: 'x', body })) } });

const startAs = async (served: Served, agent: string): Promise<Record<string, string>> => {
  await post(served, 'start', { body: { agent }, headers: { 'signalbox-connection': agent } });
  return { 'signalbox-connection': agent };
};

const refusalOf = async ({ url }: Served, { query = '', headers = {} }: Asked) => {
  const response = await fetch(`${url}/v1/events${query}`, { headers });
  return { status: response.status, ...errorOf(await response.json()) };
};

const seqOf = ({ id }: Told): number => Number(id.split('.').at(-1));

describe('GET /v1/events', () => {
  it('begins with how things stand, and goes on with each entry', async (t) => {
    const served = await serve(t);
    await add(served, 'before');
    const stream = await EventStream.open(t, served.url);
    assert.match(stream.headers.get('content-type') ?? '', /^text\/event-stream/);
    const snapshot = await stream.one();
    assert.deepEqual(
      [snapshot.event, snapshot.data],
      ['snapshot', { seq: 1, status: (await post(served, 'status')).body }],
    );
    await add(served, 'after');
    const told = await stream.one();
    assert.equal(told.event, 'tasks.added');
    assert.equal(told.id, snapshot.id.replace(/1$/, '2'));
    const { time, ...rest } = entryIn(told);
    assert.deepEqual(rest, {
      seq: 2,
      type: 'tasks.added',
      area: 'tasks',
      actor: { principal: 'owner' },
      data: { id: 'T-2', number: 2, title: 'after', priority: 3 },
      cause: { by: 'task_add' },
    });
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
  });

  it('delivers nothing to the agent in whose name it is opened', async (t) => {
    const served = await serve(t);
    const [ada, bob] = [await startAs(served, 'ada'), await startAs(served, 'bob')];
    const { body } = await post(served, 'message_send', { headers: ada, body: { to: 'bob', text: 'x' } });
    const { id } = z.looseObject({ id: z.string() }).parse(body);
    await post(served, 'inbox', { headers: bob, body: {} });
    for (let opened = 0; opened < 2; opened += 1)
      await (await EventStream.open(t, served.url, { headers: bob })).one();
    const again = await post(served, 'message_get', { headers: ada, body: { id } });
    assert.match(JSON.stringify(again.body), /"stored":1/);
  });

  it('tells raw text, and no handle of a session', async (t) => {
    const served = await serve(t);
    const title = '<b>"x"</b> data: y \u{1f600}';
    const ada = await startAs(served, 'ada');
    await add(served, title, ada);
    await post(served, 'task_claim', { headers: ada, body: { id: 'T-1' } });
    const stream = await EventStream.open(t, served.url, { query: '?since=0' });
    const told = [entryIn(await stream.one()), entryIn(await stream.one()), entryIn(await stream.one())];
    assert.deepEqual(
      told.map(({ type }) => type),
      ['agents.started', 'tasks.added', 'tasks.claimed'],
    );
    assert.equal(told[1]?.data['title'], title);
    assert.deepEqual(told[1]?.actor, { principal: 'owner', agent: 'ada' });
    assert.deepEqual(told[2]?.data, { id: 'T-1', revision: 2, agent: 'ada', status: 'in_progress' });
    assert.doesNotMatch(JSON.stringify(told), /session|connection/);
  });
});

describe('GET /v1/events with an id to go on from', () => {
  it('goes on behind it, in the header or else in the address, or behind a number', async (t) => {
    const served = await serve(t);
    for (const title of ['a', 'b', 'c']) await add(served, title);
    const all = await EventStream.open(t, served.url, { query: '?since=0' });
    const ids = [(await all.one()).id, (await all.one()).id, (await all.one()).id];
    const next = async (asked: Asked) => seqOf(await (await EventStream.open(t, served.url, asked)).one());
    assert.equal(await next({ query: `?since=${ids[0]}` }), 2);
    assert.equal(await next({ headers: { 'last-event-id': ids[1] ?? '' } }), 3);
    assert.equal(await next({ query: `?since=${ids[0]}`, headers: { 'last-event-id': ids[1] ?? '' } }), 3);
    assert.equal(await next({ query: '?since=1' }), 2);
    const end = await EventStream.open(t, served.url, { query: `?since=${ids[2]}` });
    await add(served, 'd');
    assert.equal(seqOf(await end.one()), 4);
  });

  it('refuses an id of another history before the stream begins', async (t) => {
    const served = await serve(t);
    await add(served, 'x');
    const { id } = await (await EventStream.open(t, served.url, { query: '?since=0' })).one();
    const foreign = id.replace(/^[^.]+/, '00000000-0000-4000-8000-000000000000');
    for (const since of [foreign, id.replace(/\.1\.1$/, '.2.1'), id.replace(/1$/, '7'), '2']) {
      for (const asked of [{ query: `?since=${since}` }, { headers: { 'last-event-id': since } }]) {
        const { status, code } = await refusalOf(served, asked);
        assert.deepEqual([status, code], [410, 'history_changed'], since);
      }
    }
    for (const since of ['x', '-1', '1.', '1e3', `${id}x`, '9'.repeat(300)]) {
      const { status, code } = await refusalOf(served, { query: `?since=${since}` });
      assert.deepEqual([status, code], [400, 'invalid_input'], since);
    }
  });
});

describe('GET /v1/events that cannot be answered', () => {
  it('refuses a workspace, an agent and a hub that there are not, and another method', async (t) => {
    const served = await serve(t);
    const codeOf = async (asked: Asked) => (await refusalOf(served, asked)).code;
    assert.equal(await codeOf({ headers: { 'signalbox-workspace': 'nowhere' } }), 'workspace_unknown');
    assert.equal(await codeOf({ query: '?workspace=nowhere' }), 'workspace_unknown');
    assert.equal(await codeOf({ headers: { 'signalbox-agent': 'nobody' } }), 'agent_unknown');
    assert.equal(await codeOf({ headers: { 'signalbox-hub': 'elsewhere' } }), 'other_hub');
    assert.equal((await fetch(`${served.url}/v1/events`, { method: 'POST' })).status, 405);
  });

  it('is refused by what has no journal', async (t) => {
    const served = await serve(t, () => ({ events: async () => noEvents }));
    assert.equal((await refusalOf(served, {})).code, 'route_unknown');
  });

  it('has a limit for each principal, and room again when one has gone', async (t) => {
    const ended = Promise.withResolvers<void>();
    const reader: EventReader = {
      history: 'h.1',
      from: 0,
      status: undefined,
      head: () => 0,
      read: async (after) => ok({ events: [], upTo: after }),
      follow: () => () => ended.resolve(),
    };
    const served = await serve(t, () => ({ events: async () => ok(reader) }));
    const requests = await Promise.all(
      Array.from({ length: eventStreamsPerPrincipalMax }, async () => {
        const request = get(`${served.url}/v1/events`, { agent: false }).on('error', () => {});
        t.after(() => request.destroy());
        await once(request, 'response');
        return request;
      }),
    );
    const { code, retryable, details } = await refusalOf(served, {});
    assert.deepEqual(
      [code, retryable, details['streamsPerPrincipalMax']],
      ['overloaded', true, eventStreamsPerPrincipalMax],
    );
    requests[0]?.destroy();
    await ended.promise;
    await EventStream.open(t, served.url);
  });
});

describe('the filters of GET /v1/events', () => {
  const filled = async (t: TestContext) => {
    const served = await serve(t);
    const [ada, bob] = [await startAs(served, 'ada'), await startAs(served, 'bob')];
    await add(served, 'one', ada);
    await add(served, 'two', bob);
    await post(served, 'task_claim', { headers: ada, body: { id: 'T-1' } });
    await post(served, 'task_update', { headers: bob, body: { id: 'T-1', note: 'For ada.' } });
    return served;
  };

  const seqsOf = async (stream: EventStream, count: number) => {
    const seqs: number[] = [];
    while (seqs.length < count) seqs.push(seqOf(await stream.one()));
    return seqs;
  };

  it('choose areas, agents and kinds', async (t) => {
    const served = await filled(t);
    const told = async (query: string, count: number) =>
      seqsOf(await EventStream.open(t, served.url, { query: `?since=0&${query}` }), count);
    assert.deepEqual(await told('area=agents', 2), [1, 2]);
    assert.deepEqual(await told('area=agents,tasks', 6), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(await told('kind=tasks.added&kind=tasks.noted', 3), [3, 4, 6]);
    // What ada did, and what concerns her: bob's note on what she holds.
    assert.deepEqual(await told('agent=ada', 4), [1, 3, 5, 6]);
    assert.deepEqual(await told('agent=ada&kind=tasks.added', 1), [3]);
  });

  it('refuse unknown names, with the nearest', async (t) => {
    const served = await filled(t);
    const unknown = [
      ['area=task', 'invalid_input', 'tasks'],
      ['area=tasks,', 'invalid_input', undefined],
      ['kind=tasks.aded', 'invalid_input', 'tasks.added'],
      ['kind=snapshot', 'invalid_input', undefined],
      ['agent=adda', 'agent_unknown', 'ada'],
    ] as const;
    for (const [query, code, nearest] of unknown) {
      const refused = await refusalOf(served, { query: `?${query}` });
      assert.deepEqual([refused.code, refused.details['nearest']], [code, nearest], query);
    }
    const strange = await refusalOf(served, { query: '?areas=tasks' });
    assert.deepEqual([strange.code, /Did you mean area\?/.test(strange.message)], ['invalid_input', true]);
    assert.equal((await refusalOf(served, { query: '?since=1&since=2' })).code, 'invalid_input');
  });

  it('tell with the sign of life how far they have looked', async (t) => {
    const clock = new ManualClock();
    const served = await serve(t, () => ({}), { clock });
    const stream = await EventStream.open(t, served.url, { query: '?area=agents' });
    const { id } = await stream.one();
    await add(served, 'x');
    assert.equal(await stream.comment(), 'listening');
    clock.advance(streamKeepAliveMs);
    assert.equal(await stream.comment(), 'alive');
    assert.equal(stream.parser.lastId, id.replace(/0$/, '1'));
  });
});

describe('a stream of events', () => {
  it('says every 15 seconds that it lives', async (t) => {
    const clock = new ManualClock();
    const served = await serve(t, () => ({}), { clock });
    const stream = await EventStream.open(t, served.url);
    await stream.one();
    clock.advance(streamKeepAliveMs - 1);
    await add(served, 'x');
    await stream.one();
    assert.equal(await stream.comment(), 'listening');
    assert.deepEqual(stream.parser.comments, []);
    for (const waitMs of [1, streamKeepAliveMs, streamKeepAliveMs]) {
      clock.advance(waitMs);
      assert.equal(await stream.comment(), 'alive');
    }
  });
});

describe('the end of a stream of events', () => {
  it('is a last event when the hub stops', async (t) => {
    const served = await serve(t);
    const stream = await EventStream.open(t, served.url);
    await stream.one();
    await served.surface.close();
    const { event, data } = await stream.one();
    assert.equal(event, 'end');
    const { reason, retry } = data as { reason: unknown; retry: unknown };
    assert.deepEqual([reason, retry], ['stopping', streamRetryMs]);
    assert.equal(await stream.next(), undefined);
  });

  it('is a last event when the journal cannot be read', async (t) => {
    const broken: Wrap = (hub) => ({
      events: async (asked) => {
        const opened = await (hub.events?.(asked) ?? noEvents);
        return opened.ok
          ? ok({ ...opened.value, read: async () => refuse('storage_failed', 'The disk is gone.') })
          : opened;
      },
    });
    const served = await serve(t, broken);
    const stream = await EventStream.open(t, served.url, { query: '?since=0' });
    const { event, data } = await stream.one();
    assert.deepEqual(
      [event, data],
      ['end', { reason: 'storage_failed', message: 'The disk is gone.', retry: streamRetryMs }],
    );
    assert.equal(await stream.next(), undefined);
  });

  it('comes when its reader goes', async (t) => {
    const { wrap, ended } = unfollowed();
    const served = await serve(t, wrap);
    const stream = await EventStream.open(t, served.url);
    await stream.one();
    stream.close();
    await ended;
  });
});

describe('a stream of events that nobody reads', () => {
  it('is cut off, and nothing is lost', async (t) => {
    const clock = new ManualClock();
    const { wrap, ended } = unfollowed();
    const served = await serve(t, wrap, { clock });
    const socket = connect(served.port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'readable');
    const perCall = 100;
    const body = 'x'.repeat(2_000);
    let written = 0;
    // More than the limit, on top of what the buffers on the way take.
    for (let over = false; !over; written += perCall) {
      over = await Promise.race([ended.then(() => true), addMany(served, perCall, body).then(() => false)]);
      assert(written < 5 * eventsBehindMax, 'it is not cut off');
    }
    let raw = '';
    for await (const chunk of socket) raw += String(chunk);
    const parser = new EventParser();
    const told = parser.take(unchunked(raw));
    assert.deepEqual(
      told.map(seqOf).slice(0, -1),
      Array.from({ length: told.length - 1 }, (_, i) => i),
    );
    const { event, data } = told.at(-1) ?? { event: '', data: undefined };
    assert.deepEqual([event, (data as { reason: unknown }).reason], ['end', 'too_slow']);
    const again = await EventStream.open(t, served.url, { headers: { 'last-event-id': parser.lastId } });
    assert.equal(seqOf(await again.one()), told.length - 1);
  });
});

/** Tells when the first stream does not follow the journal any more. */
const unfollowed = () => {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const wrap: Wrap = (hub) => ({
    events: async (asked) => {
      const opened = await (hub.events?.(asked) ?? noEvents);
      if (!opened.ok) return opened;
      const follow: EventReader['follow'] = (listener) => {
        const end = opened.value.follow(listener);
        return () => {
          end();
          resolve();
        };
      };
      return ok({ ...opened.value, follow });
    },
  });
  return { wrap, ended };
};

/** The body of an answer in chunks, whose text is all ASCII. */
const unchunked = (raw: string): string => {
  let body = '';
  let at = raw.indexOf('\r\n\r\n') + 4;
  for (;;) {
    const end = raw.indexOf('\r\n', at);
    const size = Number.parseInt(raw.slice(at, end), 16);
    if (!(size > 0)) return body;
    body += raw.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
};
