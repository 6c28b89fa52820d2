import { type JournalIdentity, StoreFailure, type StoredRow } from '../../journal/store.ts';
import type { Seq } from '../../kernel/entry.ts';
import { refusalOf } from './failures.ts';

/** The items of an array, of which there are none in anything else. */
export const itemsOf = (reply: unknown): readonly unknown[] => (Array.isArray(reply) ? reply : []);

/** An array of texts; anything else in it counts as an empty one. */
export const textsOf = (reply: unknown): readonly string[] =>
  itemsOf(reply).map((item) => (typeof item === 'string' ? item : ''));

/** What a function of ours says happened, and what it says about that. */
export const verdictOf = (
  reply: unknown,
): { readonly verdict: string; readonly rest: readonly unknown[] } => {
  const [verdict, ...rest] = itemsOf(reply);
  return { verdict: typeof verdict === 'string' ? verdict : '', rest };
};

/** What is kept with a journal besides its rows. */
export interface JournalState {
  readonly format: number;
  readonly identity: JournalIdentity;
  readonly seq: Seq;
  /** Of the last append. */
  readonly batch: string;
  readonly base: Seq;
  readonly baseChain: string;
}

/** As our functions are told it. */
export const identityText = ({ id, generation }: JournalIdentity): string => `${id}.${generation}`;

const stateFields = ['format', 'id', 'generation', 'seq', 'batch', 'base', 'base_chain'] as const;

export const askState = (journalKey: string): readonly [string, ...string[]] => [
  'HMGET',
  journalKey,
  ...stateFields,
];

/** Undefined when there is no such journal. */
export const stateOf = (reply: unknown): JournalState | undefined => {
  const [format = '', id = '', generation, seq, batch = '', base, baseChain = ''] = textsOf(reply);
  if (id === '') return undefined;
  return {
    format: Number(format),
    identity: { id, generation: Number(generation) },
    seq: Number(seq),
    batch,
    base: Number(base),
    baseChain,
  };
};

/** The rows of a piece of the log. Throws `StoreFailure` for entries that nobody of us wrote. */
export const rowsOf = (place: string, reply: unknown): StoredRow[] =>
  itemsOf(reply).map((entry) => {
    const [id, fields] = itemsOf(entry);
    const [, batch, , text, , chain] = itemsOf(fields);
    const seq = typeof id === 'string' && id.startsWith('0-') ? Number(id.slice(2)) : Number.NaN;
    if (
      typeof batch === 'string' &&
      typeof text === 'string' &&
      typeof chain === 'string' &&
      Number.isSafeInteger(seq)
    ) {
      return { seq, batch, text, chain };
    }
    throw new StoreFailure(
      refusalOf(place, {
        code: 'journal_corrupt',
        reason: `Its entry ${String(id)} is none of Signalbox. Restore a backup.`,
      }),
    );
  });
