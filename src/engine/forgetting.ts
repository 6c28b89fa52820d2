import type { Journal } from '../journal/journal.ts';
import { chainStart } from '../journal/chain.ts';
import { StoreFailure } from '../journal/store.ts';
import { assert } from '../kernel/assert.ts';
import type { Entry } from '../kernel/entry.ts';
import type { Refusal } from '../kernel/errors.ts';
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
  /** Removes what was made of erased texts beside the journal. It may be asked again, and reject. */
  readonly onErased: (() => Promise<void>) | undefined;
}

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
  #condemned: string[] = [];
  #traces = false;
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
    const behind = await this.renew();
    if (behind === undefined) this.#goOn();
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
      this.#condemned.push(...keys);
      this.#traces = true;
    }
    if (this.#begun) this.#goOn();
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
    const behind = await this.renew();
    if (behind !== undefined) return behind;
    if (this.#condemned.length === 0 && !this.#traces) return undefined;
    this.#clearing ??= this.#destroy().finally(() => {
      this.#clearing = undefined;
    });
    return this.#clearing;
  }

  #goOn(): void {
    if (!this.#traces) return;
    this.clear().catch((thrown: unknown) =>
      this.#options.log.error('what was erased could not be removed everywhere', thrown),
    );
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
    const { journal, onErased, log } = this.#options;
    const keys = this.#condemned;
    this.#condemned = [];
    try {
      await journal.codec.sealer?.destroy(keys);
    } catch (thrown) {
      this.#condemned.push(...keys);
      if (!(thrown instanceof StoreFailure)) throw thrown;
      log.error(`the keys of erased text could not be destroyed: ${thrown.message}`);
      return thrown.refusal;
    }
    const count = this.#count;
    await onErased?.();
    if (count === this.#count) this.#traces = false;
    return undefined;
  }
}
