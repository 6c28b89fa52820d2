import { type Outcome, ok, refuse } from '../kernel/errors.ts';

export interface StreamLimits {
  readonly streamsMax: number;
  readonly streamsPerPrincipalMax: number;
}

/** Counts the streams that are open to listen, and lets no more in than there may be. */
export class OpenStreams {
  readonly #limits: StreamLimits;
  readonly #advice: string;
  readonly #byPrincipal = new Map<string, number>();
  #open = 0;

  /** `advice`: what who is refused should do, as a sentence. */
  constructor(limits: StreamLimits, advice: string) {
    this.#limits = limits;
    this.#advice = advice;
  }

  /** Lets one more in; the result is called once, when it is over. */
  admit(principal: string): Outcome<() => void> {
    const { streamsMax, streamsPerPrincipalMax } = this.#limits;
    const mine = this.#byPrincipal.get(principal) ?? 0;
    if (mine >= streamsPerPrincipalMax || this.#open >= streamsMax) {
      return refuse(
        'overloaded',
        `${mine} streams of yours are open to listen, ${this.#open} in all, and there may be ${streamsPerPrincipalMax} and ${streamsMax}. ${this.#advice}`,
        { streamsMax, streamsPerPrincipalMax },
      );
    }
    this.#byPrincipal.set(principal, mine + 1);
    this.#open += 1;
    return ok(() => this.#leave(principal));
  }

  #leave(principal: string): void {
    const left = (this.#byPrincipal.get(principal) ?? 1) - 1;
    if (left === 0) this.#byPrincipal.delete(principal);
    else this.#byPrincipal.set(principal, left);
    this.#open -= 1;
  }
}
