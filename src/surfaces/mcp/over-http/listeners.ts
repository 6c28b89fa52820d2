import type { ServerResponse } from 'node:http';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { whenOver } from './exchange.ts';
import type { Limits } from './limits.ts';

/** Counts the streams that are open to listen, and lets no more in than there may be. */
export class Listeners {
  readonly #limits: Limits;
  readonly #byPrincipal = new Map<string, number>();
  #open = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  admit(principal: string, response: ServerResponse): Outcome<true> {
    const { listenStreamsMax, listenStreamsPerPrincipalMax } = this.#limits;
    const mine = this.#byPrincipal.get(principal) ?? 0;
    if (mine >= listenStreamsPerPrincipalMax || this.#open >= listenStreamsMax) {
      return refuse(
        'overloaded',
        `${mine} streams of yours are open to listen, ${this.#open} in all, and there may be ${listenStreamsPerPrincipalMax} and ${listenStreamsMax}. Close one that nobody reads, or read the resource again now and then instead.`,
        { streamsMax: listenStreamsMax, streamsPerPrincipalMax: listenStreamsPerPrincipalMax },
      );
    }
    this.#byPrincipal.set(principal, mine + 1);
    this.#open += 1;
    whenOver(response, () => this.#leave(principal));
    return ok(true);
  }

  #leave(principal: string): void {
    const left = (this.#byPrincipal.get(principal) ?? 1) - 1;
    if (left === 0) this.#byPrincipal.delete(principal);
    else this.#byPrincipal.set(principal, left);
    this.#open -= 1;
  }
}
