import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dayMs, minuteMs, secondMs } from '../../kernel/instants.ts';
import { MessageOffice, seqOf } from '../../testing/message-office.ts';
import { TaskBoard, visitor } from '../../testing/task-board.ts';
import { initialSlices } from '../index.ts';
import { forgottenKeptMax } from './model/limits.ts';

describe('the inbox', () => {
  it('ME10 shows unread messages whole, oldest first, and counts the others', () => {
    const office = new MessageOffice();
    const { ada, bob } = office;
    for (const text of ['one', 'two', 'three']) office.send(ada, 'bob', { text });
    assert.deepEqual(office.texts(bob), ['one', 'two', 'three']);
    const first = office.inbox(bob, { limit: 2 });
    assert.deepEqual([first.messages.length, first.more], [2, 1]);
    assert.deepEqual(office.texts(ada), []);
    office.given.refused(visitor, 'inbox', { code: 'session_required' });
  });

  it('ME10 shows as many whole messages as fit into one answer', () => {
    const office = new MessageOffice();
    const { ada, bob } = office;
    for (const size of [30_000, 29_000, 2_000, 10]) office.send(ada, 'bob', { text: 'x'.repeat(size) });
    const { messages, more } = office.inbox(bob);
    assert.deepEqual([messages.map(({ text }) => text.length), more], [[30_000, 29_000], 2]);
  });

  it('ME10 shows on request what was read or expired, the latest first, behind what is unread', () => {
    const office = new MessageOffice();
    const { ada, bob } = office;
    office.send(ada, 'bob', { text: 'read' });
    office.read(bob);
    office.send(ada, 'bob', { text: 'expired', expires_in_s: 60 });
    office.given.pass(minuteMs);
    office.send(ada, 'bob', { text: 'new' });
    assert.deepEqual(office.texts(bob), ['new']);
    const { messages } = office.inbox(bob, { all: true });
    assert.deepEqual(
      messages.map(({ text, read, expired }) => [text, read, expired]),
      [
        ['new', undefined, undefined],
        ['expired', undefined, true],
        ['read', true, undefined],
      ],
    );
  });
});

describe('the cursor of the inbox', () => {
  it('ME11 counts as read what has arrived, and shows it again as long as it has not', () => {
    const office = new MessageOffice();
    const { given, ada, bob } = office;
    for (const text of ['one', 'two', 'three']) office.send(ada, 'bob', { text });
    const { up_to: upTo } = office.inbox(bob, { limit: 2 });
    assert.deepEqual(office.texts(bob), ['one', 'two', 'three'], 'the answer was lost');
    given.scenario.arrived = { surfaced: upTo?.messages ?? 0 };
    assert.deepEqual(office.texts(bob), ['three'], 'the call itself proves that it arrived');
    assert.deepEqual(office.texts(bob, { all: true }), ['three', 'two', 'one']);
    given.scenario.arrived = {};
    office.deliver({ agent: 'bob', surfaced: upTo?.messages });
    assert.deepEqual(office.texts(bob), ['three']);
  });

  it('ME11 moves the cursor only up to the first message that was not shown', () => {
    const office = new MessageOffice();
    const { ada, bob, cyd } = office;
    const ids = [ada, cyd, ada].map((from) => office.send(from, 'bob'));
    const fromAda = office.inbox(bob, { from: 'ada' });
    assert.deepEqual(
      fromAda.messages.map(({ id }) => id),
      [ids[0], ids[2]],
    );
    assert.equal(fromAda.up_to?.messages, seqOf(ids[0] ?? ''));
    assert.equal(office.inbox(bob, { from: 'cyd' }).up_to, undefined);
    assert.equal(office.inbox(bob).up_to?.messages, seqOf(ids[2] ?? ''));
  });

  it('ME12 moves cursors forward only, of agents that there are, and writes nothing when none moves', () => {
    const office = new MessageOffice();
    const { ada, bob, given } = office;
    const [one, two] = [office.send(ada, 'bob'), office.send(ada, 'bob')].map(seqOf);
    const moved = ['messages.delivered'];
    assert.deepEqual(office.deliver({ agent: 'bob', offered: two }), moved);
    assert.deepEqual(office.deliver({ agent: 'bob', surfaced: one, offered: one }), moved);
    assert.deepEqual(given.scenario.entries.at(-1)?.data, { cursors: [{ agent: 'bob', surfaced: one }] });
    assert.deepEqual(office.deliver({ agent: 'bob', surfaced: one }, { agent: 'nobody', told: 9 }), []);
    assert.deepEqual(office.deliver({ agent: 'bob' }), []);
    assert.equal(office.texts(bob).length, 1);
  });

  it('ME9 ME12 what many answers carried is one entry', () => {
    const office = new MessageOffice();
    const seq = seqOf(office.send(office.ada, 'everyone'));
    assert.deepEqual(office.deliver({ agent: 'bob', surfaced: seq }, { agent: 'cyd', told: seq }), [
      'messages.delivered',
    ]);
  });

  it('keeps the mailbox of an agent that leaves', () => {
    const office = new MessageOffice();
    const { given, ada, bob } = office;
    given.leave(bob);
    office.send(ada, 'bob', { text: 'late' });
    given.pass(dayMs);
    assert.deepEqual(office.texts(given.join('bob')), ['late']);
  });
});

describe('acknowledging', () => {
  it('ME13 by name is done once, and what was not got is not there', () => {
    const office = new MessageOffice();
    const { given, ada, bob, cyd } = office;
    const asked = office.send(ada, ['bob', 'cyd'], { ack_required: true });
    const plain = office.send(ada, 'bob');
    assert.deepEqual(office.inbox(bob, { ack: [asked, plain.toLowerCase()] }).acknowledged, [asked, plain]);
    assert.deepEqual(office.texts(bob), [], 'and it is read');
    assert.equal(office.inbox(bob, { ack: asked }).acknowledged, undefined);
    assert.deepEqual(given.types, []);
    given.refused(cyd, 'inbox', { code: 'not_found', input: { ack: plain } });
    given.refused(ada, 'inbox', { code: 'not_found', input: { ack: asked } });
    given.refused(bob, 'inbox', { code: 'not_found', input: { ack: [asked, 'M-999'] } });
    assert.deepEqual(office.states(ada, asked), {
      bob: `acknowledged ${office.time}`,
      cyd: `stored ${office.time}`,
    });
  });

  it('ME13 is possible after the time for it', () => {
    const office = new MessageOffice();
    const { given, ada, bob, cyd } = office;
    const id = office.send(ada, ['bob', 'cyd'], { ack_within_s: 120, expires_in_s: 60 });
    given.pass(minuteMs);
    assert.deepEqual(office.inbox(bob, { ack: id }).acknowledged, [id]);
    given.pass(minuteMs);
    assert.deepEqual(office.inbox(cyd, { ack: id }).acknowledged, [id]);
    assert.match(office.states(ada, id)['bob'] ?? '', /^acknowledged/);
    assert.deepEqual(office.texts(bob, { all: true }), ['x'], 'it is among what was read');
    assert.deepEqual(given.scenario.slices.messages, given.scenario.refolded(initialSlices).messages);
  });

  it('ME14 of all covers what was shown, arrived or written, and nothing else', () => {
    const office = new MessageOffice();
    const { given, ada, bob } = office;
    const [one = '', two = '', three = ''] = [1, 2, 3].map(() =>
      office.send(ada, 'bob', { ack_required: true }),
    );
    assert.equal(office.inbox(bob, { ack: 'all' }).acknowledged, undefined, 'nothing was shown before');
    office.read(bob, { limit: 1 });
    given.scenario.arrived = { surfaced: seqOf(two) };
    const { acknowledged, messages } = office.inbox(bob, { ack: 'all' });
    assert.deepEqual(acknowledged, [one, two]);
    assert.deepEqual(
      messages.map(({ id }) => id),
      [three],
    );
  });
});

describe('what is to be acknowledged', () => {
  it('ME14 ME20 of many is named in part and counted', () => {
    const office = new MessageOffice();
    const { given, ada, bob } = office;
    const ids = Array.from({ length: 105 }, () => office.send(ada, 'bob', { ack_required: true }));
    office.read(bob, { limit: 100 });
    office.read(bob);
    const owed = office.inbox(bob);
    assert.deepEqual(owed.to_acknowledge, ids.slice(0, 20));
    assert.equal(owed.to_acknowledge_total, 105);
    const waiting = given.attention('bob');
    assert.deepEqual(
      waiting.map(({ kind, ref }) => [kind, ref]),
      [...ids.slice(0, 100), ids.at(-1)].map((id) => ['message_ack', id]),
    );
    assert.match(waiting.at(-1)?.text ?? '', /^5 more are to be acknowledged/);
    const done = office.inbox(bob, { ack: 'all' });
    assert.deepEqual([done.acknowledged, done.acknowledged_total], [ids.slice(-20), 105]);
    assert.equal(done.to_acknowledge_total, undefined);
    const one = office.send(ada, 'bob');
    const single = office.inbox(bob, { ack: one });
    assert.deepEqual([single.acknowledged, single.acknowledged_total], [[one], 1]);
  });

  it('ME20 is asked for again in the inbox and among what waits, until it is done', () => {
    const office = new MessageOffice();
    const { given, ada, bob } = office;
    const id = office.send(ada, 'bob', { ack_within_s: 60 });
    office.read(bob);
    assert.deepEqual(office.inbox(bob).to_acknowledge, [id]);
    const [waiting] = given.attention('bob');
    assert.deepEqual([waiting?.kind, waiting?.ref, waiting?.seq], ['message_ack', id, seqOf(id)]);
    assert.match(waiting?.text ?? '', new RegExp(`inbox \\{"ack":\\["${id}"\\]\\}`));
    office.inbox(bob, { ack: 'all' });
    assert.deepEqual(given.attention('bob'), []);
    assert.equal(office.inbox(bob).to_acknowledge, undefined);
  });
});

describe('what became of a message', () => {
  it('ME16 is stored, offered, surfaced, acknowledged or expired, with the time', () => {
    const office = new MessageOffice();
    const { given, ada, bob } = office;
    const id = office.send(ada, 'bob', { ack_within_s: 600 });
    const stored = office.time;
    assert.deepEqual(office.states(ada, id), { bob: `stored ${stored}` });
    for (const state of ['offered', 'surfaced'] as const) {
      given.pass(secondMs);
      office.deliver({ agent: 'bob', [state]: seqOf(id) });
      assert.deepEqual(office.states(ada, id), { bob: `${state} ${office.time}` });
    }
    given.pass(secondMs);
    office.inbox(bob, { ack: id });
    assert.deepEqual(office.states(ada, id), { bob: `acknowledged ${office.time}` });
    const short = office.send(ada, 'bob', { expires_in_s: 1 });
    given.pass(secondMs);
    assert.deepEqual(office.states(ada, short), { bob: `expired ${office.time}` });
    const counts = given.do(ada, 'message_get', { id: short })['states'];
    assert.deepEqual(counts, { stored: 0, offered: 0, surfaced: 0, acknowledged: 0, expired: 1 });
  });

  it('ME17 is known to its sender and its recipients, and to everybody when it went to everyone', () => {
    const office = new MessageOffice();
    const { given, ada, bob, cyd } = office;
    const id = office.send(ada, 'bob');
    const toAll = office.send(ada, 'everyone');
    const ofPerson = office.send(visitor, 'bob');
    for (const actor of [ada, bob]) given.do(actor, 'message_get', { id });
    for (const actor of [ada, bob, cyd, visitor]) given.do(actor, 'message_get', { id: toAll });
    given.do(visitor, 'message_get', { id: ofPerson });
    const foreign = given.refused(cyd, 'message_get', { code: 'not_found', input: { id } });
    const noMessage = given.refused(cyd, 'message_get', { code: 'not_found', input: { id: 'M-1' } });
    const none = given.refused(cyd, 'message_get', { code: 'not_found', input: { id: 'M-99999' } });
    given.refused(visitor, 'message_get', { code: 'not_found', input: { id } });
    given.refused(ada, 'message_get', { code: 'not_found', input: { id: ofPerson } });
    assert.equal(foreign.message.replace(id, 'M-1'), noMessage.message);
    assert.equal(none.message.replace('M-99999', 'M-1'), noMessage.message);
  });
});

describe('what does not arrive in time', () => {
  it('ME15 expires exactly in time, all of it in one entry, and what was read in time does not', () => {
    const office = new MessageOffice();
    const { given, ada, bob } = office;
    const [one, two] = [1, 2].map(() => office.send(ada, ['bob', 'cyd'], { expires_in_s: 60 }));
    const read = office.send(ada, 'bob', { expires_in_s: 60 });
    office.read(bob);
    assert.deepEqual(given.pass(minuteMs - 1), []);
    const [entry, ...more] = given.pass(1);
    assert.deepEqual(more, []);
    assert.deepEqual(entry?.data, {
      messages: [one, two].map((id) => ({ seq: seqOf(id ?? ''), sender: 'ada', unread: ['cyd'] })),
    });
    assert.match(office.states(ada, read)['bob'] ?? '', /^surfaced/);
    assert.deepEqual(
      given.pass(dayMs * 100).filter(({ type }) => type.startsWith('messages.')),
      [],
    );
  });

  it('ME15 is overdue exactly in time, for those who have not acknowledged it', () => {
    const office = new MessageOffice();
    const { given, ada, bob } = office;
    const id = office.send(ada, ['bob', 'cyd'], { ack_required: true });
    office.inbox(bob, { ack: id });
    assert.deepEqual(
      given.pass(dayMs - 1).filter(({ type }) => type.startsWith('messages.')),
      [],
    );
    const written = given.pass(1).filter(({ type }) => type.startsWith('messages.'));
    assert.deepEqual(
      written.map(({ data }) => data),
      [{ messages: [{ seq: seqOf(id), sender: 'ada', unacknowledged: ['cyd'] }] }],
    );
    assert.deepEqual(office.texts(given.join('cyd')), ['x'], 'it is as unread as before');
  });
});

describe('a failed delivery', () => {
  it('ME21 ME22 is told to its sender until the start after the next', () => {
    const office = new MessageOffice();
    const { given, ada } = office;
    const id = office.send(ada, ['bob', 'cyd'], { ack_within_s: 60 });
    given.pass(minuteMs);
    const failed = given.attention('ada');
    assert.deepEqual(
      failed.map(({ kind, ref }) => [kind, ref]),
      [['message_undelivered', id]],
    );
    assert.match(failed[0]?.text ?? '', /bob, cyd did not acknowledge/);
    const [news] = office.news('ada');
    assert.deepEqual([news?.kind, news?.count, news?.call], ['message_undelivered', 1, 'start']);
    assert.deepEqual(office.news('ada', { told: news?.seq ?? 0 }), []);
    given.join('ada', { connection: 'another' });
    assert.deepEqual(office.news('ada'), []);
    assert.equal(given.attention('ada').length, 1);
    given.join('ada', { connection: 'a third' });
    assert.deepEqual(given.attention('ada'), []);
  });

  it('ME21 ME22 of many the last are listed, and those before them since then counted', () => {
    const office = new MessageOffice();
    const { given, ada } = office;
    const fail = (count: number) => {
      const ids = Array.from({ length: count }, () => office.send(ada, 'bob', { expires_in_s: 1 }));
      given.pass(secondMs);
      return ids;
    };
    fail(30);
    const second = fail(60);
    const failed = given.attention('ada');
    assert.deepEqual(
      failed.map(({ ref }) => ref),
      [second[9], ...second.slice(10)],
    );
    assert.match(failed[0]?.text ?? '', /^40 more failed before these 50, the last of them M-\d+\. Look at/);
    assert.equal(office.news('ada')[0]?.count, 90);
    assert.equal(office.news('ada', { told: failed.at(-1)?.seq ?? 0 }).length, 0);
    given.join('ada', { connection: 'another' });
    given.join('ada', { connection: 'a third' });
    assert.deepEqual(given.attention('ada'), []);
    const more = () => Number(/^(\d+) more failed/.exec(given.attention('ada')[0]?.text ?? '')?.[1]);
    fail(70);
    assert.equal(more(), 20, 'what was told is not counted');
    for (let n = 0; n < 100; n += 1) fail(1);
    assert.equal(more(), 120);
    for (let n = 0; n < 150; n += 1) fail(1);
    assert.ok(more() >= 270, 'with very many, some that were told may be among them, and none is missing');
    assert.ok(
      (given.scenario.slices.messages.mailboxes.get('ada')?.forgotten.length ?? 0) <= forgottenKeptMax,
    );
    assert.deepEqual(given.scenario.slices.messages, given.scenario.refolded(initialSlices).messages);
  });
});

it('ME14 all is not said of a part: what one agent wrote is acknowledged by its ids', () => {
  const given = new TaskBoard();
  const [ada, bob] = [given.join('ada'), given.join('bob')];
  const { id } = given.do(ada, 'message_send', { to: 'bob', text: 'x', ack_within_s: 60 });
  given.refused(bob, 'inbox', { code: 'invalid_input', input: { from: 'ada', ack: ['all'] } });
  given.do(bob, 'inbox', { from: 'ada' });
  assert.deepEqual(given.do(bob, 'inbox', { from: 'ada', ack: id })['acknowledged'], [id]);
});
