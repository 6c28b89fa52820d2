/**
 * How often what was counted fell between fixed bounds: what a histogram of Prometheus says. Counting takes a few
 * nanoseconds and allocates nothing.
 */
export class Distribution {
  /** The highest value of each step; a last one beyond them has no bound. */
  readonly bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  add(value: number): void {
    let step = 0;
    while (value > (this.bounds[step] ?? Infinity)) step += 1;
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
    this.#sum += value;
  }

  get sum(): number {
    return this.#sum;
  }

  /** How many values were at most as high as each bound; the last number is that of all. */
  readonly cumulated = (): readonly number[] => {
    let count = 0;
    return Array.from(this.#counts, (some) => (count += some));
  };
}

/** In seconds: from what memory answers to what somebody has given up by. */
export const secondsBounds = [
  0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** Calls and entries of one batch. */
export const sizeBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096] as const;
