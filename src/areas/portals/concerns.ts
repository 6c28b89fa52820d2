import type { Findable } from '../../kernel/area.ts';
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
    case 'portals.expired':
      return [`portal:${entry.data.portal}`, ...entry.data.sides.map((agent) => `agent:${agent}`)];
    case 'portals.read':
      return [];
    default:
      return never(entry);
  }
};

/** PO2: the two sides; of reading, who has read. */
export const visibleTo = (entry: EntryOf<PortalsEvent>): readonly string[] => {
  if (entry.type === 'portals.expired') return entry.data.sides;
  const { agent } = entry.actor;
  return [...(agent === undefined ? [] : [agent]), ...('to' in entry.data ? [entry.data.to] : [])];
};

export const findable = (entry: EntryOf<PortalsEvent>): Findable => ({
  ref: entry.data.portal,
  ...('to' in entry.data && { to: [entry.data.to] }),
});
