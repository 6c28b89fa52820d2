import type { Writable } from 'node:stream';

/** Where a command writes what people and scripts read. */
export interface Terminal {
  readonly out: Writable;
  readonly err: Writable;
  /** How wide a table may be; undefined where there is no terminal. */
  readonly columns: number | undefined;
  readonly colour: boolean;
  /** Whether a person wants everything that an answer holds. */
  readonly wide: boolean;
  /** Whether stdout carries exactly one JSON document. */
  readonly json: boolean;
}
