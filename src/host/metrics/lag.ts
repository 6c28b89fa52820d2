import type { Engine } from '../../engine/engine.ts';
import type { Following } from '../../followers/follower.ts';
import type { Seq } from '../../kernel/entry.ts';

/** How many moments are remembered, and how far apart they are at first. */
const momentsMax = 256;
const apartMs = 250;

/** When an entry had come. */
interface Moment {
  readonly seq: Seq;
  readonly at: number;
}

/**
 * When entries came, so that it can be told since when something waits to be followed. Not every entry is noted; while
 * something stands still for long, fewer are.
 */
export class Arrivals {
  readonly #monotonic: () => number;
  #moments: Moment[] = [];
  #apartMs = apartMs;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** `seq`: the first of the entries that have come now. */
  came(seq: Seq): void {
    const at = this.#monotonic();
    const last = this.#moments.at(-1);
    if (last !== undefined && at - last.at < this.#apartMs) return;
    if (this.#moments.length >= momentsMax) {
      this.#moments = this.#moments.filter((_, i) => i % 2 === 0);
      this.#apartMs *= 2;
    }
    this.#moments.push({ seq, at });
  }

  /** For how long what stands at `seq` has been behind `head`, in seconds. */
  lagOf(seq: Seq, head: Seq): number {
    if (seq >= head) return 0;
    const next = this.#moments.findIndex((moment) => moment.seq > seq);
    // Of the first that waits nothing is noted when it came right behind one that was: then that one's time counts.
    const isNoted = this.#moments[next]?.seq === seq + 1;
    const since = isNoted || next === 0 ? this.#moments[next] : this.#moments.at(next < 0 ? -1 : next - 1);
    return since === undefined ? 0 : (this.#monotonic() - since.at) / 1_000;
  }

  /** Nothing follows more slowly than this: what came before needs not be remembered. */
  forget(upTo: Seq): void {
    const first = this.#moments.findIndex(({ seq }) => seq > upTo);
    // The last one stays: what came right behind it is not noted.
    this.#moments = first < 0 ? this.#moments.slice(-1) : this.#moments.slice(Math.max(0, first - 1));
    if (this.#moments.length < momentsMax / 2) this.#apartMs = apartMs;
  }
}

/** How far behind a follower of this process is. */
export interface Lag {
  readonly follower: string;
  readonly entries: number;
  /** Undefined of one that lets entries gather by design. */
  readonly seconds: number | undefined;
}

/** Watches how far the followers of one engine are behind it. */
export const watchLag = (
  engine: Engine,
  followers: readonly Following[],
  monotonic: () => number,
): (() => readonly Lag[]) => {
  const arrivals = new Arrivals(monotonic);
  engine.subscribe(([first]) => {
    if (first !== undefined) arrivals.came(first.seq);
  });
  return () => {
    const lags: Lag[] = [];
    let slowest = engine.seq;
    for (const { name: follower, term } of followers) {
      const begun = term();
      if (begun === undefined) continue;
      const at = begun.standsAt();
      const entries = Math.max(0, engine.seq - at);
      if (begun.leisurely === true) lags.push({ follower, entries, seconds: undefined });
      else {
        slowest = Math.min(slowest, at);
        lags.push({ follower, entries, seconds: arrivals.lagOf(at, engine.seq) });
      }
    }
    arrivals.forget(slowest);
    return lags;
  };
};
