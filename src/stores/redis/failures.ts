import { StoreFailure } from '../../journal/store.ts';
import { type ErrorCode, type Refusal, refuse } from '../../kernel/errors.ts';

/** What went wrong, in the words of the closed list of codes. */
export interface Fault {
  readonly code: Extract<
    ErrorCode,
    `storage_${string}` | 'journal_corrupt' | 'journal_missing' | 'upgrade_required' | 'outcome_unknown'
  >;
  readonly reason: string;
}

/** The first word of an error reply tells its kind. */
const kinds: ReadonlyMap<string, Fault['code']> = new Map([
  ['OOM', 'storage_full'],
  ['READONLY', 'storage_read_only'],
  ['NOREPLICAS', 'storage_read_only'],
  ['LOADING', 'storage_busy'],
  ['BUSY', 'storage_busy'],
  ['TRYAGAIN', 'storage_busy'],
  ['WRONGTYPE', 'journal_corrupt'],
]);

const advice: ReadonlyMap<string, string> = new Map([
  ['OOM', 'Give it more memory ("CONFIG SET maxmemory"), or compact journals, and try again.'],
  ['READONLY', 'It is a replica: name its primary, or promote it ("REPLICAOF NO ONE"), and try again.'],
  ['MISCONF', 'Look at its disk and its log, and try again once it can write.'],
  ['LOADING', 'It is still reading its data. Try again in a moment.'],
  ['BUSY', 'A script keeps it busy. Try again in a moment.'],
  ['WRONGPASS', 'Correct the user and the password in the address.'],
  ['NOAUTH', 'Put a user and a password into the address.'],
  ['NOPERM', 'Give this user the permission for it ("ACL SETUSER"), or name another user in the address.'],
  ['NOREPLICAS', 'It wants more replicas than are there (min-replicas-to-write).'],
  ['MOVED', 'Redis Cluster is not supported: name a server that is not part of one.'],
  ['CROSSSLOT', 'Redis Cluster is not supported: name a server that is not part of one.'],
  ['WRONGTYPE', 'Something else is kept under the names of the journal: choose another cluster name.'],
]);

/** Of what a function may not do, Redis before 7.2 says NOPERM in other words. */
const kindOf = (text: string): string =>
  text.includes("The user executing the script can't") ? 'NOPERM' : (/^-?([A-Z]+)\b/.exec(text)?.[1] ?? '');

/** An error that the server answered with. */
export const replyFault = (text: string): Fault => {
  const kind = kindOf(text);
  // Redis says the same word for a disk that is full and for one that fails.
  const full = kind === 'MISCONF' && text.includes('No space left');
  return {
    code: full ? 'storage_full' : (kinds.get(kind) ?? 'storage_failed'),
    reason: `Redis says "${text}". ${advice.get(kind) ?? 'Look at its log, and try again.'}`,
  };
};

const happened: Readonly<Record<Fault['code'], string>> = {
  storage_busy: 'is busy',
  storage_full: 'has no room',
  storage_read_only: 'cannot be written to',
  storage_failed: 'failed',
  journal_corrupt: 'has a damaged journal. Nothing was changed',
  journal_missing: 'has lost a journal. Nothing was changed',
  outcome_unknown: 'did not confirm what it was asked for',
  upgrade_required: 'has a journal that was written by a newer version of Signalbox',
};

/** What happened, why, and what to do next. */
export const refusalOf = (place: string, { code, reason }: Fault): Refusal =>
  refuse(code, `Redis (${place}) ${happened[code]}. ${reason}`, { place });

/** For reading, of which it makes no difference whether the question arrived. */
export const storeFailure = (refusal: Refusal): StoreFailure =>
  new StoreFailure(refusal.code === 'outcome_unknown' ? { ...refusal, code: 'storage_failed' } : refusal);
