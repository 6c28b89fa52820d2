import type { Seq } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import type { AgentCursors, Expired } from '../model/events.ts';
import { mailboxOf, messageAt, owedCount, unreadCount } from '../model/message.ts';
import { hasSeq } from '../model/seqs.ts';
import type { DeliverCommand, ExpireCommand, MessagesDecision, Office } from './commands.ts';

/** ME11, ME12: cursors only move forward, and what does not move is not written. */
export const deliver = (office: Office, { cursors }: DeliverCommand): MessagesDecision => {
  const moved = cursors.flatMap((cursor) => movedOf(office, cursor));
  return ok(moved.length === 0 ? [] : [{ type: 'messages.delivered', data: { cursors: moved } }]);
};

const movedOf = (
  { messages, context }: Office,
  { agent, offered, surfaced, told }: AgentCursors,
): AgentCursors[] => {
  if (!context.world.agents.agents.has(agent)) return [];
  const known = mailboxOf(messages, agent);
  const moved = {
    ...(isPast(offered, known.offered.seq) && { offered }),
    ...(isPast(surfaced, known.surfaced.seq) && { surfaced }),
    ...(isPast(told, known.told.seq) && { told }),
  };
  return Object.keys(moved).length === 0 ? [] : [{ agent, ...moved }];
};

const isPast = (seq: Seq | undefined, known: Seq): boolean => seq !== undefined && seq > known;

/** ME15: one entry for all whose time is over. */
export const expire = (office: Office, { messages }: ExpireCommand): MessagesDecision => {
  const over = messages.flatMap((seq) => expiredOf(office, seq));
  return ok(over.length === 0 ? [] : [{ type: 'messages.expired', data: { messages: over } }]);
};

const expiredOf = ({ messages, context: { now } }: Office, seq: Seq): Expired[] => {
  const message = messageAt(messages, seq);
  if (message === undefined) return [];
  const { to, sender, acknowledged, expired, expiresAt, ackBy } = message;
  const lapses = expiresAt !== undefined && expiresAt <= now && unreadCount(message) > 0;
  const unread = lapses ? to.filter((agent) => hasSeq(mailboxOf(messages, agent).unread, seq)) : [];
  const late = ackBy !== undefined && ackBy <= now && owedCount(message) > 0;
  const settled = new Set([...acknowledged, ...expired].map(({ agent }) => agent).concat(unread));
  const unacknowledged = late ? to.filter((agent) => !settled.has(agent)) : [];
  if (!lapses && !late) return [];
  return [
    {
      seq,
      ...(sender !== undefined && { sender }),
      ...(lapses && { unread }),
      ...(late && { unacknowledged }),
    },
  ];
};
