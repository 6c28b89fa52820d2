import type { Account } from '../../kernel/area.ts';
import { never } from '../../kernel/assert.ts';
import type { EntryOf } from '../../kernel/entry.ts';
import type { MessagesEvent, Sent } from './model/events.ts';
import { messageId } from './model/message.ts';

/** How many recipients are named. */
const namedMax = 5;

/** What an entry did to which messages, for who may read it. */
export const account = (entry: EntryOf<MessagesEvent>): Account => {
  switch (entry.type) {
    case 'messages.sent': {
      const { replyTo, subject, text } = entry.data;
      return {
        refs: [messageId(entry.seq), ...(replyTo === undefined ? [] : [messageId(replyTo)])],
        what: `sent to ${recipients(entry.data)}${replyTo === undefined ? '' : ` in reply to ${messageId(replyTo)}`}: ${subject ?? text}`,
      };
    }
    case 'messages.acknowledged':
      return { refs: entry.data.messages.map(messageId), what: `acknowledged by ${entry.data.agent}` };
    case 'messages.delivered':
      return { refs: [], what: 'answers carried messages or events' };
    case 'messages.expired':
      return {
        refs: entry.data.messages.map(({ seq }) => messageId(seq)),
        what: 'not read, or not acknowledged, in time',
      };
    default:
      return never(entry);
  }
};

const recipients = ({ everyone, to }: Sent): string => {
  if (everyone === true) return 'everyone';
  return to.length > namedMax ? `${to.length} agents` : to.join(', ');
};
