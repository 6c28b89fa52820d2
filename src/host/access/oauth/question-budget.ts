import { secondMs } from '../../../kernel/instants.ts';

/** How many questions may be under way at once, and how many may be asked in a second. */
const underWayMax = 20;
const perSecond = 20;

/** What whoever has failed too often leaves to all others: half of both. */
const keptBack = 0.5;

/**
 * AC41: how often an identity provider is asked about tokens that nobody has seen before, over all who show one. A
 * network that guesses has half of that at most, and is not kept from showing a good one.
 */
export class QuestionBudget {
  readonly #now: () => number;
  #underWay = 0;
  #left = perSecond;
  #countedAt: number;

  /** @param now - monotonic, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#countedAt = now();
  }

  /** Whether one more may be asked now. Whoever asks says when it is answered. */
  take(hasFailed: boolean): boolean {
    const now = this.#now();
    this.#left = Math.min(perSecond, this.#left + ((now - this.#countedAt) / secondMs) * perSecond);
    this.#countedAt = now;
    const share = hasFailed ? keptBack : 0;
    if (this.#underWay >= underWayMax * (1 - share) || this.#left < perSecond * share + 1) return false;
    this.#underWay += 1;
    this.#left -= 1;
    return true;
  }

  readonly answered = (): void => {
    this.#underWay -= 1;
  };
}
