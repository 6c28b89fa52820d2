import type { Seq } from './entry.ts';
import type { Instant } from './instants.ts';

/**
 * What an answer carried to the agent that called: all messages of its mailbox up to entry `surfaced`, and whatever
 * else concerns it up to entry `told`.
 */
export interface Carried {
  readonly surfaced?: Seq;
  readonly told?: Seq;
}

/** When an agent is told something, and what is known to have arrived there by then. */
export interface Moment {
  readonly now: Instant;
  readonly arrived: Carried;
}
