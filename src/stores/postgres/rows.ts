import type { LinkedRow, StoredRow } from '../../journal/store.ts';
import { assert } from '../../kernel/assert.ts';
import type { Seq } from '../../kernel/entry.ts';
import type { Row } from './session.ts';
import { fromStored } from './stored-text.ts';

/** Numbers of eight bytes come as text. */
export const seqOf = (value: unknown): Seq => {
  const seq = Number(value);
  assert(Number.isSafeInteger(seq), 'a sequence number fits into a number');
  return seq;
};

export const optionalText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

export const storedRow = ([seq, batch, text, chain]: Row): StoredRow => ({
  seq: seqOf(seq),
  batch: String(batch),
  text: fromStored(String(text)),
  chain: String(chain),
});

export const linkedRow = (row: Row): LinkedRow => ({ ...storedRow(row), before: optionalText(row[4]) });
