import { z } from 'zod';
import type { Carried, Moment } from '../../../kernel/carried.ts';
import { type Entry, type EntryOf, type Seq, entryGuard } from '../../../kernel/entry.ts';
import { type Instant, isoTime } from '../../../kernel/instants.ts';
import type { AgentCursors, MessagesEvent } from './events.ts';
import { recipientsNamedMax, shownCharactersMax, textCharactersMax } from './limits.ts';
import {
  type Mailbox,
  type MessagesSlice,
  dueAt,
  duePartition,
  mailboxAt,
  mailboxOf,
  messageAt,
  messageId,
} from './message.ts';
import { type Seqs, eachSeq, hasSeq, splitAfter } from './seqs.ts';

/** A message as its recipients and its sender read it. */
export const messageShape = {
  id: z.string(),
  from: z.string(),
  at: z.string(),
  subject: z.string().optional(),
  text: z.string(),
  to: z.array(z.string()).optional().describe(`when it went to several, up to ${recipientsNamedMax}`),
  to_count: z.number().optional().describe('when it went to more'),
  reply_to: z.string().optional(),
  ack_by: z.string().optional().describe('to be acknowledged until then'),
  expires_at: z.string().optional(),
  expired: z.literal(true).optional().describe('before it was read'),
  read: z.literal(true).optional().describe('earlier'),
};

const messageSchema = z.strictObject(messageShape);

export type MessageView = z.infer<typeof messageSchema>;

/** Up to where an answer carries messages and events, which the next call of the same session proves to have arrived. */
export const carriedOutput = z
  .strictObject({ messages: z.number().optional(), events: z.number().optional() })
  .optional()
  .describe('counts as read with your next call');

export const carriedBy = (upTo: z.infer<typeof carriedOutput>): Carried | undefined =>
  upTo && {
    ...(upTo.messages !== undefined && { surfaced: upTo.messages }),
    ...(upTo.events !== undefined && { told: upTo.events }),
  };

const is = entryGuard<MessagesEvent>();

type SentEntry = EntryOf<Extract<MessagesEvent, { readonly type: 'messages.sent' }>>;

/** The message that an entry holds, if it is one. */
export const sentIn = (entry: Entry | undefined): SentEntry | undefined =>
  entry !== undefined && is(entry, 'messages.sent') ? entry : undefined;

/** What an entry says of a message; the text is as it was sent. */
export const viewSent = ({ seq, time, actor, data }: SentEntry): MessageView => {
  const { to, subject, text, replyTo, ackBy, expiresAt } = data;
  return {
    id: messageId(seq),
    from: actor.agent ?? actor.principal,
    at: isoTime(time),
    ...(subject !== undefined && { subject }),
    text,
    ...(to.length > 1 && to.length <= recipientsNamedMax && { to: [...to] }),
    ...(to.length > recipientsNamedMax && { to_count: to.length }),
    ...(replyTo !== undefined && { reply_to: messageId(replyTo) }),
    ...(ackBy !== undefined && { ack_by: isoTime(ackBy) }),
    ...(expiresAt !== undefined && { expires_at: isoTime(expiresAt) }),
  };
};

/** What an agent has not read and still can in time, as far as is known. */
export const unreadOf = (slice: MessagesSlice, agent: string, moment: Moment): Seqs =>
  splitAfter(mailboxAt(slice, agent, moment).unread, moment.arrived.surfaced ?? 0).rest;

/** What an agent has read or let expire, the latest first. */
export const pastOf = ({ unread, read, lapsed }: Mailbox, { surfaced = 0 }: Carried): readonly Seq[] =>
  [...new Set([...read, ...lapsed, ...splitAfter(unread, surfaced).taken])].toSorted((a, b) => b - a);

/** Takes messages as long as they fit into one answer, whole. */
export class Room {
  readonly #slice: MessagesSlice;
  #messages: number;
  #characters = shownCharactersMax;

  constructor(slice: MessagesSlice, messages: number) {
    this.#slice = slice;
    this.#messages = messages;
  }

  take(seq: Seq): boolean {
    // One that is no longer known without the journal may be as long as any.
    const characters = messageAt(this.#slice, seq)?.characters ?? textCharactersMax;
    if (this.#messages === 0 || characters > this.#characters) return false;
    this.#messages -= 1;
    this.#characters -= characters;
    return true;
  }
}

/** Which messages an answer shows, and up to where it then has shown all that were unread. */
export interface Selection {
  readonly seqs: readonly Seq[];
  /** How many more there are, and the first of them. */
  readonly more: number;
  readonly next: Seq | undefined;
  readonly upTo: Seq | undefined;
}

/** The oldest of these unread messages that are wanted and fit. */
export const selectUnread = (unread: Seqs, room: Room, isWanted: (seq: Seq) => boolean): Selection => {
  const seqs: Seq[] = [];
  let more = 0;
  let next: Seq | undefined;
  let upTo: Seq | undefined;
  let passedOver = false;
  for (const seq of eachSeq(unread)) {
    const wanted = isWanted(seq);
    const shown = wanted && more === 0 && room.take(seq);
    if (shown) seqs.push(seq);
    else if (wanted) {
      more += 1;
      next ??= seq;
    }
    passedOver ||= !shown;
    if (!passedOver) upTo = seq;
  }
  return { seqs, more, next, upTo };
};

/** Whether the journal would let something expire unread until then that has arrived by these cursors. */
export const expiresUnread = (
  slice: MessagesSlice,
  { agent, surfaced = 0 }: AgentCursors,
  until: Instant,
): boolean => {
  const { unread } = mailboxOf(slice, agent);
  for (const message of slice.messages.scan('due', duePartition)) {
    if ((dueAt(message) ?? until) > until) return false;
    const { seq, expiresAt } = message;
    if (seq <= surfaced && expiresAt !== undefined && expiresAt <= until && hasSeq(unread, seq)) return true;
  }
  return false;
};
