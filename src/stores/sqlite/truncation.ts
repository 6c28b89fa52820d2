import type { DatabaseSync } from 'node:sqlite';
import { noSuchLink } from '../append-request.ts';
import { archivedBatch, truncatedVersion } from './format.ts';
import type { Truncation, TruncationOutcome } from './writer-messages.ts';

/** So many entries are taken out at once: others wait for the lock as long as that takes, some 10 ms. */
const stepRows = 5_000;

/**
 * One step of a truncation, within a transaction: takes out the oldest entries and makes the last of them the row that
 * stands for all before it. Undefined when there are more. Pages that become free are used again by what is appended.
 */
export const takeOut = (database: DatabaseSync, upTo: Truncation): TruncationOutcome | undefined => {
  const first = database.prepare('select seq, batch from entries order by seq limit 1').get();
  const from = first?.['batch'] === archivedBatch ? Number(first['seq']) : 0;
  if (upTo.seq <= from) return { kind: 'truncated' };
  const last = database.prepare('select chain from entries where seq = ?').get(upTo.seq);
  if (last?.['chain'] !== upTo.chain) return { kind: 'behind', reason: noSuchLink(upTo.seq) };
  const to = Math.min(upTo.seq, from + stepRows);
  database.prepare('delete from entries where seq < ?').run(to);
  database.prepare("update entries set batch = ?, text = '' where seq = ?").run(archivedBatch, to);
  database.exec(`pragma user_version = ${truncatedVersion}`);
  return to === upTo.seq ? { kind: 'truncated' } : undefined;
};
