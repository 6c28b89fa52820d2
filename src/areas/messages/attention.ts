import type { Attention, News } from '../../kernel/area.ts';
import type { Carried } from '../../kernel/carried.ts';
import { quoted } from '../../kernel/text.ts';
import { isoTime } from '../../kernel/instants.ts';
import type { World } from '../../kernel/slices.ts';
import { beginningOf } from './model/beginning.ts';
import { attentionMax } from './model/limits.ts';
import { type Mailbox, type MessagesSlice, type Undelivered, messageAt, messageId } from './model/message.ts';
import { eachSeq, hasSeq, lastSeq, sizeAfter } from './model/seqs.ts';

const messageKind = 'message';
const undeliveredKind = 'message_undelivered';

/** ME19 to ME21: what an agent has not read, what it owes, and what it sent that did not arrive in time. */
export const attention = (world: World<'messages' | 'agents'>, name: string): Attention[] => {
  const agent = world.agents.agents.get(name);
  const mailbox = world.messages.mailboxes.get(name);
  if (agent === undefined || mailbox === undefined) return [];
  const failures = mailbox.undelivered.filter(({ seq }) => seq > agent.toldSeq);
  return [
    ...unreadIn(world.messages, mailbox),
    ...owedIn(world.messages, mailbox),
    ...failures.map((failure) => undeliveredAs(failure)),
  ];
};

const unreadIn = (slice: MessagesSlice, { unread }: Mailbox): Attention[] => {
  const waiting: Attention[] = [];
  for (const seq of eachSeq(unread)) {
    const message = messageAt(slice, seq);
    if (message === undefined) continue;
    if (waiting.length === attentionMax) {
      waiting.push({
        kind: messageKind,
        ref: messageId(lastSeq(unread) ?? seq),
        seq: lastSeq(unread) ?? seq,
        since: message.at,
        text: `${unread.size - attentionMax} more messages wait. Read them with inbox.`,
      });
      break;
    }
    const { from, beginning, at } = message;
    waiting.push({
      kind: messageKind,
      ref: messageId(seq),
      seq,
      since: at,
      text: `${from}: ${quoted(beginningOf(beginning))}`,
    });
  }
  return waiting;
};

/** What has been read and not been acknowledged; what is unread says so itself. */
const owedIn = (slice: MessagesSlice, { owed, unread }: Mailbox): Attention[] => {
  const waiting: Attention[] = [];
  for (const seq of eachSeq(owed)) {
    if (waiting.length === attentionMax) break;
    const message = messageAt(slice, seq);
    if (message?.ackBy === undefined || hasSeq(unread, seq)) continue;
    const id = messageId(seq);
    waiting.push({
      kind: 'message_ack',
      ref: id,
      seq,
      since: message.at,
      text: `${message.from} wants ${id} to be acknowledged until ${isoTime(message.ackBy)}: inbox {"ack":["${id}"]}.`,
    });
  }
  return waiting;
};

const undeliveredAs = ({ message, seq, at, why, agents, count }: Undelivered): Attention => {
  const id = messageId(message);
  const more = count > agents.length ? ` and ${count - agents.length} more` : '';
  const who = `${agents.join(', ')}${more}`;
  const text =
    why === 'unread' ? `${id} expired before ${who} read it.` : `${who} did not acknowledge ${id} in time.`;
  return { kind: undeliveredKind, ref: id, seq, since: at, text: `${text} See message_get {"id":"${id}"}.` };
};

/** ME22 */
export const news = (world: World<'messages' | 'agents'>, name: string, arrived: Carried): News[] => {
  const mailbox = world.messages.mailboxes.get(name);
  if (mailbox === undefined) return [];
  const unread =
    arrived.surfaced === undefined ? mailbox.unread.size : sizeAfter(mailbox.unread, arrived.surfaced);
  const latest = unread === 0 ? undefined : lastSeq(mailbox.unread);
  const told = Math.max(world.agents.agents.get(name)?.startedSeq ?? 0, mailbox.told.seq, arrived.told ?? 0);
  const failures = mailbox.undelivered.filter(({ seq }) => seq > told);
  const failed = failures.at(-1);
  return [
    ...(latest === undefined ? [] : [{ kind: messageKind, count: unread, seq: latest, call: 'inbox' }]),
    ...(failed === undefined
      ? []
      : [{ kind: undeliveredKind, count: failures.length, seq: failed.seq, call: 'start' }]),
  ];
};
