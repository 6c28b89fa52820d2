import type { Seq } from '../kernel/entry.ts';

/** How far a reader of the journal has come. */
export interface Head {
  readonly seq: Seq;
  /** The link of the hash chain at `seq`. */
  readonly chain: string;
}
