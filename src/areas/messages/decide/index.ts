import { intents } from '../../../kernel/area.ts';
import { never } from '../../../kernel/assert.ts';
import type { MessagesEvent } from '../model/events.ts';
import { acknowledge } from './acknowledge.ts';
import type { DecideMessages, MessagesCommand, Office } from './commands.ts';
import { deliver, expire } from './deliver.ts';
import { send } from './send.ts';

export const decide: DecideMessages = (slice, command, context) => {
  const office: Office = { messages: slice, context };
  switch (command.type) {
    case 'send':
      return send(office, command);
    case 'acknowledge':
      return acknowledge(office, command);
    case 'deliver':
      return deliver(office, command);
    case 'expire':
      return expire(office, command);
    default:
      return never(command);
  }
};

export const messagesIntent = intents<'messages', 'agents' | 'leases', MessagesCommand, MessagesEvent>(
  'messages',
  decide,
);
