import type { AppendRequest } from '../journal/store.ts';
import { assert } from '../kernel/assert.ts';

/** What every store may expect of an append; anything else is a defect of the caller. */
export const assertWellFormed = ({ expected, batch, rows }: AppendRequest): void => {
  assert(rows.length > 0, 'an append has at least one row');
  assert(
    rows.every((row, index) => row.seq === expected + 1 + index && row.batch === batch),
    'the rows of an append are numbered from the expected head on and carry its batch id',
  );
};
