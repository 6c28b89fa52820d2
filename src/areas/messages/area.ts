import { defineArea } from '../../kernel/area.ts';
import type { Instant } from '../../kernel/instants.ts';
import { account } from './account.ts';
import { attention, news } from './attention.ts';
import { concerns, findable, narrowed, visibleTo } from './concerns.ts';
import type { MessagesCommand } from './decide/commands.ts';
import { decide } from './decide/index.ts';
import { evolve } from './evolve.ts';
import { type MessagesEvent, messageEvents } from './model/events.ts';
import { expiredPerEntryMax } from './model/limits.ts';
import { type MessagesSlice, dueAt, duePartition } from './model/message.ts';
import { load, save } from './saved.ts';

/** ME15: all that is over, in one command. */
const due = ({ messages }: MessagesSlice, now: Instant): MessagesCommand[] => {
  const over: number[] = [];
  for (const message of messages.scan('due', duePartition)) {
    if ((dueAt(message) ?? now) > now || over.length === expiredPerEntryMax) break;
    over.push(message.seq);
  }
  return over.length === 0 ? [] : [{ type: 'expire', messages: over }];
};

export const messagesArea = defineArea<'messages', 'agents' | 'leases', MessagesCommand, MessagesEvent>({
  name: 'messages',
  stateVersion: 3,
  reads: ['agents', 'leases'],
  events: messageEvents,
  decide,
  evolve,
  due,
  attention,
  news,
  concerns,
  visibleTo,
  narrowed,
  account,
  findable,
  bulk: (slice) => ({ ...slice, messages: slice.messages.bulk(), mailboxes: slice.mailboxes.bulk() }),
  settle: (slice) => ({ ...slice, messages: slice.messages.settle(), mailboxes: slice.mailboxes.settle() }),
  save,
  load,
});
