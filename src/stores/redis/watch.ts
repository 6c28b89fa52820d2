import type { JournalIdentity } from '../../journal/store.ts';
import type { Seq } from '../../kernel/entry.ts';
import type { ChangeFeed } from './feed.ts';
import type { JournalKeys } from './keys.ts';
import { type JournalState, identityText } from './replies.ts';

/** Who wants to hear of what others append to one journal, and what of it needs not be told. */
export class Watch {
  readonly #feed: ChangeFeed;
  readonly #keys: JournalKeys;
  readonly #identity: JournalIdentity;
  readonly #listeners = new Set<() => void>();
  #end: (() => void) | undefined;
  #told: Seq = 0;
  /** The batch of the last append of our own. */
  #own: string | undefined;
  /** The journal is not what it was, and the listeners know. */
  #alarmed = false;

  constructor(feed: ChangeFeed, keys: JournalKeys, identity: JournalIdentity) {
    this.#feed = feed;
    this.#keys = keys;
    this.#identity = identity;
  }

  add(listener: () => void): () => void {
    // One function may be given twice, and is then two listeners.
    const own = (): void => listener();
    this.#listeners.add(own);
    this.#end ??= this.#feed.watch({
      keys: this.#keys,
      told: () => this.#told,
      look: (state) => this.#look(state),
    });
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#stop();
    };
  }

  /** Somebody has looked this far. Counts only while nobody listens: who looks is not always who listens. */
  seen(seq: Seq): void {
    if (this.#listeners.size === 0) this.#told = Math.max(this.#told, seq);
  }

  appending(batch: string): void {
    this.#own = batch;
  }

  /** Whoever appends behind what others wrote knows it. */
  appended(seq: Seq): void {
    this.#told = Math.max(this.#told, seq);
  }

  /** Should it be there after all, it is news. */
  notEstablished(expected: Seq): void {
    this.#own = undefined;
    this.#told = Math.min(this.#told, expected);
  }

  close(): void {
    this.#listeners.clear();
    this.#stop();
  }

  #stop(): void {
    this.#end?.();
    this.#end = undefined;
  }

  #look(state: JournalState | undefined): void {
    const amiss =
      state === undefined ||
      identityText(state.identity) !== identityText(this.#identity) ||
      state.seq < this.#told;
    if (amiss !== this.#alarmed) {
      this.#alarmed = amiss;
      if (amiss) return this.#ring();
    }
    if (state === undefined || amiss || state.seq <= this.#told) return;
    this.#told = state.seq;
    if (state.batch !== this.#own) this.#ring();
  }

  #ring(): void {
    for (const listener of this.#listeners) listener();
  }
}
