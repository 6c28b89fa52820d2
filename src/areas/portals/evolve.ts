import { never, present } from '../../kernel/assert.ts';
import type { EntryOf, Seq } from '../../kernel/entry.ts';
import type { Instant } from '../../kernel/instants.ts';
import type { PortalsEvent } from './model/events.ts';
import {
  type Item,
  type Portal,
  type PortalRequest,
  type PortalsSlice,
  type Side,
  hasNews,
  requestKey,
  sideOf,
} from './model/portal.ts';

type Of<T extends PortalsEvent['type']> = EntryOf<Extract<PortalsEvent, { readonly type: T }>>;

export const evolve = (slice: PortalsSlice, entry: EntryOf<PortalsEvent>): PortalsSlice => {
  switch (entry.type) {
    case 'portals.opened':
      return opened(slice, entry);
    case 'portals.said':
      return added(slice, entry, { kind: 'message', characters: entry.data.text.length });
    case 'portals.requested':
      return requested(slice, entry);
    case 'portals.accepted':
      return requestChanged(added(slice, entry, { kind: 'accepted', characters: 0 }), entry.data, {
        kind: 'accepted',
      });
    case 'portals.answered':
      return answered(slice, entry);
    case 'portals.expired':
      return expired(slice, entry);
    case 'portals.closed':
      return closed(slice, entry);
    case 'portals.read':
      return read(slice, entry);
    default:
      return never(entry);
  }
};

const portalAt = (slice: PortalsSlice, id: string): Portal =>
  present(slice.portals.get(id), `entries are about portals that were opened, and ${id} was not`);

const agentOf = ({ actor }: EntryOf<PortalsEvent>): string =>
  present(actor.agent, 'only an agent does something in a portal');

const opened = (slice: PortalsSlice, entry: Of<'portals.opened'>): PortalsSlice => {
  const { portal: id, number, to, about, forgets } = entry.data;
  const { seq, time } = entry;
  const nothing = { readSeq: 0, heardSeq: 0, heardAt: 0 };
  const portal: Portal = {
    id,
    number,
    opener: { agent: agentOf(entry), ...nothing },
    invited: { agent: to, ...nothing },
    about,
    state: { kind: 'open' },
    openedAt: time,
    updatedSeq: seq,
    updatedAt: time,
    requests: 0,
    items: [],
  };
  const before = forgets === undefined ? slice : forgotten(slice, forgets);
  const item: Item = { seq, kind: 'opened', by: 'opener', characters: 0 };
  return { ...before, portals: before.portals.put(withItem(portal, item, time)), counted: number };
};

/** PO16 */
const forgotten = (slice: PortalsSlice, id: string): PortalsSlice => {
  let { requests } = slice;
  for (let number = 1; number <= portalAt(slice, id).requests; number += 1)
    requests = requests.remove(requestKey(id, number));
  return { ...slice, requests, portals: slice.portals.remove(id) };
};

/** PO20: what a side does itself is nothing new to it. */
const heard = (side: Side, own: boolean, { seq, at }: { readonly seq: Seq; readonly at: Instant }): Side => {
  if (!own) return { ...side, heardSeq: seq, heardAt: at };
  return hasNews(side) ? side : { ...side, readSeq: seq };
};

const withItem = (portal: Portal, item: Item, at: Instant): Portal => ({
  ...portal,
  opener: heard(portal.opener, item.by === 'opener', { seq: item.seq, at }),
  invited: heard(portal.invited, item.by === 'invited', { seq: item.seq, at }),
  updatedSeq: item.seq,
  updatedAt: at,
  items: [...portal.items, item],
});

type ByOneSide = Exclude<EntryOf<PortalsEvent>, Of<'portals.expired'>>;

const added = (
  slice: PortalsSlice,
  entry: ByOneSide,
  item: Pick<Item, 'kind' | 'characters'>,
): PortalsSlice => {
  const portal = portalAt(slice, entry.data.portal);
  const by = present(sideOf(portal, agentOf(entry)), 'only its two agents do something in a portal');
  const next = withItem(portal, { seq: entry.seq, by, ...item }, entry.time);
  return { ...slice, portals: slice.portals.put(next) };
};

const requested = (slice: PortalsSlice, entry: Of<'portals.requested'>): PortalsSlice => {
  const { portal: id, request: number, to, text, expiresAt } = entry.data;
  const next = added(slice, entry, { kind: 'request', characters: text.length });
  const request: PortalRequest = {
    portal: id,
    number,
    from: agentOf(entry),
    to,
    seq: entry.seq,
    at: entry.time,
    expiresAt,
    state: { kind: 'open' },
  };
  return {
    ...next,
    portals: next.portals.put({ ...portalAt(next, id), requests: number }),
    requests: next.requests.put(request),
  };
};

const requestChanged = (
  slice: PortalsSlice,
  { portal, request: number }: { readonly portal: string; readonly request: number },
  state: PortalRequest['state'],
): PortalsSlice => {
  const request = present(
    slice.requests.get(requestKey(portal, number)),
    `entries are about requests that were made, and ${number} of ${portal} was not`,
  );
  return { ...slice, requests: slice.requests.put({ ...request, state }) };
};

const answered = (slice: PortalsSlice, entry: Of<'portals.answered'>): PortalsSlice => {
  const { outcome, text } = entry.data;
  const next = added(slice, entry, { kind: outcome, characters: text.length });
  return requestChanged(next, entry.data, { kind: outcome, at: entry.time, seq: entry.seq });
};

const expired = (slice: PortalsSlice, { seq, time, data }: Of<'portals.expired'>): PortalsSlice => {
  const { portal: id, requests } = data;
  const item: Item = { seq, kind: 'expired', by: 'time', characters: 0 };
  let next: PortalsSlice = {
    ...slice,
    portals: slice.portals.put(withItem(portalAt(slice, id), item, time)),
  };
  for (const request of requests) {
    const { expiresAt = time } = slice.requests.get(requestKey(id, request)) ?? {};
    // It is over at its deadline, whenever that was noticed.
    next = requestChanged(
      next,
      { portal: id, request },
      { kind: 'expired', at: Math.min(expiresAt, time), seq },
    );
  }
  return next;
};

const closed = (slice: PortalsSlice, entry: Of<'portals.closed'>): PortalsSlice => {
  const { portal: id, reason = '', fails = [] } = entry.data;
  const state = { kind: 'closed', by: agentOf(entry), at: entry.time, seq: entry.seq } as const;
  let next = added(slice, entry, { kind: 'closed', characters: reason.length });
  for (const request of fails) next = requestChanged(next, { portal: id, request }, state);
  return { ...next, portals: next.portals.put({ ...portalAt(next, id), state }) };
};

const read = (slice: PortalsSlice, entry: Of<'portals.read'>): PortalsSlice => {
  const portal = portalAt(slice, entry.data.portal);
  const by = present(sideOf(portal, agentOf(entry)), 'only its two agents read a portal');
  const side = portal[by];
  const readSeq = Math.max(side.readSeq, entry.data.upTo);
  return { ...slice, portals: slice.portals.put({ ...portal, [by]: { ...side, readSeq } }) };
};
