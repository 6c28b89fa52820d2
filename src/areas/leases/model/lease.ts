import type { Seq } from '../../../kernel/entry.ts';
import type { Instant } from '../../../kernel/instants.ts';
import { type Rank, type Table, table } from '../../../kernel/table.ts';
import { type FileLocks, noFileLocks } from './file-locks.ts';
import type { Mode } from './modes.ts';
import { fileKind, partOf, segmentsOf, wholesOf } from './names.ts';

declare module '../../../kernel/slices.ts' {
  interface Slices {
    readonly leases: LeasesSlice;
  }
}

/** How long a hold lasts without being renewed, or as long as its session. */
export type Ttl = number | 'session';

/** What stands in the way of others: a hold, or a request that waits. */
export interface Claim {
  readonly lock: string;
  readonly mode: Mode;
}

/** Somebody asked the holder to give the lock up. */
export interface Ask {
  readonly seq: Seq;
  readonly at: Instant;
  readonly by: string;
  readonly reason: string;
}

export type LeaseState =
  /** `expiresAt` is absent when it follows the session. */
  | { readonly kind: 'held'; readonly expiresAt: Instant | undefined }
  /**
   * Granted from the queue, and not picked up yet: it keeps others out, and changes nothing of what the session holds.
   * `locks`: all that the ticket asks for; they are picked up, or lost, together.
   */
  | {
      readonly kind: 'offered';
      readonly ticket: Seq;
      readonly until: Instant;
      readonly locks: readonly string[];
    }
  /** Its holder failed, and it stays closed for a while, in case that holder is only slow. */
  | { readonly kind: 'delayed'; readonly until: Instant };

/** One lock in the hands of one session, or offered to it. */
export interface Lease extends Claim {
  readonly key: string;
  readonly segments: readonly string[];
  readonly holder: string;
  readonly session: string;
  /** The entry that granted it: fencing token and lease id. */
  readonly epoch: Seq;
  /** Order of granting; breaks ties. */
  readonly number: number;
  readonly since: Instant;
  /** How often it was acquired, and so how often it is to be released. */
  readonly count: number;
  readonly ttl: Ttl;
  readonly delayMs: number;
  readonly purpose: string | undefined;
  readonly asks: readonly Ask[];
  readonly state: LeaseState;
}

/** A request that waits. Its ticket is the entry that put it into the queue. */
export interface Ticket {
  readonly seq: Seq;
  readonly agent: string;
  readonly session: string;
  readonly claims: readonly Claim[];
  readonly ttl: Ttl;
  readonly delayMs: number;
  readonly purpose: string | undefined;
  readonly since: Instant;
  readonly until: Instant;
}

/** One of the locks that a ticket waits for. */
export interface Wait extends Claim {
  readonly key: string;
  readonly segments: readonly string[];
  readonly ticket: Seq;
  readonly index: number;
  readonly session: string;
}

export interface Alias {
  readonly alias: string;
  readonly target: string;
  readonly by: string;
  readonly at: Instant;
  readonly number: number;
}

/** A lock that an agent held and no longer holds, without having released it. */
export interface Loss {
  readonly lock: string;
  readonly seq: Seq;
  readonly at: Instant;
  readonly why: 'expired' | 'not_picked_up' | 'session_expired' | 'broken';
  readonly by: string | undefined;
  readonly reason: string | undefined;
}

/** A request that was taken out of a circle of waiting requests, and the entry that says so. */
export interface Refused {
  readonly ticket: Seq;
  readonly seq: Seq;
}

export interface AgentLosses {
  readonly agent: string;
  /** Oldest first. */
  readonly losses: readonly Loss[];
  /** Oldest first. */
  readonly refused: readonly Refused[];
}

/** Where something lies in the tree of names: exactly here, or below the ancestor of that depth. */
export type PathOrder = 'node' | 'below2' | 'below3' | 'below4' | 'below5' | 'below6';

type LeaseOrder = PathOrder | 'all' | 'expiry' | 'holder' | 'session';
type TicketOrder = 'all' | 'session' | 'until';

export type Leases = Table<Lease, LeaseOrder>;
export type Waits = Table<Wait, PathOrder>;

export interface LeasesSlice {
  readonly leases: Leases;
  readonly tickets: Table<Ticket, TicketOrder>;
  readonly waits: Waits;
  readonly aliases: Table<Alias, 'all'>;
  readonly losses: Table<AgentLosses, never>;
  /** The distinct file locks that are held, and those that are waited for; like orders not kept during replay. */
  readonly heldFiles: FileLocks | undefined;
  readonly awaitedFiles: FileLocks | undefined;
  /** Numbers given to holds and aliases so far. */
  readonly counted: number;
}

export const onlyPartition = 'all';

/** The partition of what lies at this path, or below it, in this mode. No name holds a line break. */
export const pathPartition = (segments: readonly string[], depth: number, mode: Mode): string =>
  `${mode}\n${segments.slice(0, depth).join('\n')}`;

interface Placed {
  readonly segments: readonly string[];
  readonly mode: Mode;
}

const pathOrders = <V extends Placed>(rank: (record: V) => Rank) => {
  const below = (depth: number) => ({
    partition: ({ segments, mode }: V): string | undefined =>
      segments.length > depth ? pathPartition(segments, depth, mode) : undefined,
    rank,
  });
  return {
    node: {
      partition: ({ segments, mode }: V): string => pathPartition(segments, segments.length, mode),
      rank,
    },
    below2: below(2),
    below3: below(3),
    below4: below(4),
    below5: below(5),
    below6: below(6),
  };
};

/** When time alone changes a hold. */
export const lapsesAt = ({ state }: Lease): Instant | undefined =>
  state.kind === 'held' ? state.expiresAt : state.until;

export const leaseKey = (session: string, lock: string): string => `${session} ${lock}`;

/** Several requests of one session may be offered one lock, beside what it holds of it. No name holds a line break. */
export const offerKey = (ticket: Seq, lock: string): string => `${ticket}\n${lock}`;

export const waitKey = (ticket: Seq, index: number): string => `${ticket} ${index}`;

export const initialLeases: LeasesSlice = {
  leases: table<Lease, LeaseOrder>({
    key: (lease) => lease.key,
    orders: {
      ...pathOrders<Lease>(({ number }) => [number, 0]),
      all: { partition: () => onlyPartition, rank: ({ number }) => [number, 0] },
      expiry: {
        partition: (lease) => (lapsesAt(lease) === undefined ? undefined : onlyPartition),
        rank: (lease) => [lapsesAt(lease) ?? 0, lease.number],
      },
      holder: { partition: ({ holder }) => holder, rank: ({ number }) => [number, 0] },
      session: { partition: ({ session }) => session, rank: ({ number }) => [number, 0] },
    },
  }),
  tickets: table<Ticket, TicketOrder>({
    key: ({ seq }) => String(seq),
    orders: {
      all: { partition: () => onlyPartition, rank: ({ seq }) => [seq, 0] },
      session: { partition: ({ session }) => session, rank: ({ seq }) => [seq, 0] },
      until: { partition: () => onlyPartition, rank: ({ until, seq }) => [until, seq] },
    },
  }),
  waits: table<Wait, PathOrder>({
    key: ({ key }) => key,
    orders: pathOrders<Wait>(({ ticket, index }) => [ticket, index]),
  }),
  aliases: table<Alias, 'all'>({
    key: ({ alias }) => alias,
    orders: { all: { partition: () => onlyPartition, rank: ({ number }) => [number, 0] } },
  }),
  losses: table<AgentLosses, never>({ key: ({ agent }) => agent, orders: {} }),
  heldFiles: noFileLocks,
  awaitedFiles: noFileLocks,
  counted: 0,
};

export const isFile = ({ segments }: Pick<Lease, 'segments'>): boolean => segments[0] === fileKind;

/**
 * What the name stands for, when it or a whole that it is a part of is an alias. A part of an alias is that part of the
 * target; where the target has no such part, it is the target, which is more than was asked for and never less.
 */
export const resolved = (slice: LeasesSlice, lock: string): string => {
  const { aliases } = slice;
  if (aliases.size === 0) return lock;
  const own = aliases.get(lock);
  if (own !== undefined) return own.target;
  const segments = segmentsOf(lock);
  for (const whole of wholesOf(segments)) {
    const target = aliases.get(whole)?.target;
    if (target !== undefined) return partOf(target, segments.slice(segmentsOf(whole).length)) ?? target;
  }
  return lock;
};

/** A session's own lease on a lock, unless that is only what a failed one left behind; not what it is offered. */
export const leaseOf = (slice: LeasesSlice, session: string, lock: string): Lease | undefined => {
  const lease = slice.leases.get(leaseKey(session, lock));
  return lease?.state.kind === 'delayed' ? undefined : lease;
};

/** Everything that lies on exactly this lock: its holds, in the order of granting, and what failed ones left behind. */
export function* leasesOn(slice: LeasesSlice, segments: readonly string[]): Generator<Lease> {
  for (const mode of ['exclusive', 'shared'] as const)
    yield* slice.leases.scan('node', pathPartition(segments, segments.length, mode));
}

/** What a session holds or is offered, oldest first. */
export const leasesIn = (slice: LeasesSlice, session: string): readonly Lease[] =>
  [...slice.leases.scan('session', session)].filter(({ state }) => state.kind !== 'delayed');

export const leasesHeldBy = (slice: LeasesSlice, agent: string): readonly Lease[] =>
  [...slice.leases.scan('holder', agent)].filter(({ state }) => state.kind !== 'delayed');

/** Everything that is held or offered, oldest first. */
export const heldLeases = (slice: LeasesSlice): readonly Lease[] =>
  [...slice.leases.scan('all', onlyPartition)].filter(({ state }) => state.kind !== 'delayed');

export const ticketsOf = (slice: LeasesSlice, session: string): readonly Ticket[] => [
  ...slice.tickets.scan('session', session),
];

/** The request that has been waiting for longest. */
export const oldestTicket = (slice: LeasesSlice): Ticket | undefined =>
  slice.tickets.first('all', onlyPartition);

/** The entry that took a request of an agent out of a circle, as long as that is remembered. */
export const refusalOf = (slice: LeasesSlice, agent: string, ticket: Seq): Seq | undefined =>
  slice.losses.get(agent)?.refused.find((one) => one.ticket === ticket)?.seq;

/** The losses of an agent that were recorded after entry `seq`, oldest first. */
export const lossesSince = (slice: LeasesSlice, agent: string, seq: Seq): readonly Loss[] =>
  slice.losses.get(agent)?.losses.filter((loss) => loss.seq > seq) ?? [];
