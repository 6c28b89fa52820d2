import type { AppendResult } from '../journal/journal.ts';
import type { PreparedCommand } from '../kernel/operation.ts';

/** One append of a batch that had something to store. */
export interface Append {
  /** How it ended; `refused` also where the journal could not be read. */
  readonly kind: AppendResult['kind'];
  readonly entries: number;
  /** How many calls share it. */
  readonly calls: number;
  readonly ms: number;
}

/** How much is under way in one engine. */
export interface Load {
  /** Calls that no batch has taken yet. */
  readonly queued: number;
  /** Calls whose fate is not durable yet, those in a batch included. */
  readonly unanswered: number;
}

/** What an engine tells of its work to whoever measures it. All of it must be quick and never throw. */
export interface Instruments {
  readonly appended: (append: Append) => void;
  /** Others were faster, or an append failed: so many calls are decided again. */
  readonly decidedAgain: (calls: number) => void;
  /** Told once, by what it can be read how much is under way. */
  readonly underWay: (load: () => Load) => void;
}

/** Follows one call through the batches in which it is to be stored; more than one where others were faster. */
export interface AppendObserver {
  readonly appending: () => void;
  readonly appended: (append: Append) => void;
}

/** A command whose way into the journal somebody follows. */
export interface ObservedCommand extends PreparedCommand {
  readonly observer?: AppendObserver;
}
