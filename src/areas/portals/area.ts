import { defineArea } from '../../kernel/area.ts';
import type { Instant } from '../../kernel/instants.ts';
import { attention, news } from './attention.ts';
import { concerns, findable, visibleTo } from './concerns.ts';
import type { PortalsCommand } from './decide/commands.ts';
import { decide } from './decide/index.ts';
import { evolve } from './evolve.ts';
import { type PortalsEvent, portalEvents } from './model/events.ts';
import { type PortalsSlice, onlyPartition } from './model/portal.ts';
import { load, save } from './saved.ts';

/** PO8: the requests whose deadline has passed; they are sorted by it. */
const due = ({ requests }: PortalsSlice, now: Instant): PortalsCommand[] => {
  const expired = new Map<string, number[]>();
  for (const { portal, number, expiresAt } of requests.scan('deadline', onlyPartition)) {
    if (expiresAt > now) break;
    expired.set(portal, [...(expired.get(portal) ?? []), number]);
  }
  return [...expired].map(([portal, numbers]) => ({ type: 'expire', portal, requests: numbers }));
};

export const portalsArea = defineArea<'portals', 'agents', PortalsCommand, PortalsEvent>({
  name: 'portals',
  stateVersion: 2,
  reads: ['agents'],
  events: portalEvents,
  decide,
  evolve,
  due,
  attention,
  news,
  concerns,
  visibleTo,
  findable,
  bulk: (slice) => ({ ...slice, portals: slice.portals.bulk(), requests: slice.requests.bulk() }),
  settle: (slice) => ({ ...slice, portals: slice.portals.settle(), requests: slice.requests.settle() }),
  save,
  load,
});
