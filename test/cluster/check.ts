import type { StoredRow } from '../../src/journal/store.ts';
import { type Line, claimsOf } from '../race/journal-check.ts';
import type { Ack } from './worker.ts';

/** What a journal says of what its clients were told. */
export interface Checked {
  readonly entries: number;
  /** Answered calls that store something, of which the journal has nothing. */
  readonly lost: readonly string[];
  /** Request ids that were done more than once. */
  readonly doubled: readonly string[];
  readonly claims: number;
}

/** Calls that may rightly store nothing: there was nothing new to write down. */
const mayStoreNothing: ReadonlySet<string> = new Set(['inbox']);

interface Marked extends Line {
  readonly cause?: { readonly request?: { readonly id?: string } };
}

/** Reads the rows without any of the program's code; fails when a task has two holders. */
export const checkRows = (rows: readonly StoredRow[], acks: readonly Ack[]): Checked => {
  const lines = rows.map(({ text }): Marked => JSON.parse(text));
  const units = new Map<string, number>();
  for (const { cause } of lines) {
    const id = cause?.request?.id;
    if (id !== undefined) units.set(id, (units.get(id) ?? 0) + 1);
  }
  return {
    entries: lines.length,
    lost: acks
      .filter(
        ({ writes, operation, requestId }) =>
          writes && !mayStoreNothing.has(operation) && !units.has(requestId),
      )
      .map(({ requestId, operation }) => `${operation} ${requestId}`),
    doubled: [...units].filter(([, count]) => count > 1).map(([id]) => id),
    claims: claimsOf(lines).length,
  };
};
