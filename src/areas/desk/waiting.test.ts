import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { operations } from '../operations.ts';
import { answerOver, callOver } from '../../testing/busy-workspace.ts';
import { open } from '../../testing/engine-harness.ts';
import {
  flush,
  look,
  send,
  textsOf,
  turns,
  twoProcesses,
  valueOf,
  waiting,
} from '../../testing/waiting-agents.ts';

describe('wait', () => {
  it('DE11 is woken by a message that was sent here or by another process', async () => {
    const { one, two } = await twoProcesses();
    for (const from of [one, two]) {
      const call = waiting(one, 'bob', { wait_ms: 60_000 });
      await turns();
      assert.equal(one.waiting, 1);
      const { id } = await send(from, 'ada', { to: 'bob', text: 'hello' });
      const { messages, events } = valueOf(await call);
      assert.deepEqual(
        messages.map((message) => [message.id, message.text, message['from']]),
        [[id, 'hello', 'ada']],
      );
      assert.deepEqual(events, []);
      assert.equal(one.waiting, 0);
    }
  });

  it('DE11 is not woken by what concerns others, and answers with nothing when its time is over', async () => {
    const { one, clock } = await twoProcesses();
    const call = waiting(one, 'bob', { wait_ms: 7_000 });
    await turns();
    await send(one, 'ada', { to: 'ada' });
    for (const ms of [5_000, 2_000]) {
      await turns();
      assert.equal(one.waiting, 1);
      clock.advance(ms);
    }
    const { messages, events, cursor } = valueOf(await call);
    assert.deepEqual([messages, events], [[], []]);
    const next = waiting(one, 'bob', { since: cursor });
    await turns();
    await send(one, 'ada', { to: 'bob', text: 'later' });
    assert.deepEqual(textsOf(valueOf(await next)), ['later']);
  });

  it('DE11 tells events as well: a task that was taken away, a message that was not read in time', async () => {
    const { one, clock } = await twoProcesses();
    await answerOver(one, 'bob', { operation: 'task_add', input: { title: 'x' } });
    await answerOver(one, 'bob', { operation: 'task_claim', input: { id: 'T-1' } });
    await send(one, 'bob', { to: 'ada', expires_in_s: 1 });
    const lost = waiting(one, 'bob', { wait_ms: 60_000 });
    await turns();
    await answerOver(one, 'ada', {
      operation: 'task_update',
      input: { id: 'T-1', revision: 2, status: 'cancelled', reason: 'not needed' },
    });
    const { events, cursor } = valueOf(await lost);
    assert.deepEqual(
      events.map(({ kind, ref }) => [kind, ref]),
      [['task_lost', 'T-1']],
    );
    const failed = waiting(one, 'bob', { wait_ms: 60_000, since: cursor });
    await turns();
    clock.advance(1_000);
    await one.tick();
    assert.deepEqual(
      valueOf(await failed).events.map(({ kind }) => kind),
      ['message_undelivered'],
    );
  });
});

describe('wait for certain things', () => {
  it('DE11 waits only for what was asked for, and needs an agent', async () => {
    const { one } = await twoProcesses();
    await send(one, 'ada', { to: 'bob' });
    assert.deepEqual(textsOf(await look(one, 'bob', { for: ['task', 'lock'] })), []);
    assert.deepEqual(textsOf(await look(one, 'bob', { for: ['message'] })), ['x']);
    assert.equal((await waiting(one, 'nobody')).ok, false);
    const unknown = operations.find(({ name }) => name === 'wait')?.prepare({ for: ['weather'] });
    assert.equal(unknown?.ok === false && unknown.code, 'invalid_input');
  });
});

describe('the cursor of wait', () => {
  it('DE12 misses nothing between two calls, and tells nothing twice', async () => {
    const { one, two } = await twoProcesses();
    const told: string[] = [];
    let since: string | undefined;
    for (let round = 0; round < 30; round += 1) {
      for (let n = 0; n <= round % 3; n += 1) {
        await send(n === 0 ? one : two, 'ada', { to: 'bob', text: `${round}.${n}` });
      }
      if (round % 4 === 3) await flush(one);
      const answer = await look(one, 'bob', since === undefined ? {} : { since });
      told.push(...textsOf(answer));
      if (round % 5 !== 4) since = answer.cursor;
      else since = undefined;
    }
    const all = Array.from({ length: 30 }, (_, round) =>
      Array.from({ length: (round % 3) + 1 }, (__, n) => `${round}.${n}`),
    ).flat();
    assert.deepEqual(told, all);
  });

  it('DE12 stands before what did not fit, which comes next', async () => {
    const { one } = await twoProcesses();
    for (const size of [30_000, 30_000, 31_000, 5])
      await send(one, 'ada', { to: 'bob', text: 'x'.repeat(size) });
    const first = await look(one, 'bob');
    assert.deepEqual([textsOf(first).map(({ length }) => length), first.more], [[30_000, 30_000], 2]);
    const second = await look(one, 'bob', { since: first.cursor });
    assert.deepEqual(
      textsOf(second).map(({ length }) => length),
      [31_000, 5],
    );
    const again = await look(one, 'bob', { since: first.cursor });
    assert.deepEqual(textsOf(again), textsOf(second), 'an older cursor shows that the answer was lost');
    await look(one, 'bob', { since: again.cursor });
    const old = await look(one, 'bob', { since: first.cursor });
    assert.deepEqual(old.messages, [], 'what has arrived is not told again, even for an older cursor');
  });
});

describe('what wait has told', () => {
  it('DE12 without one goes on from what has arrived: an aborted wait moves nothing', async () => {
    const { vault, one } = await twoProcesses();
    const gone = new AbortController();
    const call = waiting(one, 'bob', { wait_ms: 60_000, signal: gone.signal });
    await turns();
    const sending = send(one, 'ada', { to: 'bob', text: 'precious' });
    gone.abort();
    await Promise.all([call, sending]);
    assert.deepEqual(textsOf(await look(one, 'bob')), ['precious']);
    await callOver(one, 'bob', { operation: 'status' });
    await flush(one);
    const next = await open(vault);
    assert.deepEqual(textsOf(await look(next.engine, 'bob')), [], 'the journal says that it has arrived');
  });

  it('DE12 a process that dies has proven nothing that was not called for', async () => {
    const { vault, one } = await twoProcesses();
    await send(one, 'ada', { to: 'bob', text: 'precious' });
    assert.deepEqual(textsOf(await look(one, 'bob')), ['precious']);
    await flush(one);
    const next = await open(vault);
    assert.deepEqual(textsOf(await look(next.engine, 'bob')), ['precious']);
  });

  it('DE12 inbox and wait tell a session each message once', async () => {
    const { one } = await twoProcesses();
    await send(one, 'ada', { to: 'bob', text: 'one' });
    const inbox = async () =>
      z
        .looseObject({ messages: z.array(z.looseObject({ text: z.string() })) })
        .parse(await answerOver(one, 'bob', { operation: 'inbox' }))
        .messages.map(({ text }) => text);
    assert.deepEqual(await inbox(), ['one']);
    await send(one, 'ada', { to: 'bob', text: 'two' });
    assert.deepEqual(textsOf(await look(one, 'bob')), ['two']);
    assert.deepEqual(await inbox(), []);
  });

  it('DE12 the hint does not name what this answer carries or has arrived', async () => {
    const { one } = await twoProcesses();
    await send(one, 'ada', { to: 'bob' });
    const hints: (string | undefined)[] = [];
    for (const operation of ['task_list', 'inbox', 'task_list']) {
      const outcome = await callOver(one, 'bob', { operation });
      assert.ok(outcome.ok);
      hints.push(outcome.value.waiting);
    }
    assert.deepEqual(hints, ['1 message: call inbox', undefined, undefined]);
  });
});

it('LE43 that a lock is asked for is a hint to wait, until wait has told it', async () => {
  const { one } = await twoProcesses();
  await answerOver(one, 'bob', { operation: 'lock_acquire', input: { name: 'pytest' } });
  const ask = { operation: 'lock_break', input: { name: 'pytest', reason: 'r' } };
  await answerOver(one, 'ada', ask);
  const hint = async () => {
    const reply = await callOver(one, 'bob', { operation: 'status' });
    return reply.ok ? reply.value.waiting : reply.code;
  };
  assert.equal(await hint(), '1 lock_asked: call wait');
  const { events } = await look(one, 'bob');
  assert.deepEqual(
    events.map(({ kind, ref }) => [kind, ref]),
    [['lock_asked', 'pytest']],
  );
  assert.equal(await hint(), undefined, 'as soon as it has arrived');
  await flush(one);
  assert.equal(await hint(), undefined, 'and once that is written');
});

it('ME15 what has arrived has not expired unread, also before the journal says that it arrived', async () => {
  const { one, clock } = await twoProcesses();
  const { id } = await send(one, 'ada', { to: 'bob', expires_in_s: 1 });
  await look(one, 'bob');
  await callOver(one, 'bob', { operation: 'status' });
  clock.advance(1_000);
  await one.tick();
  const { deliveries } = z
    .looseObject({ deliveries: z.array(z.looseObject({ state: z.string() })) })
    .parse(await answerOver(one, 'ada', { operation: 'message_get', input: { id } }));
  assert.deepEqual(
    deliveries.map(({ state }) => state),
    ['surfaced'],
  );
});

describe('a ready task', () => {
  it('DE14 is waited for on request, as long as the agent could claim it', async () => {
    const { one } = await twoProcesses();
    await answerOver(one, 'ada', { operation: 'task_add', input: { title: 'x' } });
    assert.deepEqual((await look(one, 'bob')).events, []);
    const ready = await look(one, 'bob', { for: ['ready'] });
    assert.deepEqual(
      ready.events.map(({ kind, ref }) => [kind, ref]),
      [['task_ready', 'T-1']],
    );
    await answerOver(one, 'bob', { operation: 'task_claim' });
    const call = waiting(one, 'bob', { for: ['ready'], wait_ms: 60_000 });
    await turns();
    assert.equal(one.waiting, 2, 'under two keys');
    await answerOver(one, 'ada', { operation: 'task_add', input: { title: 'y' } });
    assert.deepEqual(
      valueOf(await call).events.map(({ ref }) => ref),
      ['T-2'],
    );
  });
});

it('DE10 start and status count messages, and show no text of them', async () => {
  const { one } = await twoProcesses();
  for (const text of ['secret one', 'secret two']) await send(one, 'ada', { to: 'bob', text });
  const started = await answerOver(one, 'bob', { operation: 'start', input: { agent: 'bob' } });
  assert.deepEqual(started['waiting'], [
    { kind: 'message', ref: 'M-3', text: '2 unread messages. Read with inbox.' },
  ]);
  const status = await answerOver(one, 'bob', { operation: 'status' });
  assert.equal(status['unread_messages'], 2);
  assert.ok(!JSON.stringify([started, status]).includes('secret'));
});
