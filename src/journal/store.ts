import type { Counters } from './counters.ts';
import type { ErrorCode, Outcome, Refusal } from '../kernel/errors.ts';
import type { Seq } from '../kernel/entry.ts';
import type { SubjectKeys } from './subject-keys.ts';

/**
 * The contract between a journal and what keeps it. A store knows rows of text and their order; it knows nothing of
 * areas, agents or tasks. Every store passes `src/testing/store.contract.ts`.
 */

/** One entry as it is kept: the text exactly as written, the batch it came in, and its link of the hash chain. */
export interface StoredRow {
  readonly seq: Seq;
  readonly batch: string;
  readonly text: string;
  /** Lower-case hexadecimal SHA-256; see `journal/chain.ts`. */
  readonly chain: string;
}

/** One row with the link that it follows, so that it can be checked by itself. */
export interface LinkedRow extends StoredRow {
  /** Undefined for the first row. */
  readonly before: string | undefined;
}

/** Which journal this is. Restoring a backup starts a new generation. */
export interface JournalIdentity {
  readonly id: string;
  readonly generation: number;
}

export interface AppendRequest {
  /** The last sequence number that the writer knew of (0 = none). */
  readonly expected: Seq;
  /** The link at `expected`: a journal that has another one there is not the one that the writer read. */
  readonly link: string;
  /** Unique per attempt, so that an attempt of unknown fate can be looked for. */
  readonly batch: string;
  /** Numbered from `expected + 1` without gaps. */
  readonly rows: readonly StoredRow[];
}

/**
 * - `appended`: every row is durable.
 * - `moved`: somebody else was faster; nothing was stored; `missed` holds what came after `expected`.
 * - `refused`: it is certain that nothing was stored, nor will be, because nothing was ever sent.
 * - `unknown`: it was not established by this call whether the rows are stored. `code` tells why, and is what the
 *   caller hears if a look at the journal then shows that they are not.
 */
export type AppendOutcome =
  | { readonly kind: 'appended' }
  | { readonly kind: 'moved'; readonly missed: readonly StoredRow[] }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string }
  | { readonly kind: 'unknown'; readonly code: ErrorCode; readonly reason: string };

/** Up to where the entries of a journal lie in an archive instead of in its store. */
export interface Base {
  /** The last of them; 0 while there is none. */
  readonly seq: Seq;
  /** Its link of the hash chain; undefined while there is none. */
  readonly chain: string | undefined;
}

/** Held from the moment `elect` gives it until `resign`, or until the process dies. */
export interface Office {
  readonly resign: () => Promise<void>;
  /** Resolves when it is gone without having been resigned, and somebody else may hold it. Absent where that cannot be. */
  readonly lost?: Promise<void>;
}

/** What differs between stores, with nothing implied by a store's name. */
export interface StoreCapabilities {
  /** Rows outlive the process. */
  readonly durable: boolean;
  /** Other processes may append to the same journal. */
  readonly shared: boolean;
  /** What may be lost of that which was acknowledged, and by what, where that is not nothing. */
  readonly lossWindow?: string;
}

export interface StoreHealth {
  readonly writable: boolean;
  /** Why not. */
  readonly reason: string | undefined;
  /** Which archive of the journal is not found, though what is new can be written. Absent where none is missing. */
  readonly lacking?: string;
}

export interface Store {
  readonly capabilities: StoreCapabilities;
  readonly identity: JournalIdentity;
  /** Milliseconds since 1970 by the store's own clock, read once when it was opened. */
  readonly openedAt: number;
  /** Sequence number of the last durable row, 0 when there is none. Asked before every read and refusal. */
  readonly head: () => Promise<Seq>;
  /** Up to `limit` rows with `seq > after`, in order. Throws `StoreFailure`. */
  readonly read: (after: Seq, limit: number) => Promise<readonly StoredRow[]>;
  /** The rows with these sequence numbers, in the order asked for. Throws `StoreFailure`, also when one is missing. */
  readonly readAt: (seqs: readonly Seq[]) => Promise<readonly LinkedRow[]>;
  /** Never throws. Calls must not overlap. */
  readonly append: (request: AppendRequest) => Promise<AppendOutcome>;
  /** Up to where the entries lie in an archive. Throws `StoreFailure`. */
  readonly base: () => Promise<Base>;
  /**
   * Takes the entries up to there out of the store; the link must be this journal's. They are in an archive by then.
   * Where a part of them is out already, nothing is lost by trying again.
   */
  readonly truncate: (upTo: { readonly seq: Seq; readonly chain: string }) => Promise<Outcome<true>>;
  /** Calls `listener` soon after another process has appended. Returns a function that ends it. */
  readonly watch: (listener: () => void) => () => void;
  /** At most one holder of `name` among all processes (and stores of one process) on this journal; else undefined. */
  readonly elect: (name: string) => Promise<Office | undefined>;
  /** Shared by all processes on this journal, and no part of it. */
  readonly counters: Counters;
  /** What personal text is sealed under; absent = it is stored as it is, and cannot be erased. */
  readonly subjectKeys?: SubjectKeys;
  /** Whether an append could work now, without trying one that stays; and whether archives of the journal are missing. */
  readonly health: () => Promise<StoreHealth>;
  /** Waits for an append that is under way, gives back offices, watches and files. A second call does nothing. */
  readonly close: () => Promise<void>;
}

/** Thrown by a store that cannot read. Opening reports the same refusals as values. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}
