import { z } from 'zod';
import { present } from '../../kernel/assert.ts';
import { type Entry, entryGuard } from '../../kernel/entry.ts';
import type { Tier } from '../../kernel/hold.ts';
import { type Instant, isoTime } from '../../kernel/instants.ts';
import type { World } from '../../kernel/slices.ts';
import { agentTier } from '../agents/model.ts';
import type { PortalsEvent } from './model/events.ts';
import {
  type Item,
  type Portal,
  type PortalRequest,
  type PortalsSlice,
  type SideName,
  itemKinds,
  otherSide,
  pendingOf,
  portalStates,
  unreadCount,
} from './model/portal.ts';

const is = entryGuard<PortalsEvent>();

/** The agent on the other side, and how lively it is. */
export const withShape = { with: z.string(), tier: z.string().describe('how lively it is') };

export const viewWith = (
  { agents }: World<'agents'>,
  other: string,
  now: Instant,
): { with: string; tier: Tier } => {
  const agent = present(agents.agents.get(other), 'the agents of a portal exist');
  return { with: other, tier: agentTier(agents, agent, now) };
};

export const portalOutput = z.strictObject({
  portal: z.string(),
  with: z.string(),
  about: z.string().optional(),
  opened_by: z.string(),
  state: z.enum(portalStates),
  closed_by: z.string().optional(),
  unread: z.number().describe('new to you'),
  asked_of_you: z.number().describe('requests that wait for your answer'),
  asked_by_you: z.number(),
  updated_at: z.string(),
});

export const viewPortal = (
  slice: PortalsSlice,
  portal: Portal,
  side: SideName,
): z.infer<typeof portalOutput> => {
  const { about, state } = portal;
  const pending = pendingOf(slice, portal.id);
  const ofYou = pending.filter(({ to }) => to === portal[side].agent).length;
  return {
    portal: portal.id,
    with: portal[otherSide(side)].agent,
    ...(about !== undefined && { about }),
    opened_by: portal.opener.agent,
    state: state.kind,
    ...(state.kind === 'closed' && { closed_by: state.by }),
    unread: unreadCount(portal, side),
    asked_of_you: ofYou,
    asked_by_you: pending.length - ofYou,
    updated_at: isoTime(portal.updatedAt),
  };
};

export const itemOutput = z.strictObject({
  seq: z.number(),
  at: z.string(),
  by: z.string().optional().describe('absent when it was time'),
  kind: z.enum(itemKinds),
  request: z.number().optional(),
  expires_at: z.string().optional(),
  requests: z.array(z.number()).optional().describe('those that ended without an answer'),
  text: z.string().optional(),
});

export type ItemOutput = z.infer<typeof itemOutput>;

/** An item with what its entry says. */
export const viewItem = (portal: Portal, item: Item, entry: Entry): ItemOutput => ({
  seq: item.seq,
  at: isoTime(entry.time),
  ...(item.by !== 'time' && { by: portal[item.by].agent }),
  kind: item.kind,
  ...said(entry),
});

const said = (entry: Entry): Partial<ItemOutput> => {
  if (is(entry, 'portals.opened')) return textOf(entry.data.about);
  if (is(entry, 'portals.said')) return textOf(entry.data.text);
  if (is(entry, 'portals.requested')) {
    const { request, text, expiresAt } = entry.data;
    return { request, expires_at: isoTime(expiresAt), text };
  }
  if (is(entry, 'portals.accepted')) return { request: entry.data.request };
  if (is(entry, 'portals.answered')) return { request: entry.data.request, text: entry.data.text };
  if (is(entry, 'portals.expired')) return { requests: [...entry.data.requests] };
  if (is(entry, 'portals.closed')) {
    const { reason, fails } = entry.data;
    return { ...textOf(reason), ...(fails !== undefined && { requests: [...fails] }) };
  }
  return {};
};

const textOf = (text: string | undefined): { text?: string } => (text === undefined ? {} : { text });

export const pendingOutput = z.strictObject({
  request: z.number(),
  seq: z.number().describe('the item that asks'),
  from: z.string(),
  to: z.string(),
  status: z.enum(['open', 'accepted']),
  expires_at: z.string(),
});

export const viewPending = ({
  number,
  seq,
  from,
  to,
  state,
  expiresAt,
}: PortalRequest): z.infer<typeof pendingOutput> => ({
  request: number,
  seq,
  from,
  to,
  status: state.kind === 'accepted' ? 'accepted' : 'open',
  expires_at: isoTime(expiresAt),
});
