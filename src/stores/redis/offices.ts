import { randomUUID } from 'node:crypto';
import type { Office } from '../../journal/store.ts';
import type { JournalKeys } from './keys.ts';
import { verdictOf } from './replies.ts';
import type { Server } from './server.ts';

/** How often an office is renewed within the time for which it holds. */
const renewalsPerTerm = 4;

/** An office that can be lost: when it could not be renewed, somebody else may hold it. */
interface TermOffice extends Office {
  readonly lost: Promise<void>;
}

interface Held {
  readonly key: string;
  readonly token: string;
  readonly lost: PromiseWithResolvers<void>;
  /** When the last renewal that worked was begun; the server counts the term from later on. */
  renewedAt: number;
}

/**
 * An office is a key that vanishes by itself unless it is renewed: it is free again at most `termMs` after its holder
 * died. A holder that cannot renew it gives it up before anybody else can have it.
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
  async take(name: string): Promise<TermOffice | undefined> {
    const lost = Promise.withResolvers<void>();
    const held = { key: this.#keys.office(name), token: randomUUID(), lost, renewedAt: performance.now() };
    const taken = await this.#server.run(['SET', held.key, held.token, 'NX', 'PX', String(this.#termMs)]);
    if (!taken.ok || taken.value !== 'OK') return undefined;
    this.#held.add(held);
    this.#renewing ??= setInterval(() => {
      for (const one of this.#held) void this.#renew(one);
    }, this.#pauseMs).unref();
    return { resign: () => this.#resign(held), lost: lost.promise };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held].map((held) => this.#resign(held)));
  }

  get #pauseMs(): number {
    return this.#termMs / renewalsPerTerm;
  }

  async #renew(held: Held): Promise<void> {
    const now = performance.now();
    // The next time would be too late.
    if (now + this.#pauseMs >= held.renewedAt + this.#termMs) return this.#lose(held);
    const renewed = await this.#server.call('renew', [held.key], [held.token, String(this.#termMs)]);
    if (!renewed.ok) return;
    if (verdictOf(renewed.value).verdict === 'held') held.renewedAt = now;
    else this.#lose(held);
  }

  #lose(held: Held): void {
    // What is left of it, should the server still hear of that.
    void this.#resign(held);
    held.lost.resolve();
  }

  async #resign(held: Held): Promise<void> {
    if (!this.#held.delete(held)) return;
    if (this.#held.size === 0) {
      clearInterval(this.#renewing);
      this.#renewing = undefined;
    }
    await this.#server.call('resign', [held.key], [held.token]);
  }
}
