import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import type { Carried } from '../../../kernel/carried.ts';
import { type Entry, type Seq, entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation, withEntries } from '../../../kernel/operation.ts';
import { agentNameSchema } from '../../agents/model.ts';
import { messagesIntent } from '../decide/index.ts';
import type { MessagesEvent } from '../model/events.ts';
import { acknowledgedPerCallMax, shownDefault, shownMax } from '../model/limits.ts';
import { type Mailbox, mailboxAt, messageAt, messageId } from '../model/message.ts';
import {
  type MessageView,
  Room,
  carriedBy,
  carriedOutput,
  messageShape,
  pastOf,
  selectUnread,
  sentIn,
  unreadOf,
  viewSent,
} from '../model/reading.ts';
import { eachSeq, hasSeq } from '../model/seqs.ts';
import { messageIdOrAllSchema, seqOf } from './fields.ts';

const is = entryGuard<MessagesEvent>();

/** How many messages an answer names as acknowledged, and as still to be acknowledged; their number is always given. */
const idsNamedMax = 20;

/** ME14: what a part of the unread has shown is not known by where reading stands. */
const checkAll = (
  {
    ack,
    from,
  }: { readonly ack?: string | readonly string[] | undefined; readonly from?: string | undefined },
  context: z.RefinementCtx,
): void => {
  if (from === undefined || ack === undefined || ![ack].flat().includes('all')) return;
  const message = 'with from, name the messages to acknowledge by their ids, or leave from out';
  context.addIssue({ code: 'custom', path: ['ack'], message });
};

const inputSchema = z.strictObject({
  ack: z
    .union([messageIdOrAllSchema, z.array(messageIdOrAllSchema).min(1).max(acknowledgedPerCallMax)], {
      error: 'all, or a message or a list of messages, which are named like M-12',
    })
    .optional()
    .describe('ids, or all that you have read'),
  all: z.boolean().optional().describe('also what you have read'),
  from: agentNameSchema.optional().describe('only from this agent; acknowledge these by their ids'),
  limit: z.int().min(1).max(shownMax).optional().describe(`default ${shownDefault}`),
  read_to: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('up_to.messages of the last answer that you got: what came after it is shown again'),
});

export const inbox = defineOperation({
  name: 'inbox',
  journal: 'workspace',
  category: 'messages',
  summary: 'Read your messages, and acknowledge them.',
  description:
    'Read what other agents sent you: unread messages in full, oldest first. They count as read with your next call.',
  short: { omits: ['from', 'limit', 'read_to'], adds: 'Also takes from, limit, read_to.' },
  forPrograms: ['up_to'],
  role: 'worker',
  rate: 'general',
  errors: ['session_required', 'not_found'],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'What is new', input: {} },
    { title: 'Acknowledge what was read', input: { ack: ['all'] } },
    { title: 'What bert wrote, read or not', input: { from: 'bert', all: true } },
  ],
  input: inputSchema.superRefine(checkAll),
  output: z.strictObject({
    messages: z.array(z.strictObject(messageShape)),
    more: z.number().optional().describe('unread; call again'),
    acknowledged: z.array(z.string()).optional().describe(`the latest ${idsNamedMax}`),
    acknowledged_total: z.number().optional(),
    to_acknowledge: z
      .array(z.string())
      .optional()
      .describe(`read, and not acknowledged yet: the first ${idsNamedMax}`),
    to_acknowledge_total: z.number().optional(),
    up_to: carriedOutput,
  }),
  toCommand: ({ ack }) =>
    messagesIntent({
      type: 'acknowledge',
      messages: ack === undefined ? undefined : named(typeof ack === 'string' ? [ack] : ack),
    }),
  carries: ({ up_to }) => carriedBy(up_to),
  confirms: ({ read_to }) => (read_to === undefined ? undefined : { surfaced: read_to }),
  answer: ({ entries }, { messages: slice }, facts) => {
    const agent = present(facts.actor.agent, 'only an agent has a mailbox');
    const mailbox = mailboxAt(slice, agent, facts);
    const { from, all = false, limit = shownDefault } = facts.input;
    const isWanted = (seq: Seq): boolean => from === undefined || messageAt(slice, seq)?.from === from;
    const room = new Room(slice, limit);
    const { seqs, more, upTo } = selectUnread(unreadOf(slice, agent, facts), room, isWanted);
    const past = all && more === 0 ? pastIn(mailbox, facts.arrived, { room, isWanted }) : [];
    const acknowledged = entries.flatMap((entry) =>
      is(entry, 'messages.acknowledged') ? entry.data.messages : [],
    );
    const owed = owedIn(mailbox, seqs);
    return withEntries([...seqs, ...past], (fetched) =>
      ok({
        messages: fetched.map((entry, i) => viewOf(mailbox, entry, i >= seqs.length)),
        ...(more > 0 && { more }),
        ...(acknowledged.length > 0 && {
          acknowledged: latest(acknowledged).map(messageId),
          acknowledged_total: acknowledged.length,
        }),
        ...(owed.total > 0 && {
          to_acknowledge: owed.first.map(messageId),
          to_acknowledge_total: owed.total,
        }),
        ...(upTo !== undefined && { up_to: { messages: upTo } }),
      }),
    );
  },
});

const named = (ack: readonly string[]): readonly Seq[] | 'all' =>
  ack.includes('all') ? 'all' : ack.map(seqOf);

interface Looking {
  readonly room: Room;
  readonly isWanted: (seq: Seq) => boolean;
}

/** The latest of what is no longer unread, as much as there is room for. */
const pastIn = (mailbox: Mailbox, arrived: Carried, { room, isWanted }: Looking): readonly Seq[] => {
  const found: Seq[] = [];
  for (const seq of pastOf(mailbox, arrived)) {
    if (!isWanted(seq)) continue;
    if (!room.take(seq)) break;
    found.push(seq);
  }
  return found;
};

const latest = (seqs: readonly Seq[]): readonly Seq[] => seqs.toSorted((a, b) => a - b).slice(-idsNamedMax);

/** What is to be acknowledged and not shown by this very answer. */
const owedIn = (
  { owed, unread }: Mailbox,
  shown: readonly Seq[],
): { readonly first: readonly Seq[]; readonly total: number } => {
  const first: Seq[] = [];
  let total = 0;
  for (const seq of eachSeq(owed)) {
    if (hasSeq(unread, seq) || shown.includes(seq)) continue;
    total += 1;
    if (first.length < idsNamedMax) first.push(seq);
  }
  return { first, total };
};

const viewOf = ({ lapsed }: Mailbox, entry: Entry, isPast: boolean): MessageView => {
  const sent = present(sentIn(entry), 'a mailbox holds messages');
  const isLapsed = lapsed.includes(entry.seq);
  return {
    ...viewSent(sent),
    ...(isLapsed && { expired: true as const }),
    ...(isPast && !isLapsed && { read: true as const }),
  };
};
