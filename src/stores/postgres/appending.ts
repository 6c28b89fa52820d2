import { setTimeout as pause } from 'node:timers/promises';
import type { JournalName } from '../../journal/storage.ts';
import type { AppendOutcome, AppendRequest } from '../../journal/store.ts';
import { present } from '../../kernel/assert.ts';
import type { Seq } from '../../kernel/entry.ts';
import { exchanged } from '../append-request.ts';
import type { Database, Lost } from './database.ts';
import { faultOf, isAnswer, isPassing } from './failures.ts';
import { optionalText, seqOf, storedRow } from './rows.ts';
import { missingJournal } from './missing-journal.ts';
import { backoffMs } from './session.ts';
import { joined, toStored } from './stored-text.ts';

export interface Appending {
  readonly database: Database;
  /** The number of the journal. */
  readonly key: number;
  /** What it is called as long as it is in its place. */
  readonly name: JournalName;
}

type Unknown = Extract<AppendOutcome, { readonly kind: 'unknown' }>;

const unknown = (code: Unknown['code'], reason: string): Unknown => ({ kind: 'unknown', code, reason });

/**
 * Appends, in one round trip when nobody was faster. While the server restarts, and after a connection was cut, it is
 * tried again for as long as patience lasts: not before the process of the server that had the first attempt is no
 * more, so that this attempt cannot be done later. If it was done, the next one finds the journal moved by its own batch.
 */
export const append = async (appending: Appending, request: AppendRequest): Promise<AppendOutcome> => {
  const { database } = appending;
  const begun = performance.now();
  let open: Lost | undefined;
  let wasSent = false;
  // What may have been sent is worth all the patience that there is.
  const deadline = (): number => (wasSent ? begun + database.patienceMs : database.deadline(begun));
  for (let attempts = 0; ; attempts += 1) {
    try {
      if (open !== undefined && (await database.isOver(open.backend))) open = undefined;
      if (open === undefined) {
        const outcome = await attempt(appending, request);
        if ('kind' in outcome) return outcome;
        open = outcome;
        wasSent = true;
      }
    } catch (thrown) {
      const { code, reason } = faultOf(database.address, thrown);
      const isFinal = !isPassing(thrown) || performance.now() >= deadline();
      if (isFinal && !wasSent && !isAnswer(thrown)) return { kind: 'refused', code, reason };
      if (isFinal) return unknown(open === undefined ? code : 'outcome_unknown', reason);
    }
    if (open !== undefined && performance.now() >= deadline())
      return unknown('outcome_unknown', faultOf(database.address, open.error).reason);
    await pause(backoffMs(attempts));
  }
};

const attempt = async (appending: Appending, request: AppendRequest): Promise<AppendOutcome | Lost> => {
  const { database, key, name } = appending;
  const { expected, link, batch, rows } = request;
  const texts = rows.map(({ text }) => toStored(text));
  const [text = ''] = texts;
  const last = present(rows.at(-1), 'an append has rows');
  const { append: many, appendOne } = database.statements;
  const bytes = texts.reduce((sum, stored) => sum + Buffer.byteLength(stored), 0);
  const done = await (rows.length === 1
    ? database.writeOnce(appendOne, [key, expected, last.chain, bytes, link, name, batch, text])
    : database.writeOnce(many, [
        key,
        expected,
        last.seq,
        last.chain,
        bytes,
        link,
        batch,
        joined(texts),
        joined(rows.map(({ chain }) => chain)),
        name,
      ]));
  if (typeof done === 'object') return done;
  return done > 0 ? { kind: 'appended' } : whyNot(appending, request);
};

/** What stands in the way of an append that found another head. */
const whyNot = async (
  { database, key, name }: Appending,
  { expected, link }: AppendRequest,
): Promise<AppendOutcome> => {
  const rows = await database.once(database.statements.missed, [key, expected, name]);
  const [first] = rows;
  if (first === undefined) {
    const { code, message } = await missingJournal(database);
    return unknown(code, message);
  }
  const head = seqOf(first[0]);
  if (head < expected) return unknown('journal_corrupt', shrunk(head, expected));
  if (head === expected && expected > 0 && optionalText(first[1]) !== link)
    return { kind: 'unknown', ...exchanged(expected) };
  const missed = rows.filter((row) => row[2] !== null).map((row) => storedRow(row.slice(2)));
  if (missed.at(-1)?.seq !== head) return unknown('journal_corrupt', incomplete(head));
  return { kind: 'moved', missed };
};

const shrunk = (head: Seq, expected: Seq): string =>
  `The journal ends at entry ${head}, but entry ${expected} was already read from it.`;

const incomplete = (head: Seq): string => `The journal ends at entry ${head}, which is not there.`;
