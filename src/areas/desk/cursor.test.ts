import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { answerOver } from '../../testing/busy-workspace.ts';
import { look, send, textsOf, twoProcesses, waiting } from '../../testing/waiting-agents.ts';

describe('what a repeat of wait or inbox says', () => {
  it('DE12 shows the same again to who repeats a cursor or a request', async () => {
    const { one } = await twoProcesses();
    const { cursor } = await look(one, 'bob');
    await send(one, 'ada', { to: 'bob', text: 'precious' });
    for (let n = 0; n < 3; n += 1)
      assert.deepEqual(textsOf(await look(one, 'bob', { since: cursor })), ['precious']);
    const { id } = await send(one, 'ada', { to: 'bob', text: 'second', ack_within_s: 60 });
    const inbox = async (requestId: string, input = {}) =>
      z
        .looseObject({ messages: z.array(z.looseObject({ text: z.string() })) })
        .parse(await answerOver(one, 'bob', { operation: 'inbox', requestId, input }))
        .messages.map(({ text }) => text);
    for (let n = 0; n < 3; n += 1) assert.deepEqual(await inbox('read'), ['second']);
    assert.deepEqual(await inbox('more'), []);
    await send(one, 'ada', { to: 'bob', text: 'third' });
    for (let n = 0; n < 3; n += 1) assert.deepEqual(await inbox('ack', { ack: [id] }), ['third']);
    assert.deepEqual(await inbox('next'), []);
  });

  it('ME11 read_to says which messages have arrived, and all others are shown again', async () => {
    const { one } = await twoProcesses();
    const inbox = async (input = {}) =>
      z
        .looseObject({
          messages: z.array(z.looseObject({ text: z.string() })),
          up_to: z.object({ messages: z.number() }).optional(),
        })
        .parse(await answerOver(one, 'bob', { operation: 'inbox', input }));
    for (const text of ['one', 'two', 'three']) await send(one, 'ada', { to: 'bob', text });
    const first = await inbox({ limit: 1 });
    await inbox({ read_to: first.up_to?.messages });
    const again = await inbox({ read_to: first.up_to?.messages });
    assert.deepEqual(
      again.messages.map(({ text }) => text),
      ['two', 'three'],
    );
    assert.deepEqual((await inbox({ read_to: again.up_to?.messages })).messages, []);
  });
});

describe('a cursor of part of what there is', () => {
  it('DE12 stands before what was not asked for, and tells the rest once', async () => {
    const { one } = await twoProcesses();
    await send(one, 'ada', { to: 'bob', text: 'early' });
    await answerOver(one, 'bob', { operation: 'task_add', input: { title: 'x' } });
    await answerOver(one, 'bob', { operation: 'task_claim', input: { id: 'T-1' } });
    await answerOver(one, 'ada', {
      operation: 'task_update',
      input: { id: 'T-1', revision: 2, status: 'cancelled', reason: 'not needed' },
    });
    const tasks = await look(one, 'bob', { for: ['task'] });
    assert.deepEqual(
      tasks.events.map(({ kind }) => kind),
      ['task_lost'],
    );
    const idle = await look(one, 'bob', { for: ['task'], since: tasks.cursor });
    assert.deepEqual([idle.events, idle.messages], [[], []], 'a loop over one kind does not turn idly');
    const all = await look(one, 'bob', { since: idle.cursor });
    assert.deepEqual([textsOf(all), all.events], [['early'], []]);
    await send(one, 'ada', { to: 'bob', text: 'late' });
    const last = await look(one, 'bob', { since: all.cursor });
    assert.deepEqual(textsOf(last), ['late']);
    await look(one, 'bob', { since: last.cursor });
    assert.deepEqual(
      one.carried.take().map(({ surfaced }) => surfaced),
      [last.up_to?.messages],
    );
    assert.deepEqual((await answerOver(one, 'bob', { operation: 'inbox' }))['messages'], []);
  });

  it('DE13 of entries that there are not yet is refused', async () => {
    const { one } = await twoProcesses();
    const { cursor } = await look(one, 'bob');
    const [tag = ''] = /\.a[^.]+$/.exec(cursor) ?? [];
    const placed = cursor.slice(0, -tag.length);
    const ahead = placed.replace(/\d+$/, String(one.seq + 1)) + tag;
    const refused = await waiting(one, 'bob', { wait_ms: 0, since: ahead });
    assert.equal(refused.ok ? 'answered' : refused.code, 'history_changed');
    const part = await waiting(one, 'bob', { wait_ms: 0, since: `${placed}.t${one.seq + 1}${tag}` });
    assert.equal(part.ok ? 'answered' : part.code, 'history_changed');
  });
});

describe('a cursor that is passed on', () => {
  it('ME11 proves by itself that what led there has arrived, also to a process that did not give it', async () => {
    const { one, two } = await twoProcesses();
    await send(one, 'ada', { to: 'bob', text: 'one' });
    const first = await look(one, 'bob');
    await send(one, 'ada', { to: 'bob', text: 'two' });
    const second = await look(two, 'bob', { since: first.cursor });
    assert.deepEqual(textsOf(second), ['two']);
    assert.notEqual(second.up_to?.messages, undefined);
    const third = await look(two, 'bob', { since: second.cursor });
    assert.deepEqual(
      two.carried.take().map(({ agent, surfaced }) => [agent, surfaced]),
      [['bob', Number(third.cursor.split('.')[2])]],
    );
    assert.deepEqual((await answerOver(two, 'bob', { operation: 'inbox' }))['messages'], []);
  });

  it('DE13 of another agent is refused, and proves nothing to have arrived', async () => {
    const { one } = await twoProcesses();
    await send(one, 'ada', { to: 'bob', text: 'for bob' });
    assert.deepEqual(textsOf(await look(one, 'bob')), ['for bob']);
    const { cursor } = await look(one, 'ada');
    const refused = await waiting(one, 'bob', { wait_ms: 0, since: cursor });
    assert.equal(refused.ok ? 'answered' : refused.code, 'invalid_input');
    assert.deepEqual(textsOf(await look(one, 'bob')), ['for bob']);
  });

  it('ME11 that is refused proves no event of the answer before to have arrived', async () => {
    const { one } = await twoProcesses();
    await answerOver(one, 'bob', { operation: 'lock_acquire', input: { name: 'pytest' } });
    await answerOver(one, 'ada', { operation: 'lock_break', input: { name: 'pytest', reason: 'r' } });
    const { events, cursor } = await look(one, 'bob');
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['lock_asked'],
    );
    const foreign = cursor.replace(/^[^.]+/, 'other');
    assert.equal((await waiting(one, 'bob', { wait_ms: 0, since: foreign })).ok, false);
    assert.deepEqual((await look(one, 'bob')).events, events);
  });

  it('DE13 of another history is refused', async () => {
    const { one } = await twoProcesses();
    const { cursor } = await look(one, 'bob');
    const refused = await waiting(one, 'bob', { since: cursor.replace(/^[^.]+/, 'other') });
    assert.equal(refused.ok ? 'answered' : refused.code, 'history_changed');
  });
});
