import { closeSync, openSync, readSync } from 'node:fs';
import { StoreFailure, type StoredRow } from '../../journal/store.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { bellOf } from './format.ts';
import type { Reader } from './reader.ts';

/**
 * How far a journal reached, kept outside of it: in the bell, after each commit. SQLite takes a write-ahead log that
 * is missing, cut off or changed for one that ends earlier, and says nothing; the watermark knows better. It is not
 * synced and may lag, but never leads, for it is written only after the commit is durable.
 */
export type Watermark = Pick<StoredRow, 'seq' | 'chain'>;

const seqDigits = 12;
const pattern = /^(\d{12}) ([0-9a-f]{64})\n$/;
const markBytes = seqDigits + ' '.length + 64 + '\n'.length;

/** Of one width, so that the next one covers it whole. */
export const markText = ({ seq, chain }: Watermark): string =>
  `${String(seq).padStart(seqDigits, '0')} ${chain}\n`;

/** What the bell beside this journal says; undefined if there is none, or none that can be understood. */
export const readWatermark = (path: string): Watermark | undefined => {
  const [, seq, chain] = pattern.exec(beginningOf(bellOf(path))) ?? [];
  return seq === undefined || chain === undefined ? undefined : { seq: Number(seq), chain };
};

const beginningOf = (file: string): string => {
  try {
    const handle = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(markBytes);
      return bytes.toString('latin1', 0, readSync(handle, bytes, { position: 0 }));
    } finally {
      closeSync(handle);
    }
  } catch {
    return '';
  }
};

/** Others may write the bell while it is read; one that was read half old, half new is whole at the next look. */
const looks = 3;

/** Throws `StoreFailure` if entries are missing that were stored before. */
export const demandWatermark = (path: string, reader: Reader): void => {
  let refusal: Refusal | undefined;
  for (let look = 0; look < looks; look += 1) {
    // The bell first: whatever it says was committed before, so the journal, read later, has to have it.
    const mark = readWatermark(path);
    refusal = mark && compare(path, mark, reader);
    if (refusal === undefined) return;
  }
  if (refusal !== undefined) throw new StoreFailure(refusal);
};

const compare = (path: string, mark: Watermark, reader: Reader): Refusal | undefined => {
  const head = reader.head();
  if (head < mark.seq) {
    return lost(
      'journal_corrupt',
      path,
      `The journal ${path} ends at entry ${head}, but entry ${mark.seq} was stored before.`,
    );
  }
  if (mark.seq === 0) return undefined;
  const link = reader.linkAt(mark.seq);
  // What it lags behind may lie in an archive.
  if (link === undefined || link === mark.chain) return undefined;
  return lost(
    'journal_corrupt',
    path,
    `The journal ${path} ends at entry ${head}, but its entry ${mark.seq} is another than the entry ${mark.seq} that was stored before.`,
  );
};

/** For a journal that is not there at all: to make a new one would hide that. */
export const refuseLost = (path: string, mark: Watermark): Refusal =>
  lost('journal_missing', path, `The journal ${path} is missing, but entry ${mark.seq} was stored before.`);

const lost = (code: 'journal_corrupt' | 'journal_missing', path: string, what: string): Refusal =>
  refuse(
    code,
    `${what} Nothing was changed. Put the journal and its -wal file back, or restore a backup; to accept the loss, delete ${bellOf(path)}.`,
    { path },
  );
