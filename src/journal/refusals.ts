import type { Seq } from '../kernel/entry.ts';
import { type ErrorCode, type Refusal, refuse } from '../kernel/errors.ts';
import { chainLink } from './chain.ts';
import type { Head } from './head.ts';
import type { StoredRow } from './store.ts';

/** The refusal for the first thing that is wrong with a row, given what came before it. */
export const damageOf = (row: StoredRow, before: Head): Refusal | undefined => {
  if (row.seq !== before.seq + 1) return corrupt(before.seq + 1, `it is missing; the next one is ${row.seq}`);
  if (row.chain !== chainLink(before.chain, row.text))
    return corrupt(row.seq, 'its bytes do not fit the hash chain');
  return undefined;
};

export const corrupt = (seq: Seq, what: string): Refusal =>
  refuse(
    'journal_corrupt',
    `The journal is damaged at entry ${seq}: ${what}. Nothing was changed. Restore the latest backup, or leave it as it is and ask for help.`,
    { seq },
  );

export const shortened = (seq: Seq): Refusal =>
  refuse(
    'journal_corrupt',
    `The journal has become shorter: entry ${seq} was there and is gone. Nothing was changed. Restore the latest backup.`,
    { seq },
  );

/** For a store that finds another journal in the place of the one that it has open, or that this was taken away properly. */
export const replaced = (place: string): Refusal =>
  refuse(
    'journal_replaced',
    `The journal that this process has open was replaced or taken away in ${place}, as signalbox restore and reset do. Nothing of it has to be restored. Once that is finished, start this process anew: a hub with signalbox serve, a single command by running it again.`,
    { place },
  );

/** Nobody has made a journal in a place, as far as anybody can see there. */
export const noJournals = (place: string): Refusal =>
  refuse('journal_missing', `There are no journals in ${place}.`, { place, empty: true });

const final: ReadonlySet<ErrorCode> = new Set([
  'journal_corrupt',
  'journal_replaced',
  'upgrade_required',
  'encryption_key_missing',
]);

/** Damage, entries that this version cannot read, and a journal that is another do not go away by trying again. */
export const isFinal = ({ code }: Refusal): boolean => final.has(code);

/** What to do about an append that has failed. */
const advice: Partial<Record<ErrorCode, string>> = {
  storage_full: 'Make room and call again.',
  storage_read_only: 'Make the journal writable and call again.',
  storage_busy: 'Call again in a moment.',
  storage_failed: 'Put that right, and call again.',
  journal_missing: 'Put back what is missing. Only if it is lost, restart on a restored backup.',
  journal_corrupt: 'Restore the latest backup.',
};

/** Some stores say it themselves. */
const hasAdvice = /\b(?:try again|start again|restore a backup|start this process anew)\b/i;

export const notStored = (code: ErrorCode, reason: string): Refusal =>
  refuse(
    code,
    `Nothing was stored: ${reason}${hasAdvice.test(reason) ? '' : ` ${advice[code] ?? 'Call again.'}`}`,
  );

/** For a store that says itself what to do about it. */
export const neverSent = (code: ErrorCode, reason: string): Refusal =>
  refuse(code, `Nothing was stored: ${reason}`, { stored: false });

/** Why nothing was sent, where the reason itself speaks of something else. */
export const notSent = ({ code, message, details }: Refusal): Refusal =>
  refuse(code, /nothing was stored/i.test(message) ? message : `Nothing was stored: ${message}`, {
    ...details,
    stored: false,
  });

export const unknownOutcome = (why: Refusal): Refusal =>
  refuse(
    'outcome_unknown',
    `It could not be established whether this was stored (${why.message}). Call again with the same request id; it will not be done twice.`,
    { cause: why.code },
  );
