import { deepEqual, equal } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chainLink, chainStart } from '../journal/chain.ts';
import type { AppendRequest, Store, StoredRow } from '../journal/store.ts';

/** The last row that a writer knows of. */
export interface ChainHead {
  readonly seq: number;
  readonly chain: string;
}

export const emptyHead = (store: Store): ChainHead => ({ seq: 0, chain: chainStart(store.identity.id) });

/** An append of these texts behind `head`, with the right numbers and links. */
export const requestOf = (head: ChainHead, texts: readonly string[]): AppendRequest => {
  const batch = randomUUID();
  let { seq, chain } = head;
  const rows = texts.map((text): StoredRow => {
    seq += 1;
    chain = chainLink(chain, text);
    return { seq, batch, text, chain };
  });
  return { expected: head.seq, link: head.chain, batch, rows };
};

export const headOf = (rows: readonly StoredRow[], before: ChainHead): ChainHead => rows.at(-1) ?? before;

/** Appends, which must succeed, and says where the journal ends then. */
export const appendTo = async (
  store: Store,
  head: ChainHead,
  texts: readonly string[],
): Promise<ChainHead> => {
  const request = requestOf(head, texts);
  deepEqual(await store.append(request), { kind: 'appended' });
  return headOf(request.rows, head);
};

/** Every row of the journal, after checking that none is missing and that each fits the hash chain. */
export const intactRows = async (store: Store): Promise<readonly StoredRow[]> => {
  const rows: StoredRow[] = [];
  let { seq, chain } = emptyHead(store);
  for (;;) {
    const page = await store.read(seq, 1_000);
    if (page.length === 0) break;
    for (const row of page) {
      equal(row.seq, seq + 1, 'no gap');
      equal(row.chain, chainLink(chain, row.text), `entry ${row.seq} fits the chain`);
      ({ seq, chain } = row);
      rows.push(row);
    }
  }
  equal(await store.head(), seq, 'the head is the last row');
  return rows;
};
