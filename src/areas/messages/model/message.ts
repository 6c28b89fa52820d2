import type { Moment } from '../../../kernel/carried.ts';
import type { Seq } from '../../../kernel/entry.ts';
import type { Instant } from '../../../kernel/instants.ts';
import { type Table, table } from '../../../kernel/table.ts';
import { type Seqs, hasSeq, noSeqs, withoutSeq } from './seqs.ts';

declare module '../../../kernel/slices.ts' {
  interface Slices {
    readonly messages: MessagesSlice;
  }
}

/** Somebody did something with a message at that time. */
export interface Receipt {
  readonly agent: string;
  readonly at: Instant;
}

/** What is known of a message without asking the journal. Its text is in the entry of its number. */
export interface Message {
  readonly seq: Seq;
  /** The agent, or the principal when no agent spoke. */
  readonly from: string;
  /** The agent that sent it, if it was one. */
  readonly sender: string | undefined;
  readonly at: Instant;
  readonly to: readonly string[];
  /** It was addressed to everyone, so everybody may read it. */
  readonly everyone: boolean;
  /** Of subject and text. */
  readonly characters: number;
  /** The first characters of the subject, or of the text of a message that has none; see `beginningOf`. */
  readonly beginning: string;
  /** When it is to be acknowledged, if it is. */
  readonly ackBy: Instant | undefined;
  readonly expiresAt: Instant | undefined;
  /** Those to whom it was carried. */
  readonly surfaced: readonly Receipt[];
  readonly acknowledged: readonly Receipt[];
  /** Those for whom it expired unread. */
  readonly expired: readonly Receipt[];
  /** The time for acknowledging it is over, and its sender was told. */
  readonly overdue: boolean;
}

/** A delivery that did not come about in time, as its sender is told. */
export interface Undelivered {
  readonly message: Seq;
  readonly seq: Seq;
  readonly at: Instant;
  readonly why: 'unread' | 'unacknowledged';
  /** The first of them, and how many there are. */
  readonly agents: readonly string[];
  readonly count: number;
}

/** Failed deliveries that are only counted any more, up to entry `seq`, the last of them of this message. */
export interface Forgotten extends Pick<Undelivered, 'message' | 'seq' | 'at'> {
  readonly count: number;
}

/** Up to where something has come, and when it came there. */
interface Cursor {
  readonly seq: Seq;
  readonly at: Instant;
}

/** What waits for one agent, and what has been told to it. */
export interface Mailbox {
  readonly agent: string;
  readonly unread: Seqs;
  /** Messages that the agent has to acknowledge, read or not. */
  readonly owed: Seqs;
  /** The latest that were read, in the order of reading. */
  readonly read: readonly Seq[];
  /** The latest that expired unread. */
  readonly lapsed: readonly Seq[];
  /** An answer said that something waits. */
  readonly offered: Cursor;
  /** An answer carried all messages up to here. */
  readonly surfaced: Cursor;
  /** An answer carried all events up to here. */
  readonly told: Cursor;
  readonly undelivered: readonly Undelivered[];
  /** What came before those, by the entry that said so. */
  readonly forgotten: readonly Forgotten[];
}

export interface MessagesSlice {
  readonly messages: Table<Message, 'due'>;
  readonly mailboxes: Table<Mailbox, never>;
  /** The messages that are kept whatever has become of them. */
  readonly recent: Seqs;
  /** The number of the latest message. */
  readonly last: Seq;
}

/** How many recipients have not read it and still can in time. */
export const unreadCount = ({ to, surfaced, expired }: Message): number =>
  to.length - surfaced.length - expired.length;

/** How many messages somebody has not read. */
export const undeliveredCount = ({ messages }: MessagesSlice): number => {
  let count = 0;
  for (const message of messages.values()) if (unreadCount(message) > 0) count += 1;
  return count;
};

/** How many recipients may still acknowledge it in time. */
export const owedCount = ({ to, ackBy, overdue, acknowledged, expired }: Message): number =>
  ackBy === undefined || overdue ? 0 : to.length - acknowledged.length - expired.length;

export const isOpen = (message: Message): boolean => unreadCount(message) > 0 || owedCount(message) > 0;

/** When the next of its times is over; `undefined` when nothing depends on them any more. */
export const dueAt = (message: Message): Instant | undefined => {
  const expiry = unreadCount(message) > 0 ? message.expiresAt : undefined;
  const ack = owedCount(message) > 0 ? message.ackBy : undefined;
  return expiry === undefined || ack === undefined ? (expiry ?? ack) : Math.min(expiry, ack);
};

export const duePartition = 'due';

export const messageKey = (seq: Seq): string => String(seq);

/** The id of a message, as it is written. */
export const messageId = (seq: Seq): string => `M-${seq}`;

export const initialMessages: MessagesSlice = {
  messages: table<Message, 'due'>({
    key: ({ seq }) => messageKey(seq),
    orders: {
      due: {
        partition: (message) => (dueAt(message) === undefined ? undefined : duePartition),
        rank: (message) => [dueAt(message) ?? 0, message.seq],
      },
    },
  }),
  mailboxes: table<Mailbox, never>({ key: ({ agent }) => agent, orders: {} }),
  recent: noSeqs,
  last: 0,
};

const nowhere: Cursor = { seq: 0, at: 0 };
const none: readonly never[] = [];

/** The mailbox of an agent; one that never got anything has an empty one. */
export const mailboxOf = ({ mailboxes }: MessagesSlice, agent: string): Mailbox =>
  mailboxes.get(agent) ?? {
    agent,
    unread: noSeqs,
    owed: noSeqs,
    read: none,
    lapsed: none,
    offered: nowhere,
    surfaced: nowhere,
    told: nowhere,
    undelivered: none,
    forgotten: none,
  };

/**
 * ME15: the mailbox as it stands at that moment: what is over has left it, whether that is written yet or not. What has
 * arrived and is not written yet still stands among the unread.
 */
export const mailboxAt = (slice: MessagesSlice, agent: string, { now, arrived }: Moment): Mailbox => {
  const mailbox = mailboxOf(slice, agent);
  let { unread, owed } = mailbox;
  const lapsed: Seq[] = [];
  for (const message of slice.messages.scan('due', duePartition)) {
    const { seq, expiresAt, ackBy } = message;
    if ((dueAt(message) ?? now) > now) break;
    const isOver = isPast(expiresAt, now) && seq > (arrived.surfaced ?? 0) && hasSeq(unread, seq);
    if (isOver) {
      unread = withoutSeq(unread, seq);
      lapsed.push(seq);
    }
    if (isOver || isPast(ackBy, now)) owed = withoutSeq(owed, seq);
  }
  return unread === mailbox.unread && owed === mailbox.owed
    ? mailbox
    : { ...mailbox, unread, owed, lapsed: [...mailbox.lapsed, ...lapsed] };
};

export const isPast = (deadline: Instant | undefined, now: Instant): boolean =>
  deadline !== undefined && deadline <= now;

export const messageAt = ({ messages }: MessagesSlice, seq: Seq): Message | undefined =>
  messages.get(messageKey(seq));

/** Whether this agent has sent or got it. */
export const isParty = ({ sender, to }: Pick<Message, 'sender' | 'to'>, agent: string): boolean =>
  sender === agent || to.includes(agent);
