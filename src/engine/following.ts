import type { Journal } from '../journal/journal.ts';
import { type Store, StoreFailure } from '../journal/store.ts';
import type { Refusal } from '../kernel/errors.ts';
import type { Forgetting } from './forgetting.ts';
import type { Log } from './log.ts';

export interface FollowingOptions {
  readonly store: Store;
  readonly journal: Journal;
  readonly forgetting: Forgetting;
  readonly log: Log;
  readonly stopped: () => Refusal | undefined;
  /** Told of a failure to read. */
  readonly meet: (refusal: Refusal) => void;
}

/** Folds in what other processes write: whenever somebody asks, and when the store rings. */
export class Following {
  readonly #options: FollowingOptions;
  /** The look at the head that is still to be taken. */
  #look: Promise<Refusal | undefined> | undefined;
  #unwatch: (() => void) | undefined;

  constructor(options: FollowingOptions) {
    this.#options = options;
  }

  /**
   * Folds in what others wrote; the refusal when that is impossible. All who ask within one turn of the loop share one
   * look at the store's head, which is taken after the last of them has asked.
   */
  refresh(): Promise<Refusal | undefined> {
    this.#look ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#look = undefined;
        resolve(this.#catchUp());
      });
    });
    return this.#look;
  }

  /**
   * Has the store tell what others write, from the first time that somebody here wants to hear of it: calls look at the
   * store's head themselves, and a process that makes one and ends needs no more.
   */
  watch(): void {
    if (this.#unwatch !== undefined || this.#options.stopped() !== undefined) return;
    this.#unwatch = this.#options.store.watch(() => void this.#lookAtOthers());
    // What was written before the store began to watch is not told.
    void this.#lookAtOthers();
  }

  get isWatching(): boolean {
    return this.#unwatch !== undefined;
  }

  end(): void {
    this.#unwatch?.();
  }

  async #catchUp(): Promise<Refusal | undefined> {
    const { journal, forgetting, stopped, meet } = this.#options;
    const refused = stopped();
    if (refused !== undefined) return refused;
    try {
      await journal.catchUp();
    } catch (failure) {
      if (!(failure instanceof StoreFailure)) throw failure;
      meet(failure.refusal);
      return failure.refusal;
    }
    return forgetting.renew();
  }

  async #lookAtOthers(): Promise<void> {
    const refusal = await this.refresh();
    if (refusal !== undefined && refusal !== this.#options.stopped()) this.#options.log.warn(refusal.message);
  }
}
