import type { Seq } from '../kernel/entry.ts';
import type { History } from '../kernel/operation.ts';
import type { Cursors } from './carried.ts';

const kinds = ['surfaced', 'told', 'offered'] as const;

/** What somebody who got an answer says to have it count: `<history>.<surfaced>.<told>.<offered>`, 0 for nothing. */
export const receiptOf = (history: string, cursors: Cursors): string =>
  [history, ...kinds.map((kind) => cursors[kind] ?? 0)].join('.');

const receiptPattern = /^(.+)\.(\d{1,16})\.(\d{1,16})\.(\d{1,16})$/;

/** What the answer with this receipt has carried: nothing, when it was made in another history. */
export const carriedWith = (receipt: string, { history, head }: History): Cursors => {
  const [, of, ...numbers] = receiptPattern.exec(receipt) ?? [];
  if (of !== history) return {};
  const cursors: { [kind in (typeof kinds)[number]]?: Seq } = {};
  for (const [i, kind] of kinds.entries()) {
    const seq = Number(numbers[i]);
    if (seq > 0 && seq <= head) cursors[kind] = seq;
  }
  return cursors;
};
