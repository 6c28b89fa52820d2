import type { Attention, News } from '../../kernel/area.ts';
import { present } from '../../kernel/assert.ts';
import { quoted } from '../../kernel/text.ts';
import { type Instant, spoken } from '../../kernel/instants.ts';
import type { World } from '../../kernel/slices.ts';
import {
  type ItemKind,
  type Portal,
  type PortalRequest,
  type PortalsSlice,
  newsCount,
  otherSide,
  portalsWithNews,
  requestKey,
  sideOf,
  unreadCount,
} from './model/portal.ts';

/** PO12: what is new in the portals of an agent, and what it was asked there, has read and not answered. */
export const attention = ({ portals }: World<'portals'>, agent: string, now: Instant): Attention[] => [
  ...portalsWithNews(portals, agent).map((portal) => newIn(portal, agent)),
  ...askedOf(portals, agent).map((request) => asked(request, now)),
];

/** PO13 */
export const news = ({ portals }: World<'portals'>, agent: string): News[] => {
  const { count, seq } = newsCount(portals, agent);
  return count === 0 ? [] : [{ kind: 'portal', count, seq, call: 'portal_list' }];
};

const latestWords: Readonly<Record<ItemKind, string>> = {
  opened: 'it was opened',
  message: 'a message',
  request: 'a request',
  accepted: 'a request of yours was accepted',
  result: 'the result of a request',
  failure: 'a request has failed',
  expired: 'a request expired',
  closed: 'it was closed',
};

const newIn = (portal: Portal, agent: string): Attention => {
  const side = present(sideOf(portal, agent), 'an agent has news in its own portals');
  const { heardSeq, heardAt } = portal[side];
  const latest = present(
    portal.items.findLast(({ seq }) => seq === heardSeq),
    'what was heard stands in the portal',
  );
  const about = portal.about === undefined ? '' : ` about ${quoted(portal.about)}`;
  const count = unreadCount(portal, side);
  return {
    kind: 'portal',
    ref: portal.id,
    seq: heardSeq,
    since: heardAt,
    text: `${count} new in ${portal.id} with ${portal[otherSide(side)].agent}${about}; the latest: ${latestWords[latest.kind]}. Read it with portal_read {"portal":"${portal.id}"}.`,
  };
};

/** What was not read yet is told by the portal as a whole. */
const askedOf = (slice: PortalsSlice, agent: string): PortalRequest[] =>
  [...slice.requests.scan('to', agent)].filter(({ portal: id, seq }) => {
    const portal = present(slice.portals.get(id), 'a request is kept as long as its portal');
    const side = present(sideOf(portal, agent), 'who is asked is in the portal');
    return portal[side].readSeq >= seq;
  });

const asked = (
  { portal, number, from, seq, at, expiresAt, state }: PortalRequest,
  now: Instant,
): Attention => ({
  kind: 'portal_request',
  ref: requestKey(portal, number),
  seq,
  since: at,
  text: `${from} waits for your answer to request ${number} of ${portal}${state.kind === 'accepted' ? ', which you accepted' : ''}; ${spoken(expiresAt - now)} are left. Answer with portal_reply {"portal":"${portal}","request":${number},"result":"..."}.`,
});
