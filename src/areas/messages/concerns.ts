import type { Findable } from '../../kernel/area.ts';
import { never } from '../../kernel/assert.ts';
import type { EntryOf, Seq } from '../../kernel/entry.ts';
import type { Expired, MessagesEvent } from './model/events.ts';
import { messageId } from './model/message.ts';

/** ME28: what agents write to each other is theirs; what went to everyone is everybody's. */
export const visibleTo = (entry: EntryOf<MessagesEvent>): readonly string[] | undefined => {
  switch (entry.type) {
    case 'messages.sent': {
      const { actor, data } = entry;
      if (data.everyone === true) return undefined;
      return actor.agent === undefined ? data.to : [actor.agent, ...data.to];
    }
    case 'messages.acknowledged':
      return [entry.data.agent, ...entry.data.senders];
    case 'messages.delivered':
      // It tells of each agent how far it has read, and is nobody's.
      return [];
    case 'messages.expired':
      return entry.data.messages.flatMap(partiesOf);
    default:
      return never(entry);
  }
};

const partiesOf = ({ sender, unread = [], unacknowledged = [] }: Expired): readonly string[] => [
  ...(sender === undefined ? [] : [sender]),
  ...unread,
  ...unacknowledged,
];

/** ME28: of what is over, and of what somebody has acknowledged, each agent reads what it has sent or got. */
export const narrowed = (entry: EntryOf<MessagesEvent>, reader: string): EntryOf<MessagesEvent> => {
  if (entry.type === 'messages.expired') {
    const messages = entry.data.messages.filter((message) => partiesOf(message).includes(reader));
    return messages.length === entry.data.messages.length ? entry : { ...entry, data: { messages } };
  }
  if (entry.type !== 'messages.acknowledged' || entry.data.agent === reader) return entry;
  const { agent, messages, senders, sentBy = onlyOf(messages, senders) } = entry.data;
  const own = messages.filter((_, i) => sentBy[i] === reader);
  if (own.length === messages.length) return entry;
  return { ...entry, data: { agent, messages: own, senders: [reader], sentBy: own.map(() => reader) } };
};

/** Who sent what was acknowledged, for entries that do not say: it is known of one sender only. */
const onlyOf = (
  messages: readonly Seq[],
  [sender, ...others]: readonly string[],
): readonly (string | null)[] => messages.map(() => (others.length > 0 ? null : (sender ?? null)));

/** ME29: a message is found as such, with those to whom it went. */
export const findable = (entry: EntryOf<MessagesEvent>): Findable | undefined =>
  entry.type === 'messages.sent' ? { ref: messageId(entry.seq), to: entry.data.to } : undefined;

/** Rings when agents have got what waited for them. */
const mailboxesKey = 'mailboxes';

/** ME23: who may have waited for an entry. */
export const concerns = (entry: EntryOf<MessagesEvent>): readonly string[] => {
  switch (entry.type) {
    case 'messages.sent':
      return entry.data.to.map((agent) => `agent:${agent}`);
    case 'messages.acknowledged':
      return [
        ...[entry.data.agent, ...entry.data.senders].map((agent) => `agent:${agent}`),
        ...entry.data.messages.map((seq) => `message:${messageId(seq)}`),
      ];
    case 'messages.delivered':
      return entry.data.cursors.some(({ surfaced, told }) => (surfaced ?? told) !== undefined)
        ? [mailboxesKey]
        : [];
    case 'messages.expired':
      return entry.data.messages.flatMap((message) => [
        `message:${messageId(message.seq)}`,
        ...partiesOf(message).map((name) => `agent:${name}`),
      ]);
    default:
      return never(entry);
  }
};
