import type { Attention, News } from '../../kernel/area.ts';
import type { Moment } from '../../kernel/carried.ts';
import type { Seq } from '../../kernel/entry.ts';
import { quoted } from '../../kernel/text.ts';
import { type Instant, isoTime } from '../../kernel/instants.ts';
import type { World } from '../../kernel/slices.ts';
import { beginningOf } from './model/beginning.ts';
import { attentionMax } from './model/limits.ts';
import {
  type Mailbox,
  type MessagesSlice,
  type Undelivered,
  mailboxAt,
  messageAt,
  messageId,
} from './model/message.ts';
import { eachSeq, hasSeq, lastSeq, sizeAfter } from './model/seqs.ts';

const messageKind = 'message';
const ackKind = 'message_ack';
const undeliveredKind = 'message_undelivered';

/** ME19 to ME21: what an agent has not read, what it owes, and what it sent that did not arrive in time. */
export const attention = (world: World<'messages' | 'agents'>, name: string, now: Instant): Attention[] => {
  const agent = world.agents.agents.get(name);
  if (agent === undefined || !world.messages.mailboxes.has(name)) return [];
  const mailbox = mailboxAt(world.messages, name, { now, arrived: {} });
  const failures = mailbox.undelivered.filter(({ seq }) => seq > agent.toldSeq);
  return [
    ...unreadIn(world.messages, mailbox),
    ...owedIn(world.messages, mailbox),
    ...forgottenIn(mailbox, agent.toldSeq),
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
  let [more, last] = [0, 0];
  for (const seq of eachSeq(owed)) {
    const message = messageAt(slice, seq);
    if (message?.ackBy === undefined || hasSeq(unread, seq)) continue;
    if (waiting.length === attentionMax) {
      [more, last] = [more + 1, seq];
      continue;
    }
    const id = messageId(seq);
    waiting.push({
      kind: ackKind,
      ref: id,
      seq,
      since: message.at,
      text: `${message.from} wants ${id} to be acknowledged until ${isoTime(message.ackBy)}: inbox {"ack":["${id}"]}.`,
    });
  }
  const since = messageAt(slice, last)?.at;
  if (since === undefined) return waiting;
  const text = `${more} more are to be acknowledged. Do what they ask, then acknowledge what was shown to you: inbox {"ack":["all"]}.`;
  return [...waiting, { kind: ackKind, ref: messageId(last), seq: last, since, text }];
};

const countAfter = ({ forgotten }: Mailbox, seq: Seq): number =>
  forgotten.reduce((sum, one) => (one.seq > seq ? sum + one.count : sum), 0);

/** Of too many failures those before the latest are counted. */
const forgottenIn = (mailbox: Mailbox, toldSeq: Seq): Attention[] => {
  const last = mailbox.forgotten.at(-1);
  const count = countAfter(mailbox, toldSeq);
  if (last === undefined || count === 0) return [];
  const ref = messageId(last.message);
  const text = `${count} more failed before these ${mailbox.undelivered.length}, the last of them ${ref}. Look at each message that you wait for with message_get.`;
  return [{ kind: undeliveredKind, ref, seq: last.seq, since: last.at, text }];
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
export const news = (world: World<'messages' | 'agents'>, name: string, moment: Moment): News[] => {
  if (!world.messages.mailboxes.has(name)) return [];
  const { arrived } = moment;
  const mailbox = mailboxAt(world.messages, name, moment);
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
      : [
          {
            kind: undeliveredKind,
            count: failures.length + countAfter(mailbox, told),
            seq: failed.seq,
            call: 'start',
          },
        ]),
  ];
};
