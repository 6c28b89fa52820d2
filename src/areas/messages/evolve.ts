import { never } from '../../kernel/assert.ts';
import type { Author, EntryOf, Seq } from '../../kernel/entry.ts';
import type { Instant } from '../../kernel/instants.ts';
import type { MessagesEvent } from './model/events.ts';
import { rawBeginning } from './model/beginning.ts';
import {
  forgottenKeptMax,
  lapsedKeptMax,
  messagesKeptMax,
  readKeptMax,
  undeliveredKeptMax,
} from './model/limits.ts';
import {
  type Forgotten,
  type Mailbox,
  type Message,
  type MessagesSlice,
  type Receipt,
  type Undelivered,
  isOpen,
  mailboxOf,
  messageAt,
  messageKey,
} from './model/message.ts';
import { firstSeq, hasSeq, splitAfter, withSeq, withoutFirst, withoutSeq } from './model/seqs.ts';

type Of<T extends MessagesEvent['type']> = EntryOf<Extract<MessagesEvent, { readonly type: T }>>;

export const evolve = (slice: MessagesSlice, entry: EntryOf<MessagesEvent>): MessagesSlice => {
  switch (entry.type) {
    case 'messages.sent':
      return sent(slice, entry);
    case 'messages.acknowledged':
      return acknowledged(slice, entry);
    case 'messages.delivered':
      return delivered(slice, entry);
    case 'messages.expired':
      return expired(slice, entry);
    default:
      return never(entry);
  }
};

const none: readonly never[] = [];

const senderOf = ({ agent, principal }: Author): Pick<Message, 'from' | 'sender'> => ({
  from: agent ?? principal,
  sender: agent,
});

const sent = (slice: MessagesSlice, { seq, time, actor, data }: Of<'messages.sent'>): MessagesSlice => {
  const message: Message = {
    seq,
    ...senderOf(actor),
    at: time,
    to: data.to,
    everyone: data.everyone ?? false,
    characters: data.text.length + (data.subject?.length ?? 0),
    beginning: rawBeginning(data.subject ?? data.text),
    ackBy: data.ackBy,
    expiresAt: data.expiresAt,
    surfaced: none,
    acknowledged: none,
    expired: none,
    overdue: false,
  };
  let { mailboxes } = slice;
  for (const agent of data.to) {
    const mailbox = mailboxOf(slice, agent);
    mailboxes = mailboxes.put({
      ...mailbox,
      unread: withSeq(mailbox.unread, seq),
      owed: data.ackBy === undefined ? mailbox.owed : withSeq(mailbox.owed, seq),
    });
  }
  return forgetOldest({
    messages: slice.messages.put(message),
    mailboxes,
    recent: withSeq(slice.recent, seq),
    last: seq,
  });
};

/** ME18: the oldest of too many is forgotten, unless somebody has not read or acknowledged it. */
const forgetOldest = (slice: MessagesSlice): MessagesSlice => {
  const oldest = firstSeq(slice.recent);
  if (oldest === undefined || slice.recent.size <= messagesKeptMax) return slice;
  const message = messageAt(slice, oldest);
  return {
    ...slice,
    recent: withoutFirst(slice.recent),
    messages:
      message === undefined || isOpen(message) ? slice.messages : slice.messages.remove(messageKey(oldest)),
  };
};

/** Puts a changed message in its place, or forgets it when it was kept only for what is settled now. */
const replace = (slice: MessagesSlice, message: Message): MessagesSlice['messages'] =>
  isOpen(message) || message.seq >= (firstSeq(slice.recent) ?? 0)
    ? slice.messages.put(message)
    : slice.messages.remove(messageKey(message.seq));

const has = (receipts: readonly Receipt[], agent: string): boolean =>
  receipts.some((one) => one.agent === agent);

const withReceipts = (
  receipts: readonly Receipt[],
  agents: readonly string[],
  at: Instant,
): readonly Receipt[] => [...receipts, ...agents.map((agent) => ({ agent, at }))];

/** What was read last stands last. */
const withRead = (mailbox: Mailbox, seqs: readonly Seq[]): readonly Seq[] =>
  seqs.length === 0 ? mailbox.read : [...mailbox.read, ...seqs].slice(-readKeptMax);

const acknowledged = (slice: MessagesSlice, { time, data }: Of<'messages.acknowledged'>): MessagesSlice => {
  const { agent } = data;
  let next = slice;
  let mailbox = mailboxOf(slice, agent);
  for (const seq of data.messages) {
    const unread = hasSeq(mailbox.unread, seq);
    const lapsed = mailbox.lapsed.includes(seq);
    mailbox = {
      ...mailbox,
      unread: withoutSeq(mailbox.unread, seq),
      owed: withoutSeq(mailbox.owed, seq),
      lapsed: lapsed ? mailbox.lapsed.filter((one) => one !== seq) : mailbox.lapsed,
      read: unread || lapsed ? withRead(mailbox, [seq]) : mailbox.read,
    };
    const message = messageAt(next, seq);
    if (message === undefined) continue;
    next = {
      ...next,
      messages: replace(next, {
        ...message,
        acknowledged: withReceipts(message.acknowledged, [agent], time),
        surfaced: has(message.surfaced, agent)
          ? message.surfaced
          : withReceipts(message.surfaced, [agent], time),
        expired: message.expired.filter((one) => one.agent !== agent),
      }),
    };
  }
  return { ...next, mailboxes: next.mailboxes.put(mailbox) };
};

const delivered = (slice: MessagesSlice, { time, data }: Of<'messages.delivered'>): MessagesSlice => {
  let { mailboxes } = slice;
  const readers = new Map<Seq, string[]>();
  for (const { agent, offered, surfaced, told } of data.cursors) {
    const mailbox = mailboxOf(slice, agent);
    const { taken, rest } = splitAfter(mailbox.unread, surfaced ?? 0);
    for (const seq of taken) {
      const agents = readers.get(seq);
      if (agents === undefined) readers.set(seq, [agent]);
      else agents.push(agent);
    }
    mailboxes = mailboxes.put({
      ...mailbox,
      unread: rest,
      read: withRead(mailbox, taken),
      offered: offered === undefined ? mailbox.offered : { seq: offered, at: time },
      surfaced: surfaced === undefined ? mailbox.surfaced : { seq: surfaced, at: time },
      told: told === undefined ? mailbox.told : { seq: told, at: time },
    });
  }
  let next: MessagesSlice = { ...slice, mailboxes };
  for (const [seq, agents] of readers) {
    const message = messageAt(next, seq);
    if (message === undefined) continue;
    // Whoever writes this down knew before its time was over that it had arrived.
    const at = Math.min(time, message.expiresAt ?? time);
    const surfaced = withReceipts(message.surfaced, agents, at);
    next = { ...next, messages: replace(next, { ...message, surfaced }) };
  }
  return next;
};

/** ME15: the deadline counts, and not when somebody came to write that it is over. */
const expired = (slice: MessagesSlice, { seq: entry, time, data }: Of<'messages.expired'>): MessagesSlice => {
  let next = slice;
  for (const { seq, unread, unacknowledged } of data.messages) {
    const message = messageAt(next, seq);
    if (message === undefined) continue;
    let { mailboxes } = next;
    for (const agent of unread ?? none) {
      const mailbox = mailboxOf(next, agent);
      mailboxes = mailboxes.put({
        ...mailbox,
        unread: withoutSeq(mailbox.unread, seq),
        owed: withoutSeq(mailbox.owed, seq),
        lapsed: [...mailbox.lapsed, seq].slice(-lapsedKeptMax),
      });
    }
    next = { ...next, mailboxes };
    mailboxes = next.mailboxes;
    for (const agent of unacknowledged ?? none) {
      const mailbox = mailboxOf(next, agent);
      mailboxes = mailboxes.put({ ...mailbox, owed: withoutSeq(mailbox.owed, seq) });
    }
    next = { ...next, mailboxes };
    next = {
      ...next,
      messages: replace(next, {
        ...message,
        expired: withReceipts(message.expired, unread ?? none, message.expiresAt ?? time),
        overdue: message.overdue || unacknowledged !== undefined,
      }),
    };
    const failed = { message: seq, seq: entry };
    next = tellSender(next, message, [
      failure({ ...failed, at: message.expiresAt ?? time, why: 'unread' }, unread),
      failure({ ...failed, at: message.ackBy ?? time, why: 'unacknowledged' }, unacknowledged),
    ]);
  }
  return next;
};

/** How many agents a failed delivery names. */
const agentsNamedMax = 5;

const failure = (
  failed: Pick<Undelivered, 'message' | 'seq' | 'at' | 'why'>,
  agents: readonly string[] = none,
): readonly Undelivered[] =>
  agents.length === 0 ? none : [{ ...failed, agents: agents.slice(0, agentsNamedMax), count: agents.length }];

const tellSender = (
  slice: MessagesSlice,
  { sender }: Message,
  failures: readonly (readonly Undelivered[])[],
): MessagesSlice => {
  const fresh = failures.flat();
  if (sender === undefined || fresh.length === 0) return slice;
  const mailbox = mailboxOf(slice, sender);
  const all = [...mailbox.undelivered, ...fresh];
  const undelivered = all.slice(-undeliveredKeptMax);
  const forgotten = all.slice(0, -undeliveredKeptMax).reduce(withForgotten, mailbox.forgotten);
  return { ...slice, mailboxes: slice.mailboxes.put({ ...mailbox, undelivered, forgotten }) };
};

/** Counted by entries, so that what was told before some entry can be left out; of too many, the oldest two become one. */
const withForgotten = (
  forgotten: readonly Forgotten[],
  { message, seq, at }: Undelivered,
): readonly Forgotten[] => {
  const last = forgotten.at(-1);
  if (last?.seq === seq) return forgotten.with(-1, { message, seq, at, count: last.count + 1 });
  const [first, second, ...later] = forgotten;
  const one = { message, seq, at, count: 1 };
  return first === undefined || second === undefined || forgotten.length < forgottenKeptMax
    ? [...forgotten, one]
    : [{ ...second, count: first.count + second.count }, ...later, one];
};
