import { randomUUID } from 'node:crypto';
import type { Office } from '../../journal/store.ts';
import type { JournalKeys } from './keys.ts';
import { verdictOf } from './replies.ts';
import type { Server } from './server.ts';

/** How often an office is renewed within the time for which it holds. */
const renewalsPerTerm = 4;

interface Held {
  readonly key: string;
  readonly token: string;
}

/**
 * An office is a key that vanishes by itself unless it is renewed: it is free again at most `termMs` after its holder
 * died. A holder that could not renew it for that long, and found another one then, has lost it without being told, as
 * offices are best effort.
 */
export class Offices {
  readonly #server: Server;
  readonly #keys: JournalKeys;
  readonly #termMs: number;
  readonly #held = new Set<Held>();
  #renewing: NodeJS.Timeout | undefined;

  constructor(server: Server, keys: JournalKeys, termMs: number) {
    this.#server = server;
    this.#keys = keys;
    this.#termMs = termMs;
  }

  /** Undefined when somebody else holds it, or when that could not be established. */
  async take(name: string): Promise<Office | undefined> {
    const held = { key: this.#keys.office(name), token: randomUUID() };
    const taken = await this.#server.run(['SET', held.key, held.token, 'NX', 'PX', String(this.#termMs)]);
    if (!taken.ok || taken.value !== 'OK') return undefined;
    this.#held.add(held);
    this.#renewing ??= setInterval(() => void this.#renew(), this.#termMs / renewalsPerTerm).unref();
    return { resign: () => this.#resign(held) };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held].map((held) => this.#resign(held)));
  }

  async #renew(): Promise<void> {
    const renewals = [...this.#held].map(async (held) => {
      const renewed = await this.#server.call('renew', [held.key], [held.token, String(this.#termMs)]);
      if (renewed.ok && verdictOf(renewed.value).verdict === 'lost') this.#forget(held);
    });
    await Promise.all(renewals);
  }

  async #resign(held: Held): Promise<void> {
    if (this.#forget(held)) await this.#server.call('resign', [held.key], [held.token]);
  }

  #forget(held: Held): boolean {
    const known = this.#held.delete(held);
    if (this.#held.size === 0) {
      clearInterval(this.#renewing);
      this.#renewing = undefined;
    }
    return known;
  }
}
