import type { Intent } from './area.ts';
import type { Actor, Entry } from './entry.ts';
import type { ErrorCode } from './errors.ts';
import type { Instant } from './instants.ts';
import type { Slices } from './slices.ts';

/** The entries that a command wrote, for building its answer; the same after a repeat. */
export interface Done {
  readonly entries: readonly Entry[];
  readonly replayed: boolean;
}

/** Lets a command that is refused wait until it can succeed: it is decided again whenever its key is rung. */
export interface Retry<I> {
  /** The one key under which the call waits. */
  readonly key: (input: I) => string;
  /** How long this call will wait; 0 = not at all. */
  readonly limitMs: (input: I) => number;
  /** The refusals that are worth waiting on. */
  readonly codes: readonly ErrorCode[];
}

interface InQueue {
  /** Rung when the turn has come. */
  readonly key: string;
  /** Gives the place, or the turn, up. */
  readonly leave: Intent;
}

/** Where a command stands whose entries are a place in a queue. */
export type Place =
  | (InQueue & {
      readonly kind: 'queued';
      /** When the call gives up, in the time of the workspace. */
      readonly until: Instant;
      /** When time alone may bring its turn, if it is the next in line. */
      readonly dueAt?: Instant | undefined;
    })
  /** The turn has come, and is to be taken. */
  | (InQueue & { readonly kind: 'called'; readonly take: Intent });

/** Lets a command that was accepted wait for its turn. Its place is in the journal, so others keep it in mind. */
export interface Turn<I, F> {
  /** The longest that this call may wait; 0 = not at all. */
  readonly limitMs: (input: I) => number;
  /** `undefined` = there is nothing (more) to wait for, and the answer can be made. */
  readonly place: (done: Done, slices: Slices, facts: F & { readonly input: I }) => Place | undefined;
}

/** Lets a query wait until there is something to answer. */
export interface Watch<I, O> {
  /** Woken by any of these. */
  readonly keys: (input: I, actor: Actor) => readonly string[];
  readonly limitMs: (input: I) => number;
  /** There is nothing to answer yet. */
  readonly empty: (output: O) => boolean;
}
