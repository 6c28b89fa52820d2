import type { Head } from '../../journal/head.ts';
import type { Seq } from '../../kernel/entry.ts';
import type { Refusal } from '../../kernel/errors.ts';

/** One entry as it goes into the index. */
export interface Document {
  readonly seq: Seq;
  /** No phrase goes over from one to the next. */
  readonly texts: readonly string[];
  /** Separated by spaces. */
  readonly tags: string;
}

/** What came behind `after`, up to `head`; most entries have no text. */
export interface Addition {
  readonly after: Head;
  readonly head: Head;
  readonly documents: readonly Document[];
}

export const isSame = (a: Head, b: Head): boolean => a.seq === b.seq && a.chain === b.chain;

/** A search as the index file makes it: of the entries behind `since` and before `before`. */
export interface Lookup {
  readonly match: string;
  readonly since: Seq;
  readonly before: Seq;
  readonly limit: number;
  readonly offset: number;
  /** How many of the newest entries that fit are ranked. */
  readonly rankedMax: number;
}

export interface Looked {
  readonly seqs: readonly Seq[];
  /** In the same order; the higher, the better. */
  readonly scores: readonly number[];
  readonly total: number;
}

/** What the index's thread is asked to do. */
export type IndexWork =
  | { readonly kind: 'stand' }
  | { readonly kind: 'add'; readonly addition: Addition }
  /** Begins anew, if the index still stands where it stood. */
  | { readonly kind: 'reset'; readonly at: Head }
  /** Begins anew with nothing left of it on the disk. */
  | { readonly kind: 'forget' }
  | { readonly kind: 'search'; readonly lookup: Lookup };

export interface IndexRequest {
  readonly id: number;
  readonly work: IndexWork | { readonly kind: 'close' };
}

/** Where the index stands after the work, and what was found. */
export interface IndexState {
  readonly at: Head;
  readonly looked?: Looked;
}

export type IndexReply =
  | { readonly id: number; readonly ok: true; readonly state: IndexState }
  | { readonly id: number; readonly ok: false; readonly refusal: Refusal }
  /** For the log. */
  | { readonly id: 0; readonly note: string };

export interface IndexSettings {
  readonly path: string;
  /** It is kept by this process alone and written to no file; `path` is then where there was one, and may be none. */
  readonly inMemory?: boolean;
  /** Where an index of this journal begins. */
  readonly start: Head;
}
