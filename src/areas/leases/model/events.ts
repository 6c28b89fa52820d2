import type { EventSpec } from '../../../kernel/area.ts';
import type { Seq } from '../../../kernel/entry.ts';
import type { Instant } from '../../../kernel/instants.ts';
import type { Claim, Loss, Ttl } from './lease.ts';

/** A session's lock. */
interface OfSession {
  readonly agent: string;
  readonly session: string;
  readonly lock: string;
}

interface Wanted {
  readonly agent: string;
  readonly session: string;
  readonly claims: readonly Claim[];
  readonly ttl: Ttl;
  readonly delayMs?: number;
  readonly purpose?: string;
}

interface Ticketed {
  readonly ticket: Seq;
  readonly agent: string;
}

/** A lease that somebody else ended or asks for. */
interface Affected {
  readonly agent: string;
  readonly session: string;
  /** The request that it was offered to; absent when it was held. */
  readonly ticket?: Seq;
}

export interface Lapsed extends OfSession {
  readonly why: Exclude<Loss['why'], 'broken'>;
  /** The request that it was offered to; absent when it was held. */
  readonly ticket?: Seq;
}

/** One who waits in a circle, and the lock because of which. */
export interface CircleLink {
  readonly agent: string;
  readonly waits_for: string;
  readonly kept_by: string;
}

export type LeasesEvent =
  | { readonly type: 'leases.acquired'; readonly data: Wanted }
  | { readonly type: 'leases.queued'; readonly data: Wanted & { readonly until: Instant } }
  | {
      /** The turn of these has come, and each has until then to pick its locks up. */
      readonly type: 'leases.granted';
      readonly data: {
        readonly grants: readonly (Ticketed & { readonly locks: readonly string[] })[];
        readonly until: Instant;
      };
    }
  | {
      readonly type: 'leases.taken';
      readonly data: Ticketed & { readonly session: string; readonly locks: readonly string[] };
    }
  | {
      readonly type: 'leases.left';
      readonly data: {
        /** `locks`: what had been offered to it. */
        readonly tickets: readonly (Ticketed & { readonly locks?: readonly string[] })[];
        readonly why: 'given_up' | 'timeout' | 'session_ended';
      };
    }
  | {
      readonly type: 'leases.refused';
      readonly data: Ticketed & { readonly session: string; readonly circle: readonly CircleLink[] };
    }
  | {
      readonly type: 'leases.renewed';
      readonly data: OfSession & { readonly ttl: Ttl };
    }
  | {
      /** `count`: how often each is still held. */
      readonly type: 'leases.released';
      readonly data: {
        readonly agent: string;
        readonly session: string;
        readonly locks: readonly { readonly lock: string; readonly count: number }[];
      };
    }
  | { readonly type: 'leases.expired'; readonly data: { readonly lapsed: readonly Lapsed[] } }
  | { readonly type: 'leases.delay_ended'; readonly data: { readonly locks: readonly OfSession[] } }
  | {
      readonly type: 'leases.asked';
      readonly data: {
        readonly lock: string;
        readonly reason: string;
        readonly holders: readonly Affected[];
      };
    }
  | {
      readonly type: 'leases.broken';
      readonly data: {
        readonly lock: string;
        readonly reason: string;
        readonly holders: readonly (Affected & { readonly epoch: Seq })[];
      };
    }
  | {
      readonly type: 'leases.aliased';
      readonly data: { readonly alias: string; readonly target: string };
    }
  | { readonly type: 'leases.unaliased'; readonly data: { readonly alias: string } };

export const leaseEvents: Readonly<Record<LeasesEvent['type'], EventSpec>> = {
  'leases.acquired': { version: 1, personal: ['purpose'], meaning: 'A session holds these locks.' },
  'leases.queued': { version: 1, personal: ['purpose'], meaning: 'A session waits for these locks.' },
  'leases.granted': {
    version: 1,
    personal: [],
    meaning: 'The turn of those who waited has come; they have to pick their locks up.',
  },
  'leases.taken': {
    version: 1,
    personal: [],
    meaning: 'Locks that were granted from the queue were picked up.',
  },
  'leases.left': {
    version: 1,
    personal: [],
    meaning: 'Requests wait no longer, and what was offered to them is free.',
  },
  'leases.refused': {
    version: 1,
    personal: [],
    meaning: 'A request waits no longer, because it and others had come to wait for each other.',
  },
  'leases.renewed': { version: 1, personal: [], meaning: 'The holder prolonged a lock.' },
  'leases.released': { version: 1, personal: [], meaning: 'The holder gave locks back.' },
  'leases.expired': {
    version: 1,
    personal: [],
    meaning: 'Locks ran out, were not picked up, or went with their session.',
  },
  'leases.delay_ended': {
    version: 1,
    personal: [],
    meaning: 'Locks whose holder had failed are open again.',
  },
  'leases.asked': {
    version: 1,
    personal: ['reason'],
    meaning: 'Somebody asked the holders to give a lock up.',
  },
  'leases.broken': { version: 1, personal: ['reason'], meaning: 'A lock was taken from its holders.' },
  'leases.aliased': { version: 1, personal: [], meaning: 'A name stands for another lock.' },
  'leases.unaliased': { version: 1, personal: [], meaning: 'A name stands for itself again.' },
};
