import { never } from '../../kernel/assert.ts';
import type { EntryOf } from '../../kernel/entry.ts';
import type { PortalsEvent } from './model/events.ts';

/** PO14: who may have waited for an entry. */
export const concerns = (entry: EntryOf<PortalsEvent>): readonly string[] => {
  switch (entry.type) {
    case 'portals.opened':
    case 'portals.said':
    case 'portals.requested':
    case 'portals.accepted':
    case 'portals.answered':
    case 'portals.closed':
      return [`portal:${entry.data.portal}`, `agent:${entry.data.to}`];
    case 'portals.expired': {
      const { requests } = entry.data;
      return [
        ...new Set(
          requests.flatMap(({ portal, from, to }) => [`portal:${portal}`, `agent:${from}`, `agent:${to}`]),
        ),
      ];
    }
    case 'portals.read':
      return [];
    default:
      return never(entry);
  }
};
