import type { Journal } from '../journal/journal.ts';
import { chainStart } from '../journal/chain.ts';
import { StoreFailure } from '../journal/store.ts';
import { assert } from '../kernel/assert.ts';
import type { Entry, Seq } from '../kernel/entry.ts';
import { type Refusal, refuse } from '../kernel/errors.ts';
import type { Slices } from '../kernel/slices.ts';
import type { Log } from './log.ts';
import { FoldedState, originOf } from './state.ts';
import { type Rules, defect } from './unit.ts';

const pageEntries = 5_000;

export interface ForgettingOptions {
  readonly rules: Rules;
  readonly state: FoldedState;
  readonly journal: Journal;
  readonly initial: Slices;
  readonly log: Log;
  /** The state came from a snapshot, in which any text may stand. */
  readonly fromSnapshot: boolean;
  readonly onErased: RemoveTraces | undefined;
}

/**
 * Removes what was made of erased texts beside the journal. It may be asked again, and reject. `upTo`: the last entry that
 * erases. `isNew`: it is done for the first time as far as is known; else it was done before this process began, and only
 * what is older than that entry, in a cache that was not in use then, can be left.
 */
export type RemoveTraces = (erased: { readonly upTo: Seq; readonly isNew: boolean }) => Promise<void>;

/**
 * What an entry that erases somebody's text has for consequence, in every process that folds it: the keys are forgotten
 * at once; the state is folded anew from the first entry, which no record of the state can do by itself, because none
 * says whose texts it has; the keys are destroyed where they are kept, by whoever comes first; and what was made of
 * those texts beside the journal goes. All of it can be done twice, so a process that dies leaves nothing half done:
 * the next one that folds the entry does it.
 */
export class Forgetting {
  readonly #options: ForgettingOptions;
  /** How many erasures were folded here. */
  #count = 0;
  #mayHaveText: boolean;
  #stale = false;
  #renewing: Promise<Refusal | undefined> | undefined;
  /** What has to be done yet, beside the state. */
  #left: { readonly keys: readonly string[]; readonly upTo: Seq; readonly isNew: boolean } | undefined;
  #begun = false;
  #clearing: Promise<Refusal | undefined> | undefined;

  constructor(options: ForgettingOptions) {
    this.#options = options;
    this.#mayHaveText = options.fromSnapshot;
  }

  get count(): number {
    return this.#count;
  }

  /** Text that was erased may still stand in the state. */
  get isStale(): boolean {
    return this.#stale;
  }

  /** From now on what has to be done is done; before that, the journal is still being read. */
  async begin(): Promise<Refusal | undefined> {
    this.#begun = true;
    const missing = this.#options.journal.codec.sealer?.missing ?? 0;
    if (missing > 0) this.#options.log.warn(keysMissing(missing));
    const behind = await this.renew();
    if (behind === undefined) void this.clear();
    return behind;
  }

  /** Is told of entries in the instant in which they have been folded. */
  notice(entries: readonly Entry[]): void {
    const { rules, journal } = this.#options;
    for (const entry of entries) {
      const keys = rules.owners.get(entry.type)?.area.erases(entry) ?? [];
      if (keys.length === 0) continue;
      this.#count += 1;
      const wasSeen = journal.condemn(keys);
      this.#stale ||= wasSeen || this.#mayHaveText;
      const isNew = this.#begun || this.#stale || this.#left?.isNew === true;
      this.#left = { keys: [...(this.#left?.keys ?? []), ...keys], upTo: entry.seq, isNew };
      if (this.#begun) void this.clear();
    }
  }

  /** Has the state say what the journal says now; the refusal when that is impossible. */
  renew(): Promise<Refusal | undefined> | undefined {
    if (!this.#stale) return undefined;
    this.#renewing ??= this.#fold().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /** Has the keys destroyed and the traces removed, once the state is renewed; the refusal when something is left. */
  async clear(): Promise<Refusal | undefined> {
    while (this.#left !== undefined || this.#clearing !== undefined) {
      const refusal = (await this.renew()) ?? (await this.#clear());
      if (refusal !== undefined) return refusal;
    }
    return this.renew();
  }

  #clear(): Promise<Refusal | undefined> {
    this.#clearing ??= this.#destroy().finally(() => {
      this.#clearing = undefined;
    });
    return this.#clearing;
  }

  async #fold(): Promise<Refusal | undefined> {
    const { rules, state, journal, initial } = this.#options;
    try {
      while (this.#stale) {
        const begun = this.#count;
        const fresh = new FoldedState(rules, originOf(undefined, initial));
        fresh.bulk();
        let head = { seq: 0, chain: chainStart(journal.store.identity.id) };
        while (fresh.seq < state.seq) {
          const page = await journal.entriesAfter(head, Math.min(pageEntries, state.seq - fresh.seq));
          assert(page.entries.length > 0, 'what was folded can be read');
          fresh.fold(page.entries);
          ({ head } = page);
        }
        if (begun !== this.#count) continue;
        fresh.endBulk();
        state.replace(fresh);
        this.#stale = false;
        this.#mayHaveText = false;
      }
      return undefined;
    } catch (thrown) {
      return thrown instanceof StoreFailure
        ? thrown.refusal
        : defect(this.#options.log, 'folding anew what was erased', thrown);
    }
  }

  async #destroy(): Promise<Refusal | undefined> {
    const left = this.#left;
    const { sealer } = this.#options.journal.codec;
    if (left === undefined) return undefined;
    try {
      const isNew = left.isNew || (await sealer?.living(left.keys)) === true;
      try {
        await this.#options.onErased?.({ upTo: left.upTo, isNew });
      } finally {
        if (isNew) await sealer?.destroy(left.keys);
      }
    } catch (thrown) {
      const refusal = thrown instanceof StoreFailure ? thrown.refusal : notRemoved(thrown);
      this.#options.log.error(`what was erased could not be removed everywhere: ${refusal.message}`);
      return refusal;
    }
    if (this.#left === left) this.#left = undefined;
    return undefined;
  }
}

const keysMissing = (count: number): string =>
  `${count === 1 ? '1 key' : `${count} keys`} of personal text cannot be found, though nobody destroyed ${count === 1 ? 'it' : 'them'}: what is sealed under ${count === 1 ? 'it' : 'them'} reads as erased. Put the keys back beside the journal, and start again.`;

const notRemoved = (thrown: unknown): Refusal =>
  refuse(
    'storage_failed',
    `What was made of erased text in the cache cannot be removed (${String(thrown)}). The keys are destroyed all the same. Remove the cache directory.`,
  );
