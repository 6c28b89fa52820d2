import type { Seq } from './entry.ts';

/**
 * What an answer carried to the agent that called: all messages of its mailbox up to entry `surfaced`, and whatever
 * else concerns it up to entry `told`.
 */
export interface Carried {
  readonly surfaced?: Seq;
  readonly told?: Seq;
}
