import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import type { Sent } from '../model/events.ts';
import { owedMax, unreadMax } from '../model/limits.ts';
import { type MessagesSlice } from '../model/message.ts';
import { type Recipients, recipientsOf, refuseReply } from './addresses.ts';
import type { MessagesDecision, Office, SendCommand } from './commands.ts';

export const send = (office: Office, command: SendCommand): MessagesDecision => {
  const refusal = refuseReply(office, command);
  if (refusal !== undefined) return refusal;
  const recipients = recipientsOf(office, command);
  if (!recipients.ok) return recipients;
  const room = roomFor(office, command, recipients.value);
  if (!room.ok) return room;
  const { to, notStoredFor } = room.value;
  const { text, subject, replyTo, ackWithinMs, expiresInMs } = command;
  const { everyone, mentioned, notMentioned } = recipients.value;
  const { now } = office.context;
  const data: Sent = {
    to,
    text,
    ...(subject !== undefined && { subject }),
    ...(replyTo !== undefined && { replyTo }),
    ...(ackWithinMs !== undefined && { ackBy: now + ackWithinMs }),
    ...(expiresInMs !== undefined && { expiresAt: now + expiresInMs }),
    ...(everyone && { everyone }),
    ...(mentioned.length > 0 && { mentioned }),
    ...(notMentioned.length > 0 && { notMentioned }),
    ...(notStoredFor.length > 0 && { notStoredFor }),
  };
  return ok([{ type: 'messages.sent', data }]);
};

interface Room {
  readonly to: readonly string[];
  readonly notStoredFor: readonly string[];
}

/** ME8: whose mailboxes have room. Only a message to everyone goes to those alone. */
const roomFor = (
  { messages }: Office,
  { ackWithinMs }: SendCommand,
  { to, everyone }: Recipients,
): Outcome<Room> => {
  const full = to.filter((agent) => isFull(messages, agent, ackWithinMs !== undefined));
  if (full.length === 0) return ok({ to, notStoredFor: [] });
  if (everyone && full.length < to.length) {
    const without = new Set(full);
    return ok({ to: to.filter((agent) => !without.has(agent)), notStoredFor: full });
  }
  return refuseFull(full);
};

const isFull = (messages: MessagesSlice, agent: string, ack: boolean): boolean => {
  const mailbox = messages.mailboxes.get(agent);
  return mailbox !== undefined && (mailbox.unread.size >= unreadMax || (ack && mailbox.owed.size >= owedMax));
};

const namedMax = 10;

const refuseFull = (full: readonly string[]): Refusal => {
  const more = full.length > namedMax ? ` and ${full.length - namedMax} more` : '';
  return refuse(
    'limit_exceeded',
    `The mailbox of ${full.slice(0, namedMax).join(', ')}${more} is full: an agent may have ${unreadMax} unread messages, and owe ${owedMax} acknowledgements. Nothing was stored. Send to somebody else, or again when it has read its inbox.`,
    { limit: unreadMax, full: full.slice(0, namedMax) },
  );
};
