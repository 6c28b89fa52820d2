import { StoreFailure } from '../../journal/store.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type ErrorCode, type Refusal, refuse } from '../../kernel/errors.ts';

/** What went wrong with the storage, in the words of the closed list of codes. */
export interface Fault {
  readonly code: Extract<
    ErrorCode,
    `storage_${string}` | 'journal_corrupt' | 'journal_missing' | 'upgrade_required' | 'outcome_unknown'
  >;
  readonly reason: string;
}

/** The low byte of an SQLite error number; the bytes above only say more precisely where it happened. */
const primary = {
  statement: 1,
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** SQLITE_IOERR_SHMSIZE: the shared index beside the journal could not grow, which only a full disk prevents. */
const indexCannotGrow = 4874;
/** SQLITE_IOERR_FSYNC: everything was written, but nobody knows whether it would survive. */
const syncFailed = 1034;
/** SQLITE_READONLY_DBMOVED: the file is no longer under its name. */
const moved = 1032;

const numberOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode
    : undefined;

const nameOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** Whether the system answered with this error name, `EEXIST` for example. */
export const isNamed = (error: unknown, name: string): boolean => nameOf(error) === name;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const isBusy = (error: unknown): boolean => {
  const number = numberOf(error);
  return number !== undefined && ((number & 0xff) === primary.busy || (number & 0xff) === primary.locked);
};

/** Files that cannot be opened for writing may still be readable. */
export const isRefusedAccess = (error: unknown): boolean =>
  !(error instanceof StoreFailure) &&
  (faultOf(error).code === 'storage_read_only' || numberOf(error) === indexCannotGrow);

/** Translates whatever SQLite or the file system threw. */
export const faultOf = (error: unknown): Fault => {
  const number = numberOf(error);
  return number === undefined ? systemFault(error) : sqliteFault(number, textOf(error));
};

const sqliteFault = (number: number, text: string): Fault => {
  const reason = `SQLite says "${text}" (${number}).`;
  if (number === moved) return { code: 'journal_missing', reason };
  if (number === syncFailed) return { code: 'outcome_unknown', reason };
  if (number === indexCannotGrow) return { code: 'storage_full', reason };
  switch (number & 0xff) {
    case primary.busy:
    case primary.locked:
      return { code: 'storage_busy', reason };
    case primary.full:
      return { code: 'storage_full', reason };
    case primary.permission:
    case primary.readOnly:
    case primary.cannotOpen:
      return { code: 'storage_read_only', reason };
    // SQLite does not understand our statements: the tables in this file are not those of a journal.
    case primary.statement:
    case primary.corrupt:
    case primary.notADatabase:
      return { code: 'journal_corrupt', reason };
    default:
      return { code: 'storage_failed', reason };
  }
};

const systemFault = (error: unknown): Fault => ({
  code: systemCodes.get(nameOf(error) ?? '') ?? 'storage_failed',
  reason: `The system says "${textOf(error)}".`,
});

const systemCodes: ReadonlyMap<string, Fault['code']> = new Map([
  ['ENOSPC', 'storage_full'],
  ['EDQUOT', 'storage_full'],
  ['EROFS', 'storage_read_only'],
  ['EACCES', 'storage_read_only'],
  ['EPERM', 'storage_read_only'],
  // A number that does not fit where a sequence number belongs: only damage puts one there.
  ['ERR_OUT_OF_RANGE', 'journal_corrupt'],
]);

const advice: Readonly<Record<Fault['code'], (path: string) => string>> = {
  storage_busy: () => 'Try again.',
  storage_full: () => 'Free some space on that disk and try again.',
  storage_read_only: () =>
    'Give this user permission to read and write the file and its directory, or mount the disk for writing, and try again.',
  storage_failed: () => 'Look at the disk and the log of the system, then try again.',
  journal_corrupt: (path) =>
    `Stop every process that uses it, move it away together with "${path}-wal" and "${path}-shm" where they exist, restore a backup in its place, and try again.`,
  journal_missing: () =>
    'Put it back, or restore a backup in its place, or name the right path, and try again.',
  outcome_unknown: () => 'Look at the disk, then try again.',
  upgrade_required: () => 'Install a newer Signalbox and try again.',
};

const happened: Readonly<Record<Fault['code'], (path: string) => string>> = {
  storage_busy: (path) => `Other processes kept the journal ${path} busy.`,
  storage_full: (path) => `There is no room for the journal ${path}.`,
  storage_read_only: (path) => `The journal ${path} cannot be opened as it has to be.`,
  storage_failed: (path) => `The storage of the journal ${path} failed.`,
  journal_corrupt: (path) => `The journal ${path} is damaged. Nothing was changed.`,
  journal_missing: (path) => `There is no journal at ${path}.`,
  outcome_unknown: (path) => `The disk did not confirm what was written to the journal ${path}.`,
  upgrade_required: (path) => `The journal ${path} was written by a newer version of Signalbox.`,
};

/** What happened, why, and what to do next. */
export const refusalOf = (path: string, fault: Fault): Refusal =>
  refuse(fault.code, `${happened[fault.code](path)} ${fault.reason} ${advice[fault.code](path)}`, { path });

export const damaged = (path: string, reason: string): Refusal =>
  refusalOf(path, { code: 'journal_corrupt', reason });

/** An entry that was asked for where only the later ones are. That is no damage. */
export const archived = (path: string, seq: Seq): Refusal =>
  refuse('journal_corrupt', `Entry ${seq} of the journal ${path} lies in an archive, not in the journal.`, {
    path,
    archived: seq,
  });

export const isArchived = ({ details }: Refusal): boolean => details['archived'] !== undefined;

/** For reading, which has no outcome to put a refusal in. */
export const storeFailure = (path: string, error: unknown): StoreFailure =>
  error instanceof StoreFailure ? error : new StoreFailure(refusalOf(path, faultOf(error)));
