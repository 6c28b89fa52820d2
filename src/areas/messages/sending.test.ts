import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { present } from '../../kernel/assert.ts';
import type { Actor } from '../../kernel/entry.ts';
import { abandonMs, idleMs } from '../../kernel/hold.ts';
import { TaskBoard, visitor } from '../../testing/task-board.ts';
import { messagesIntent } from './decide/index.ts';
import { textCharactersMax, unreadMax } from './model/limits.ts';
import { mailboxOf } from './model/message.ts';
import { eachSeq, withSeq } from './model/seqs.ts';

/** Ada, bob and cyd; bob and cyd can review. */
const office = () => {
  const given = new TaskBoard();
  const ada = given.join('ada');
  const bob = given.join('bob', { capabilities: ['review'] });
  const cyd = given.join('cyd', { capabilities: ['review', 'deploy'] });
  return { given, ada, bob, cyd };
};

/** Who has how many unread messages. */
const unread = (given: TaskBoard): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...given.scenario.slices.messages.mailboxes.values()]
      .map(({ agent, unread: { size } }) => [agent, size] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

const recipients = (given: TaskBoard, actor: Actor, input: Readonly<Record<string, unknown>>) => {
  const { recipients: list } = given.do(actor, 'message_send', { text: 'x', ...input });
  assert.ok(Array.isArray(list));
  return list.map(({ agent }) => String(agent));
};

describe('roles', () => {
  it('ME1 are addresses of whoever holds the lock of that name', () => {
    const { given, ada, bob, cyd } = office();
    given.refused(ada, 'message_send', { code: 'not_found', input: { text: 'x', to: 'role:5c.reviewer' } });
    given.do(bob, 'lock_acquire', { name: 'role:5c.reviewer', ttl: 'session' });
    given.do(cyd, 'lock_acquire', { name: 'role:reviewer', mode: 'shared' });
    given.do(bob, 'lock_acquire', { name: 'role:reviewer', mode: 'shared' });
    assert.deepEqual(recipients(given, ada, { to: 'role:5C.reviewer' }), ['bob']);
    assert.deepEqual(recipients(given, ada, { to: 'role:reviewer' }).toSorted(), ['bob', 'cyd']);
    assert.deepEqual(recipients(given, bob, { to: 'role:reviewer' }), ['cyd'], 'not the sender');
    const { message } = given.refused(bob, 'message_send', {
      code: 'not_found',
      input: { text: 'x', to: 'role:5c.reviewer' },
    });
    assert.match(message, /^No other agent has the role 5c\.reviewer, .* Nothing was stored/);
    given.do(bob, 'lock_release', { name: 'role:5c.reviewer' });
    given.refused(ada, 'message_send', { code: 'not_found', input: { text: 'x', to: 'role:5c.reviewer' } });
  });
});

describe('addresses', () => {
  it('ME1 are agents, capabilities and everyone, and each agent gets a message once', () => {
    const { given, ada, bob } = office();
    assert.deepEqual(recipients(given, ada, { to: 'bob' }), ['bob']);
    assert.deepEqual(recipients(given, ada, { to: ['bob', 'cyd', 'bob'] }), ['bob', 'cyd']);
    assert.deepEqual(recipients(given, ada, { to: 'capability:review' }), ['bob', 'cyd']);
    assert.deepEqual(recipients(given, bob, { to: 'capability:review' }), ['cyd'], 'not the sender');
    assert.deepEqual(recipients(given, ada, { to: ['capability:review', 'cyd', 'everyone'] }), [
      'bob',
      'cyd',
    ]);
    assert.deepEqual(recipients(given, ada, { to: 'ada' }), ['ada'], 'a note to oneself');
    assert.deepEqual(recipients(given, visitor, { to: 'everyone' }), ['ada', 'bob', 'cyd'], 'of a person');
    assert.deepEqual(unread(given), { ada: 2, bob: 5, cyd: 5 });
  });

  it('ME1 everyone are the others that were seen within 24 hours, and the answer says how lively they are', () => {
    const { given, ada } = office();
    given.pass(abandonMs - idleMs);
    given.see(ada);
    const { recipients: stale } = given.do(ada, 'message_send', { text: 'x', to: 'everyone' });
    assert.deepEqual(stale, [
      { agent: 'bob', tier: 'stale' },
      { agent: 'cyd', tier: 'stale' },
    ]);
    given.pass(idleMs);
    const eve = given.join('eve');
    assert.deepEqual(recipients(given, eve, { to: 'everyone' }), ['ada']);
    assert.deepEqual(recipients(given, eve, { to: 'bob' }), ['bob'], 'by name also who has gone');
  });

  it('ME2 that stand for nobody are refused, and nothing is stored', () => {
    const { given, ada, cyd } = office();
    for (const [actor, to] of [
      [ada, 'capability:rust'],
      [cyd, 'capability:deploy'],
      [ada, ['bob', 'capability:rust']],
    ] as const) {
      const { message } = given.refused(actor, 'message_send', {
        code: 'not_found',
        input: { text: 'x', to },
      });
      assert.match(message, /Nothing was stored/);
    }
    const alone = new TaskBoard();
    alone.refused(alone.join('ada'), 'message_send', {
      code: 'not_found',
      input: { text: 'x', to: 'everyone' },
    });
    assert.deepEqual(unread(given), {});
  });

  it('ME3 that no agent has are refused with the nearest name', () => {
    const { given, ada } = office();
    const refusal = given.refused(ada, 'message_send', {
      code: 'agent_unknown',
      input: { text: 'x', to: ['bob', 'cid'] },
    });
    assert.deepEqual(refusal.details, { agent: 'cid', nearest: 'cyd' });
    assert.match(refusal.message, /Did you mean cyd\?/);
    given.refused(ada, 'message_send', { code: 'agent_unknown', input: { text: 'x', to: 'somebody-else' } });
    assert.deepEqual(unread(given), {});
  });
});

describe('addresses of no kind', () => {
  it('ME1 are refused when they are written otherwise', () => {
    const { given, ada } = office();
    for (const to of ['', 'capability:', 'group:x', 'a b', '@bob', 'a..b', 'role:../x', []]) {
      given.refused(ada, 'message_send', { code: 'invalid_input', input: { text: 'x', to } });
    }
  });
});

describe('a text without an address', () => {
  it('ME4 goes to the other agents that it mentions', () => {
    const { given, ada } = office();
    assert.deepEqual(recipients(given, ada, { text: 'Hey @bob, `@cyd` and x@cyd.org; @ada' }), ['bob']);
    assert.deepEqual(unread(given), { bob: 1 });
  });

  it('ME4 is refused when it mentions nobody, and says who is no agent', () => {
    const { given, ada } = office();
    for (const text of ['nobody', '@ada only', '`@bob`', 'npm i @bob/cli']) {
      given.refused(ada, 'message_send', { code: 'invalid_input', input: { text } });
    }
    const { message, details } = given.refused(ada, 'message_send', {
      code: 'invalid_input',
      input: { text: 'Look, @Bob and @dora.' },
    });
    assert.match(message, /no agent is called "Bob", "dora"/);
    assert.deepEqual(details, { not_agents: ['Bob', 'dora'] });
  });

  it('ME30 is answered with the agents that it names without mentioning them', () => {
    const { given, ada } = office();
    const send = (text: string, over = {}) =>
      given.do(ada, 'message_send', { text, ...over })['not_mentioned'];
    assert.deepEqual(send('@bob, see `@cyd`, `@ada`, `@bob` and x@cyd.'), ['cyd']);
    assert.equal(send('@bob, see `@nobody`.'), undefined);
    assert.equal(send('See `@cyd`.', { to: 'bob' }), undefined, 'it says who gets it');
    const { message, details } = given.refused(ada, 'message_send', {
      code: 'invalid_input',
      input: { text: '@Bob: `@cyd`' },
    });
    assert.match(message, /\(no agent is called "Bob"; what is part of code.* is no mention: "cyd"\)/);
    assert.deepEqual(details, { not_agents: ['Bob'], not_mentioned: ['cyd'] });
  });

  it('ME5 goes to the author of what it answers, and to whom it mentions', () => {
    const { given, ada, bob } = office();
    const { id } = given.do(ada, 'message_send', { text: 'What do you think?', to: 'bob' });
    assert.deepEqual(recipients(given, bob, { text: 'Good.', reply_to: id }), ['ada']);
    assert.deepEqual(recipients(given, bob, { text: 'Ask @cyd.', reply_to: id }), ['ada', 'cyd']);
    assert.deepEqual(recipients(given, bob, { text: 'Good.', reply_to: id, to: 'cyd' }), ['cyd']);
  });

  it('ME5 with an address only that counts, and others that are mentioned are told', () => {
    const { given, ada } = office();
    const { recipients: to, mentioned } = given.do(ada, 'message_send', {
      text: '@bob @cyd @ada',
      to: 'bob',
    });
    assert.deepEqual([to, mentioned], [[{ agent: 'bob', tier: 'active' }], ['cyd', 'ada']]);
  });
});

describe('a reply', () => {
  it('ME6 answers what one has sent or got or what went to everyone, and nothing else is there', () => {
    const { given, ada, bob, cyd } = office();
    const { id } = given.do(ada, 'message_send', { text: 'x', to: 'bob' });
    const { id: toAll } = given.do(ada, 'message_send', { text: 'x', to: 'everyone' });
    const { id: ofPerson } = given.do(visitor, 'message_send', { text: 'x', to: 'bob' });
    for (const actor of [ada, bob]) given.do(actor, 'message_send', { text: 'x', to: 'cyd', reply_to: id });
    given.do(cyd, 'message_send', { text: 'x', to: 'bob', reply_to: toAll });
    given.do(visitor, 'message_send', { text: 'x', to: 'bob', reply_to: ofPerson });
    const input = { text: 'x', to: 'bob', reply_to: id };
    const foreign = given.refused(cyd, 'message_send', { code: 'not_found', input });
    const none = given.refused(cyd, 'message_send', {
      code: 'not_found',
      input: { ...input, reply_to: 'M-999' },
    });
    assert.equal(foreign.message.replaceAll(String(id), 'M-999'), none.message);
    given.refused(bob, 'message_send', { code: 'invalid_input', input: { text: 'x', reply_to: ofPerson } });
  });
});

describe('a text', () => {
  it('ME7 is given back as it was sent, up to its limit, and refused beyond it', () => {
    const { given, ada, bob } = office();
    const text = `  <b>&amp;</b> \`@x\`\n\t"quoted" \\n 漢字 🙂 ${'x'.repeat(100)}  \n`;
    const longest = 'x'.repeat(textCharactersMax);
    for (const one of [text, longest]) {
      const { id } = given.do(ada, 'message_send', { text: one, to: 'bob', subject: 'S' });
      const read = given.do(bob, 'message_get', { id });
      assert.deepEqual([read['text'], read['subject'], read['from']], [one, 'S', 'ada']);
    }
    for (const one of [`${longest}x`, '', ' \u200b\n']) {
      given.refused(ada, 'message_send', { code: 'invalid_input', input: { text: one, to: 'bob' } });
    }
  });

  it('ME9 is one entry, however many get it, and a repeat is answered alike', () => {
    const { given, ada } = office();
    const input = { text: 'x', to: 'everyone', ack_within_s: 60, expires_in_s: 30 };
    const answer = given.do(ada, 'message_send', input);
    assert.deepEqual(given.types, ['messages.sent']);
    assert.deepEqual(given.repeat(ada, 'message_send', { input, entries: given.written }), answer);
    assert.equal(given.written[0]?.seq, 4);
  });

  it('names its recipients as long as they are few, and counts them always', () => {
    const given = new TaskBoard();
    const ada = given.join('ada');
    for (let n = 0; n < 21; n += 1) given.join(`a${n}`);
    const { count, recipients: list } = given.do(ada, 'message_send', { text: 'x', to: 'everyone' });
    assert.deepEqual([count, list], [21, undefined]);
  });
});

describe('a full mailbox', () => {
  /** Bob has all the unread messages that he may have. */
  const full = () => {
    const { given, ada, bob, cyd } = office();
    const first = given.do(ada, 'message_send', { text: 'x', to: 'bob' });
    const slice = given.scenario.slices.messages;
    let seqs = mailboxOf(slice, 'bob').unread;
    const [at = 0] = eachSeq(seqs);
    const from = at + 1_000_000;
    for (let seq = from; seqs.size < unreadMax; seq += 1) seqs = withSeq(seqs, seq);
    const mailboxes = slice.mailboxes.put({ ...mailboxOf(slice, 'bob'), unread: seqs });
    given.scenario.slices = { ...given.scenario.slices, messages: { ...slice, mailboxes } };
    return { given, ada, bob, cyd, first };
  };

  it('ME8 refuses what is sent to it by name, and names itself', () => {
    const { given, ada } = full();
    for (const to of ['bob', ['cyd', 'bob'], 'capability:review']) {
      const { message, details } = given.refused(ada, 'message_send', {
        code: 'limit_exceeded',
        input: { text: 'x', to },
      });
      assert.match(message, /bob.*10000 unread/);
      assert.deepEqual(details, { limit: unreadMax, full: ['bob'] });
    }
  });

  it('ME8 is named in the answer of what is sent to everyone', () => {
    const { given, ada } = full();
    const answer = given.do(ada, 'message_send', { text: 'x', to: 'everyone' });
    assert.deepEqual([answer['count'], answer['not_stored_for']], [1, ['bob']]);
    assert.equal(mailboxOf(given.scenario.slices.messages, 'cyd').unread.size, 1);
    given.refused(present(given.join('cyd'), 'cyd is there'), 'message_send', {
      code: 'limit_exceeded',
      input: { text: '@bob' },
    });
  });

  it('ME8 has room again when it was read', () => {
    const { given, ada, first } = full();
    const seq = Number(String(first['id']).slice(2));
    assert.ok(
      given.scenario.when(messagesIntent({ type: 'deliver', cursors: [{ agent: 'bob', surfaced: seq }] })).ok,
    );
    given.do(ada, 'message_send', { text: 'x', to: 'bob' });
  });
});
