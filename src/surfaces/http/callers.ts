import { type Refusal, refuse } from '../../kernel/errors.ts';

/**
 * Counts what is under way by whose it is, so that nobody takes all there is. Of one key there is never more than `max`.
 */
export class UnderWay {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Whether there was room for one more; then `end` is called once, when it is over. */
  begin(key: string): boolean {
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#max) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  end(key: string): void {
    const left = (this.#counts.get(key) ?? 1) - 1;
    if (left === 0) this.#counts.delete(key);
    else this.#counts.set(key, left);
  }
}

/** The requests under way of each principal, streams among them. */
export class Callers {
  readonly #max: number;
  readonly #underWay: UnderWay;

  constructor(max: number) {
    this.#max = max;
    this.#underWay = new UnderWay(max);
  }

  /** The refusal where too much of a principal is under way already; else `end` is called once, when this is over. */
  begin(principal: string): Refusal | undefined {
    return this.#underWay.begin(principal)
      ? undefined
      : refuse(
          'rate_limited',
          `${this.#max} requests and streams of yours are under way, which is the limit. Nothing was stored. Close some that nobody reads, or call again in a second.`,
          { retry_after_s: 1, underWayMax: this.#max },
        );
  }

  end(principal: string): void {
    this.#underWay.end(principal);
  }
}
