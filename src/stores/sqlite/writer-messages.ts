import type { AppendOutcome, AppendRequest, StoreHealth } from '../../journal/store.ts';
import { present } from '../../kernel/assert.ts';
import type { Seq } from '../../kernel/entry.ts';
import type { FileIdentity } from './inspect.ts';

/** What the thread that writes is told when it starts. */
export interface WriterSettings {
  readonly path: string;
  /** The file that was looked at; another one under the same name is not written. */
  readonly file: FileIdentity;
  /** How long an append keeps trying while others hold the write lock. */
  readonly busyLimitMs: number;
}

export interface WriterThreadSettings extends WriterSettings {
  /** The cell of the rendezvous for appends. */
  readonly meeting: Int32Array<SharedArrayBuffer>;
}

/** As in the contract, except that missed rows are read by the thread that wants them. */
export type WriterOutcome = Exclude<AppendOutcome, { readonly kind: 'moved' }> | { readonly kind: 'moved' };

/** A request for an append in two lists: what is posted is copied object by object, and a batch has many rows. */
export interface PackedRequest extends Omit<AppendRequest, 'rows'> {
  readonly texts: readonly string[];
  readonly chains: readonly string[];
}

export const packed = ({ expected, link, batch, rows }: AppendRequest): PackedRequest => ({
  expected,
  link,
  batch,
  texts: rows.map(({ text }) => text),
  chains: rows.map(({ chain }) => chain),
});

export const unpacked = ({ expected, link, batch, texts, chains }: PackedRequest): AppendRequest => ({
  expected,
  link,
  batch,
  rows: texts.map((text, i) => {
    const chain = present(chains[i], 'every text has its link');
    return { seq: expected + 1 + i, batch, text, chain };
  }),
});

/** Up to which entry everything is to be taken out, and the link that it must have. */
export interface Truncation {
  readonly seq: Seq;
  readonly chain: string;
}

/** `behind`: nothing was taken out by this call, because the journal does not have that entry. */
export type TruncationOutcome =
  | { readonly kind: 'truncated' }
  | { readonly kind: 'behind'; readonly reason: string }
  | Extract<AppendOutcome, { readonly kind: 'unknown' }>;

export type WriterRequest =
  | { readonly kind: 'append'; readonly id: number; readonly request: PackedRequest }
  | { readonly kind: 'truncate'; readonly id: number; readonly upTo: Truncation }
  | { readonly kind: 'health'; readonly id: number }
  /** From now on, tell of entries behind `known`. */
  | { readonly kind: 'watch'; readonly known: Seq }
  | { readonly kind: 'unwatch' }
  | { readonly kind: 'close' };

export type WriterReply =
  | { readonly kind: 'append'; readonly id: number; readonly outcome: WriterOutcome }
  | { readonly kind: 'truncate'; readonly id: number; readonly outcome: TruncationOutcome }
  | { readonly kind: 'health'; readonly id: number; readonly health: StoreHealth }
  | { readonly kind: 'changed' };
