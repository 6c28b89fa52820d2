import type { Account } from '../../kernel/area.ts';
import type { EntryOf } from '../../kernel/entry.ts';
import { never } from '../../kernel/assert.ts';
import type { PortalsEvent } from './model/events.ts';

/** What an entry did in which portal, for its two sides. */
export const account = (entry: EntryOf<PortalsEvent>): Account => ({
  refs: [entry.data.portal],
  what: whatOf(entry),
});

const whatOf = (entry: EntryOf<PortalsEvent>): string => {
  switch (entry.type) {
    case 'portals.opened':
      return `opened with ${entry.data.to}${because(entry.data.about)}`;
    case 'portals.said':
      return `said: ${entry.data.text}`;
    case 'portals.requested':
      return `request ${entry.data.request}: ${entry.data.text}`;
    case 'portals.accepted':
      return `accepted request ${entry.data.request}`;
    case 'portals.answered':
      return `${entry.data.outcome} of request ${entry.data.request}: ${entry.data.text}`;
    case 'portals.expired':
      return `not answered in time: request ${entry.data.requests.join(', ')}`;
    case 'portals.closed':
      return `closed${because(entry.data.reason)}`;
    case 'portals.read':
      return 'read what was new';
    default:
      return never(entry);
  }
};

const because = (text: string | undefined): string => (text === undefined ? '' : `: ${text}`);
