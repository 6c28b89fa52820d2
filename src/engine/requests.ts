import type { Remembered } from '../journal/snapshots.ts';
import type { Entry } from '../kernel/entry.ts';
import { type Instant, dayMs } from '../kernel/instants.ts';
import { Fifo } from './fifo.ts';

const requestKeptMs = dayMs;
const requestsPerPrincipalMax = 10_000;
const requestsPerWorkspaceMax = 100_000;
export const requestIdCharactersMax = 200;

interface OfPrincipal {
  readonly byId: Map<string, Remembered>;
  readonly order: Fifo<Remembered>;
}

/**
 * The calls that need not be done again, folded from the journal. Only written units are in it: refusals and reads are
 * not remembered. The oldest make room, per principal and in all.
 */
export class RequestIndex {
  readonly #byPrincipal = new Map<string, OfPrincipal>();
  readonly #order = new Fifo<Remembered>();
  #size = 0;

  constructor(remembered: Iterable<Remembered> = []) {
    for (const one of remembered) this.#add(one);
  }

  find(principal: string, id: string, now: Instant): Remembered | undefined {
    const found = this.#byPrincipal.get(principal)?.byId.get(id);
    return found !== undefined && now - found.time < requestKeptMs ? found : undefined;
  }

  fold(entry: Entry): void {
    const { request, size } = entry.cause;
    if (request === undefined) return;
    const until = entry.time - requestKeptMs;
    for (
      let first = this.#order.first;
      first !== undefined && first.time <= until;
      first = this.#order.first
    ) {
      this.#forgetFirst();
    }
    const { id, digest } = request;
    this.#add({
      id,
      digest,
      principal: entry.actor.principal,
      seq: entry.seq,
      size: size ?? 1,
      time: entry.time,
    });
  }

  /** Oldest first, for a snapshot. */
  *all(): Iterable<Remembered> {
    for (const one of this.#order) if (this.#isCurrent(one)) yield one;
  }

  #add(one: Remembered): void {
    let own = this.#byPrincipal.get(one.principal);
    if (own === undefined)
      this.#byPrincipal.set(one.principal, (own = { byId: new Map(), order: new Fifo() }));
    if (!own.byId.has(one.id)) this.#size += 1;
    own.byId.set(one.id, one);
    own.order.push(one);
    this.#order.push(one);
    while (own.byId.size > requestsPerPrincipalMax) this.#forget(own.order.shift());
    while (this.#size > requestsPerWorkspaceMax) this.#forgetFirst();
  }

  #forgetFirst(): void {
    this.#forget(this.#order.shift());
  }

  #forget(one: Remembered | undefined): void {
    if (one === undefined || !this.#isCurrent(one)) return;
    const own = this.#byPrincipal.get(one.principal);
    own?.byId.delete(one.id);
    if (own?.byId.size === 0) this.#byPrincipal.delete(one.principal);
    this.#size -= 1;
  }

  #isCurrent(one: Remembered): boolean {
    return this.#byPrincipal.get(one.principal)?.byId.get(one.id) === one;
  }
}
