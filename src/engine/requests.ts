import type { Remembered } from '../journal/snapshots.ts';
import type { Entry, Seq } from '../kernel/entry.ts';
import { type Instant, dayMs } from '../kernel/instants.ts';
import { Fifo } from './fifo.ts';

const requestKeptMs = dayMs;
const requestsPerPrincipalMax = 10_000;
const requestsPerWorkspaceMax = 100_000;
export const requestIdCharactersMax = 200;

interface Speaker {
  readonly principal: string;
  readonly agent?: string | undefined;
}

interface OfPrincipal {
  /** Several only when several agents of the principal have used one id. */
  readonly byId: Map<string, readonly Remembered[]>;
  readonly order: Fifo<Remembered>;
  size: number;
}

/**
 * The calls that need not be done again, folded from the journal. Only written units are in it: refusals and reads are
 * not remembered, nor are those of which nothing came. The oldest make room, per principal and in all.
 *
 * Two agents of one principal may count their calls alike without meaning the same one. Where either side does not say
 * which agent it is, the principal decides: a repeat must be recognised also after the session has gone.
 */
export class RequestIndex {
  readonly #byPrincipal = new Map<string, OfPrincipal>();
  readonly #bySeq = new Map<Seq, Remembered>();
  readonly #order = new Fifo<Remembered>();
  readonly #voided = new WeakSet<Remembered>();
  #size = 0;

  constructor(remembered: Iterable<Remembered> = []) {
    for (const one of remembered) this.#add(one);
  }

  find({ principal, agent }: Speaker, id: string, now: Instant): Remembered | undefined {
    const all = this.#byPrincipal.get(principal)?.byId.get(id) ?? [];
    const found =
      all.find((one) => one.agent === agent) ??
      all.find((one) => one.agent === undefined || agent === undefined);
    return found !== undefined && now - found.time < requestKeptMs ? found : undefined;
  }

  fold({ seq, time, actor, cause }: Entry): void {
    const { request, size } = cause;
    if (request === undefined) return;
    const until = time - requestKeptMs;
    for (
      let first = this.#order.first;
      first !== undefined && first.time <= until;
      first = this.#order.first
    ) {
      this.#forget(this.#order.shift());
    }
    const { id, digest } = request;
    const { principal, agent } = actor;
    this.#add({ principal, ...(agent !== undefined && { agent }), id, digest, seq, size: size ?? 1, time });
  }

  /** Nothing came of the unit that begins with this entry, so its request may be made again. */
  void(seq: Seq): void {
    const one = this.#bySeq.get(seq);
    if (one === undefined) return;
    this.#voided.add(one);
    this.#forget(one);
  }

  /** Whether nothing came of a call that was remembered. */
  isVoid(one: Remembered): boolean {
    return this.#voided.has(one);
  }

  /** Oldest first, for a snapshot. */
  *all(): Iterable<Remembered> {
    for (const one of this.#order) if (this.#isCurrent(one)) yield one;
  }

  #add(one: Remembered): void {
    let own = this.#byPrincipal.get(one.principal);
    if (own === undefined) {
      own = { byId: new Map(), order: new Fifo(), size: 0 };
      this.#byPrincipal.set(one.principal, own);
    }
    const before = own.byId.get(one.id) ?? [];
    const others = before.filter(({ agent }) => agent !== one.agent);
    for (const { agent, seq } of before) if (agent === one.agent) this.#bySeq.delete(seq);
    const grown = others.length + 1 - before.length;
    own.byId.set(one.id, [...others, one]);
    this.#bySeq.set(one.seq, one);
    own.size += grown;
    this.#size += grown;
    own.order.push(one);
    this.#order.push(one);
    while (own.size > requestsPerPrincipalMax) this.#forget(own.order.shift());
    while (this.#size > requestsPerWorkspaceMax) this.#forget(this.#order.shift());
  }

  #forget(one: Remembered | undefined): void {
    const own = one && this.#byPrincipal.get(one.principal);
    if (one === undefined || own === undefined || !this.#isCurrent(one)) return;
    const others = own.byId.get(one.id)?.filter((other) => other !== one) ?? [];
    if (others.length === 0) own.byId.delete(one.id);
    else own.byId.set(one.id, others);
    this.#bySeq.delete(one.seq);
    own.size -= 1;
    this.#size -= 1;
    if (own.size === 0) this.#byPrincipal.delete(one.principal);
  }

  #isCurrent(one: Remembered): boolean {
    return this.#byPrincipal.get(one.principal)?.byId.get(one.id)?.includes(one) ?? false;
  }
}
