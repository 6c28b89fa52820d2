import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { type Instant, isoTime, minuteMs, secondMs } from '../../kernel/instants.ts';
import { MessageOffice, seqOf } from '../../testing/message-office.ts';

/** What bob is told without reading anything, and what ada sees of her message. */
const seen = (office: MessageOffice, id: string) => {
  const { given, ada, bob } = office;
  const { messages } = z
    .object({ messages: z.array(z.unknown()) })
    .parse(given.do(bob, 'wait', { wait_ms: 0, for: ['message'] }));
  const inbox = office.inbox(bob);
  return {
    waited: messages.length,
    shown: inbox.messages.length,
    more: inbox.more ?? 0,
    owed: inbox.to_acknowledge_total ?? 0,
    counted: given.do(bob, 'status')['unread_messages'] ?? 0,
    news: office.news('bob').map(({ count }) => count),
    attention: given.attention('bob').map(({ kind }) => kind),
    state: office.states(ada, id)['bob'],
  };
};

const nothing = { waited: 0, shown: 0, more: 0, owed: 0, counted: 0, news: [], attention: [] };

const later = (office: MessageOffice, ms: number): Instant => (office.given.scenario.now += ms);

describe('the end of its time', () => {
  it('ME15 ME16 is its deadline for whoever looks, whether that is written yet, or an hour later, or not', () => {
    const office = new MessageOffice();
    const { given, ada, bob } = office;
    const id = office.send(ada, 'bob', { expires_in_s: 60, ack_within_s: 600 });
    const stored = `stored ${office.time}`;
    later(office, minuteMs - 1);
    assert.deepEqual(seen(office, id), {
      waited: 1,
      shown: 1,
      more: 0,
      owed: 0,
      counted: 1,
      news: [1],
      attention: ['message'],
      state: stored,
    });
    const deadline = isoTime(later(office, 1));
    const over = { ...nothing, state: `expired ${deadline}` };
    assert.deepEqual(seen(office, id), over);
    const [past] = office.inbox(bob, { all: true }).messages;
    assert.deepEqual([past?.id, past?.expired, past?.read], [id, true, undefined]);
    given.pass(60 * minuteMs);
    assert.deepEqual(seen(office, id), over);
    assert.deepEqual(
      given.attention('ada').map(({ ref, since }) => [ref, isoTime(since)]),
      [[id, deadline]],
    );
  });

  it('ME15 of an acknowledgement is its deadline as well', () => {
    const office = new MessageOffice();
    const { given, ada, bob } = office;
    const id = office.send(ada, 'bob', { ack_within_s: 60 });
    office.read(bob);
    later(office, minuteMs - 1);
    assert.deepEqual([office.inbox(bob).to_acknowledge_total, given.attention('bob').length], [1, 1]);
    const deadline = later(office, 1);
    assert.deepEqual([office.inbox(bob).to_acknowledge_total, given.attention('bob').length], [undefined, 0]);
    given.pass(60 * minuteMs);
    assert.deepEqual(
      given.attention('ada').map(({ ref, since }) => [ref, since]),
      [[id, deadline]],
    );
  });

  it('ME15 does not count for what has arrived before it, and was read then at the latest', () => {
    const office = new MessageOffice();
    const { given, ada, bob } = office;
    const id = office.send(ada, 'bob', { expires_in_s: 60 });
    const stored = `stored ${office.time}`;
    const deadline = isoTime(later(office, minuteMs));
    given.scenario.arrived = { surfaced: seqOf(id) };
    assert.deepEqual(office.texts(bob), []);
    assert.deepEqual(office.inbox(bob, { all: true }).messages[0]?.read, true);
    assert.equal(office.states(ada, id)['bob'], stored, 'nobody has written yet that it was read');
    given.scenario.arrived = {};
    later(office, secondMs);
    office.deliver({ agent: 'bob', surfaced: seqOf(id) });
    assert.equal(office.states(ada, id)['bob'], `surfaced ${deadline}`);
  });
});
