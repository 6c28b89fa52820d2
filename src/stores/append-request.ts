import type { AppendRequest } from '../journal/store.ts';
import type { Seq } from '../kernel/entry.ts';
import { assert } from '../kernel/assert.ts';

/** What every store may expect of an append; anything else is a defect of the caller. */
export const assertWellFormed = ({ expected, batch, rows }: AppendRequest): void => {
  assert(rows.length > 0, 'an append has at least one row');
  assert(
    rows.every((row, index) => row.seq === expected + 1 + index && row.batch === batch),
    'the rows of an append are numbered from the expected head on and carry its batch id',
  );
};

/** What an append comes to, when the last entry has the expected number but is another. */
export const exchanged = (seq: Seq): { readonly code: 'journal_corrupt'; readonly reason: string } => ({
  code: 'journal_corrupt',
  reason: `Entry ${seq} of the journal is another than the entry ${seq} that was read from it.`,
});

/** Why nothing is taken out of a journal up to an entry whose link is another there. */
export const noSuchLink = (seq: Seq): string =>
  `Entry ${seq} of the journal is not the one that lies in the archive. Nothing was taken out of it.`;
