import type { AppendOutcome, AppendRequest, StoreHealth } from '../../journal/store.ts';
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

export type WriterRequest =
  | { readonly kind: 'append'; readonly id: number; readonly request: AppendRequest }
  | { readonly kind: 'health'; readonly id: number }
  /** From now on, tell of entries behind `known`. */
  | { readonly kind: 'watch'; readonly known: Seq }
  | { readonly kind: 'unwatch' }
  | { readonly kind: 'close' };

export type WriterReply =
  | { readonly kind: 'append'; readonly id: number; readonly outcome: WriterOutcome }
  | { readonly kind: 'health'; readonly id: number; readonly health: StoreHealth }
  | { readonly kind: 'changed' };
