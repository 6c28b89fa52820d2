import type { Seq } from '../../../kernel/entry.ts';
import type { Instant } from '../../../kernel/instants.ts';
import { type Table, table } from '../../../kernel/table.ts';
import { answerCharactersMax } from './limits.ts';

declare module '../../../kernel/slices.ts' {
  interface Slices {
    readonly portals: PortalsSlice;
  }
}

const sideNames = ['opener', 'invited'] as const;

export type SideName = (typeof sideNames)[number];

/** What one of the two agents knows of their portal. */
export interface Side {
  readonly agent: string;
  /** All items up to this entry were shown to it, or are its own. */
  readonly readSeq: Seq;
  /** The latest item that is not its own, and when it came; 0 when there is none. */
  readonly heardSeq: Seq;
  readonly heardAt: Instant;
}

export const itemKinds = [
  'opened',
  'message',
  'request',
  'accepted',
  'result',
  'failure',
  'expired',
  'closed',
] as const;

export type ItemKind = (typeof itemKinds)[number];

/** One entry as a part of a portal. What it says stays in the journal. */
export interface Item {
  readonly seq: Seq;
  readonly kind: ItemKind;
  readonly by: SideName | 'time';
  /** Length of its text, by which answers are kept to their size. */
  readonly characters: number;
}

export interface ClosedState {
  readonly kind: 'closed';
  readonly by: string;
  readonly at: Instant;
  readonly seq: Seq;
}

export type PortalState = { readonly kind: 'open' } | ClosedState;

export const portalStates = ['open', 'closed'] as const satisfies readonly PortalState['kind'][];

export interface Portal {
  readonly id: string;
  readonly number: number;
  readonly opener: Side;
  readonly invited: Side;
  readonly about: string | undefined;
  readonly state: PortalState;
  readonly openedAt: Instant;
  /** The latest entry about it, reading apart, and its time. */
  readonly updatedSeq: Seq;
  readonly updatedAt: Instant;
  /** How many requests have been made in it; they are numbered from 1. */
  readonly requests: number;
  readonly items: readonly Item[];
}

/** How a request has ended, and by which entry. When its portal was closed, nobody can answer it any more. */
export type EndedState =
  | { readonly kind: 'result' | 'failure' | 'expired'; readonly at: Instant; readonly seq: Seq }
  | ClosedState;

type RequestState = { readonly kind: 'open' } | { readonly kind: 'accepted' } | EndedState;

export interface PortalRequest {
  readonly portal: string;
  readonly number: number;
  readonly from: string;
  readonly to: string;
  readonly seq: Seq;
  readonly at: Instant;
  readonly expiresAt: Instant;
  readonly state: RequestState;
}

/** Undefined while the request waits for its answer. */
export const endOf = ({ state }: PortalRequest): EndedState | undefined =>
  state.kind === 'open' || state.kind === 'accepted' ? undefined : state;

type PortalOrder = SideName | `${SideName}News` | 'closed';

export interface PortalsSlice {
  readonly portals: Table<Portal, PortalOrder>;
  readonly requests: Table<PortalRequest, 'portal' | 'to' | 'deadline'>;
  /** Portals opened so far. */
  readonly counted: number;
}

export const requestKey = (portal: string, number: number): string => `${portal} ${number}`;

export const onlyPartition = 'all';

const pendingIn =
  (partition: (request: PortalRequest) => string) =>
  (request: PortalRequest): string | undefined =>
    endOf(request) === undefined ? partition(request) : undefined;

const partitionOf = (agent: string, kind: PortalState['kind']): string => `${agent} ${kind}`;

const ofSide = (side: SideName) => ({
  partition: (portal: Portal) => partitionOf(portal[side].agent, portal.state.kind),
  rank: (portal: Portal) => [portal.number, 0] as const,
});

/** The portals in which there is something new for a side, what came last first. */
const newsOf = (side: SideName) => ({
  partition: (portal: Portal) =>
    hasNews(portal[side]) ? partitionOf(portal[side].agent, portal.state.kind) : undefined,
  rank: (portal: Portal) => [-portal[side].heardSeq, portal.number] as const,
});

const closedPartition = (unread: boolean): string => (unread ? 'unread' : 'read');

export const initialPortals: PortalsSlice = {
  portals: table<Portal, PortalOrder>({
    key: ({ id }) => id,
    orders: {
      opener: ofSide('opener'),
      invited: ofSide('invited'),
      openerNews: newsOf('opener'),
      invitedNews: newsOf('invited'),
      closed: {
        partition: ({ state, opener, invited }) =>
          state.kind === 'closed' ? closedPartition(hasNews(opener) || hasNews(invited)) : undefined,
        rank: ({ state, number }) => [state.kind === 'closed' ? state.seq : 0, number],
      },
    },
  }),
  requests: table<PortalRequest, 'portal' | 'to' | 'deadline'>({
    key: ({ portal, number }) => requestKey(portal, number),
    orders: {
      portal: { partition: pendingIn(({ portal }) => portal), rank: ({ number }) => [number, 0] },
      to: { partition: pendingIn(({ to }) => to), rank: ({ seq }) => [seq, 0] },
      deadline: { partition: pendingIn(() => onlyPartition), rank: ({ expiresAt, seq }) => [expiresAt, seq] },
    },
  }),
  counted: 0,
};

/** PO16: the closed portal that is forgotten next: one with something unread only when there are no others. */
export const nextForgotten = ({ portals }: PortalsSlice): Portal | undefined =>
  portals.first('closed', closedPartition(false)) ?? portals.first('closed', closedPartition(true));

/** Whether something stands in the portal that this side was not shown. */
export const hasNews = ({ heardSeq, readSeq }: Side): boolean => heardSeq > readSeq;

/** Which side of a portal an agent is. */
export const sideOf = (portal: Portal, agent: string | undefined): SideName | undefined =>
  sideNames.find((name) => portal[name].agent === agent);

export const otherSide = (side: SideName): SideName => (side === 'opener' ? 'invited' : 'opener');

/** How many portals an agent has to look after: the open ones, and the closed ones with something new to it. */
export const liveCount = ({ portals }: PortalsSlice, agent: string): number =>
  sideNames.reduce(
    (sum, side) =>
      sum +
      portals.count(side, partitionOf(agent, 'open')) +
      portals.count(`${side}News`, partitionOf(agent, 'closed')),
    0,
  );

/** All portals of an agent in these states, in no particular order. */
export const portalsOf = (
  { portals }: PortalsSlice,
  agent: string,
  kinds: readonly PortalState['kind'][],
): Portal[] =>
  sideNames.flatMap((side) => kinds.flatMap((kind) => [...portals.scan(side, partitionOf(agent, kind))]));

const newsPartitions = (agent: string) =>
  sideNames.flatMap((side) =>
    portalStates.map((kind) => ({ side, order: `${side}News`, name: partitionOf(agent, kind) }) as const),
  );

/** The portals in which something is new to an agent. */
export const portalsWithNews = ({ portals }: PortalsSlice, agent: string): Portal[] =>
  newsPartitions(agent).flatMap(({ order, name }) => [...portals.scan(order, name)]);

/** How many these are, and the entry of what came last. */
export const newsCount = (
  { portals }: PortalsSlice,
  agent: string,
): { readonly count: number; readonly seq: Seq } => {
  let count = 0;
  let seq = 0;
  // Asked with every answer, and on most boards there are none.
  if (portals.size === 0) return { count, seq };
  for (const { side, order, name } of newsPartitions(agent)) {
    count += portals.count(order, name);
    seq = Math.max(seq, portals.first(order, name)?.[side].heardSeq ?? 0);
  }
  return { count, seq };
};

/** How many items a side was not shown, its own left out. */
export const unreadCount = ({ items, ...portal }: Portal, side: SideName): number => {
  const { readSeq } = portal[side];
  let count = 0;
  for (let i = items.length - 1; i >= 0; i -= 1) {
    const item = items[i];
    if (item === undefined || item.seq <= readSeq) break;
    if (item.by !== side) count += 1;
  }
  return count;
};

/** The requests of a portal that wait for their answer, oldest first. */
export const pendingOf = ({ requests }: PortalsSlice, portal: string): PortalRequest[] => [
  ...requests.scan('portal', portal),
];

export interface ItemPage {
  readonly items: readonly Item[];
  /** How many items follow. */
  readonly more: number;
}

/** The items behind entry `after`, as many whole ones as fit into one answer. */
export const pageBehind = ({ items }: Portal, after: Seq, limit: number): ItemPage => {
  const begin = items.findIndex(({ seq }) => seq > after);
  if (begin === -1) return { items: [], more: 0 };
  let end = begin;
  let characters = 0;
  for (const item of items.slice(begin, begin + limit)) {
    characters += item.characters;
    if (end > begin && characters > answerCharactersMax) break;
    end += 1;
  }
  return { items: items.slice(begin, end), more: items.length - end };
};
