import type { Seq } from '../kernel/entry.ts';
import { type Refusal, refuse } from '../kernel/errors.ts';
import { chainStart } from './chain.ts';
import type { Head } from './head.ts';
import { damageOf } from './refusals.ts';
import { type JournalIdentity, type Store, StoreFailure, type StoredRow } from './store.ts';

const pageRows = 2_000;

/** Where a journal begins. */
export const beginningOf = ({ id }: JournalIdentity): Head => ({ seq: 0, chain: chainStart(id) });

/** The rows behind `from`, up to `to`, page by page, each with its link checked. Throws `StoreFailure`. */
export async function* checkedPages(
  store: Pick<Store, 'read'>,
  from: Head,
  to: Seq,
): AsyncGenerator<readonly StoredRow[]> {
  let head = from;
  while (head.seq < to) {
    const rows = await store.read(head.seq, Math.min(pageRows, to - head.seq));
    head = demandFollowing(rows, head);
    if (rows.length === 0) throw new StoreFailure(endsAt(head.seq, to));
    yield rows;
  }
}

/** Where rows end that have to follow from `head`. Throws `StoreFailure` for the first that does not. */
const demandFollowing = (rows: readonly StoredRow[], head: Head): Head => {
  let last = head;
  for (const row of rows) {
    const damage = damageOf(row, last);
    if (damage !== undefined) throw new StoreFailure(damage);
    last = { seq: row.seq, chain: row.chain };
  }
  return last;
};

/** The head of a journal with its link. Throws `StoreFailure`. */
export const headOf = async (store: Store): Promise<Head> => linkAt(store, await store.head());

/** An entry's link; that of the beginning for 0. Throws `StoreFailure`. */
export const linkAt = async (store: Store, seq: Seq): Promise<Head> => {
  if (seq === 0) return beginningOf(store.identity);
  const [row] = await store.readAt([seq]);
  if (row === undefined) throw new StoreFailure(endsAt(seq - 1, seq));
  return { seq, chain: row.chain };
};

const endsAt = (seq: Seq, wanted: Seq): Refusal =>
  refuse(
    'journal_corrupt',
    `The journal ends at entry ${seq}, but it said that it goes on to entry ${wanted}. Nothing was changed. Restore the latest backup, or copy the journal away and ask for help.`,
    { seq, wanted },
  );
