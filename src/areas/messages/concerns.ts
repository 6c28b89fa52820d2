import type { Findable } from '../../kernel/area.ts';
import { never } from '../../kernel/assert.ts';
import type { EntryOf } from '../../kernel/entry.ts';
import type { MessagesEvent } from './model/events.ts';
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
      return entry.data.messages.flatMap(({ sender }) => sender ?? []);
    default:
      return never(entry);
  }
};

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
      return entry.data.messages.flatMap(({ seq, sender, unread = [], unacknowledged = [] }) => [
        `message:${messageId(seq)}`,
        ...[...(sender === undefined ? [] : [sender]), ...unread, ...unacknowledged].map(
          (name) => `agent:${name}`,
        ),
      ]);
    default:
      return never(entry);
  }
};
