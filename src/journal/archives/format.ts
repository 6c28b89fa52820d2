import type { Seq } from '../../kernel/entry.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { isRecord } from '../../kernel/json.ts';
import type { JournalIdentity, StoredRow } from '../store.ts';

/**
 * An archive holds the entries of one journal from `first` to `last`, as lines of JSON: a header, a line for each entry
 * with the text exactly as it was stored, an index of places to begin reading at, and a footer with a checksum over all
 * bytes before it. It is written once and never changed.
 */
export const archiveFormat = 1;

export interface ArchiveHeader {
  readonly signalbox: 'archive';
  readonly format: number;
  readonly journal: JournalIdentity;
  readonly first: Seq;
  readonly last: Seq;
  /** The link before the first entry. */
  readonly before: string;
  /** The link of the last. */
  readonly chain: string;
}

/** A place to begin reading at: the entry there, the byte at which its line begins, and the link before it. */
export interface IndexPlace {
  readonly seq: Seq;
  readonly at: number;
  readonly before: string;
}

export interface ArchiveFooter {
  /** The byte at which the line of the index begins. */
  readonly indexAt: number;
  readonly sha256: string;
}

const seqDigits = 12;
const padded = (seq: Seq): string => String(seq).padStart(seqDigits, '0');
const namePattern = /^(\d{12})-(\d{12})\.jsonl$/;

/** The folder of a journal's archives, among those of all. */
export const archiveFolder = ({ id, generation }: JournalIdentity): string => `${id}.${generation}`;

/** What an archive is called as long as it is being written. */
export const draftSuffix = '.draft';

export const archiveName = (first: Seq, last: Seq): string => `${padded(first)}-${padded(last)}.jsonl`;

/** The entries of an archive: the first and the last. */
export interface ArchiveRange {
  readonly first: Seq;
  readonly last: Seq;
}

export const rangeIn = (name: string): ArchiveRange | undefined => {
  const [, first, last] = namePattern.exec(name) ?? [];
  return first === undefined || last === undefined ? undefined : { first: Number(first), last: Number(last) };
};

export const lineOf = (value: ArchiveHeader | StoredRow | ArchiveFooter | readonly IndexPlace[]): string =>
  `${JSON.stringify(value)}\n`;

/** The value of a line; undefined for what is no JSON. */
const valueIn = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

export const headerIn = (line: string): ArchiveHeader | undefined => {
  const value = valueIn(line);
  if (!isRecord(value) || value['signalbox'] !== 'archive') return undefined;
  const { format, journal, first, last, before, chain } = value;
  return typeof format === 'number' &&
    isIdentity(journal) &&
    typeof first === 'number' &&
    typeof last === 'number' &&
    typeof before === 'string' &&
    typeof chain === 'string'
    ? { signalbox: 'archive', format, journal, first, last, before, chain }
    : undefined;
};

const isIdentity = (value: unknown): value is JournalIdentity =>
  isRecord(value) && typeof value['id'] === 'string' && Number.isSafeInteger(value['generation']);

export const rowIn = (line: string): StoredRow | undefined => {
  const value = valueIn(line);
  if (!isRecord(value)) return undefined;
  const { seq, batch, text, chain } = value;
  return typeof seq === 'number' &&
    typeof batch === 'string' &&
    typeof text === 'string' &&
    typeof chain === 'string'
    ? { seq, batch, text, chain }
    : undefined;
};

export const footerIn = (line: string): ArchiveFooter | undefined => {
  const value = valueIn(line);
  if (!isRecord(value)) return undefined;
  const { indexAt, sha256 } = value;
  return typeof indexAt === 'number' && typeof sha256 === 'string' ? { indexAt, sha256 } : undefined;
};

export const indexIn = (line: string): readonly IndexPlace[] | undefined => {
  const value = valueIn(line);
  return Array.isArray(value) && value.length > 0 && value.every(isPlace) ? value : undefined;
};

const isPlace = (value: unknown): value is IndexPlace =>
  isRecord(value) &&
  typeof value['seq'] === 'number' &&
  typeof value['at'] === 'number' &&
  typeof value['before'] === 'string';

/** What is wrong with the archive in this file, and what to do. */
export const damagedArchive = (path: string, what: string): Refusal =>
  refuse(
    'journal_corrupt',
    `The archive ${path} is damaged: ${what}. Nothing was changed. Put a good copy of it in its place, or restore the latest backup.`,
    { archive: path },
  );

/** As people set it. */
const setting = 'archives (--archives, SIGNALBOX_ARCHIVES)';

/** What to set where several machines work on the journals. */
export const setShared = `Set ${setting} to a folder that every machine of the cluster mounts.`;

const orElse = `or set ${setting} to the folder where the archives lie. Only if`;

/** It may be that it only lies elsewhere, and whoever restores a backup loses what came after it. */
export const missingArchive = (path: string, { first, last }: ArchiveRange): Refusal =>
  refuse(
    'journal_missing',
    `Entries ${first} to ${last} of the journal lie in the archive ${path}, which is not there. Nothing was changed. Put it back, ${orElse} it is lost, restore the latest backup.`,
    { archive: path, setting: 'archives', first, last },
  );

/** Of entries for which no file is there. How many files had them is not known. */
const lieIn = (folder: string, { first, last }: ArchiveRange): string =>
  `Entries ${first} to ${last} of the journal lie in archives in ${folder}, from ${padded(first)}-….jsonl to …-${padded(last)}.jsonl`;

export const missingArchives = (folder: string, range: ArchiveRange): Refusal =>
  refuse(
    'journal_missing',
    `${lieIn(folder, range)}, which are not there. Nothing was changed. Put them back, ${orElse} they are lost, restore the latest backup.`,
    { archive: folder, setting: 'archives', ...range },
  );

/** Nobody said where archives lie. */
export const unknownArchives = (folder: string, range: ArchiveRange): Refusal =>
  refuse(
    'journal_missing',
    `${lieIn(folder, range)}, and it is not set where archives are. Nothing was changed. ${setShared}`,
    { archive: folder, setting: 'archives', ...range },
  );
