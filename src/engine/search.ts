import type { Journal } from '../journal/journal.ts';
import type { Outcome } from '../kernel/errors.ts';
import type { Found, SearchQuery } from '../kernel/search.ts';

export interface Looking {
  readonly journal: Journal;
  /** The agent that asks; undefined = somebody who speaks for none, and may see everything. */
  readonly viewer: string | undefined;
}

/** Full text over the entries of one journal. Finds among all that the journal has read when it is asked. */
export interface TextSearch {
  readonly find: (query: SearchQuery, looking: Looking) => Promise<Outcome<Found>>;
}
