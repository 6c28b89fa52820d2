import type { Database, Session } from './database.ts';
import { backoffMs, rest } from './session.ts';

/** How often the session is looked at while it holds offices, so that one that is dead is noticed. */
const lookMs = 5_000;

const take = { name: 'take_office', text: 'select pg_try_advisory_lock($1)' };
const give = { name: 'give_office', text: 'select pg_advisory_unlock($1)' };
const alive = { name: 'alive', text: 'select 1' };

/** An office that this process holds. */
export interface Held {
  readonly lost: Promise<void>;
  readonly resign: () => Promise<void>;
}

/**
 * The offices that one process holds: advisory locks of a connection that has no other work, which the server takes
 * back when that ends. Within the process they are told apart here, for one connection may take its own lock twice.
 *
 * When the connection is lost, the locks are taken again over a new one. An office that somebody else has by then, or
 * that cannot be had again in time, is lost, and its holder hears so.
 */
export class Offices {
  readonly #database: Database;
  /** By the number of the lock: how to tell the holder that it is lost. */
  readonly #held = new Map<string, () => void>();
  readonly #closing = new AbortController();
  #session: Promise<Session> | undefined;
  #current: Session | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Undefined when somebody holds it, or when the server cannot be asked. */
  async take(lock: string): Promise<Held | undefined> {
    if (this.#held.has(lock) || this.#closing.signal.aborted) return undefined;
    const lost = Promise.withResolvers<void>();
    this.#held.set(lock, lost.resolve);
    if (!(await this.#lock(lock))) {
      this.#held.delete(lock);
      return undefined;
    }
    return {
      lost: lost.promise,
      resign: async () => {
        if (this.#held.get(lock) === lost.resolve) await this.#resign(lock);
      },
    };
  }

  close(): void {
    this.#closing.abort();
    this.#held.clear();
    this.#current?.close();
  }

  async #lock(lock: string): Promise<boolean> {
    try {
      const session = await (this.#session ??= this.#connected());
      const [row] = await session.ask(take, [lock]);
      return row?.[0] === true;
    } catch {
      // Whoever reads or appends hears what is wrong. Who asked for an office stands again.
      return false;
    }
  }

  async #resign(lock: string): Promise<void> {
    try {
      await this.#current?.ask(give, [lock]);
    } catch {
      // The connection is lost, and the office with it.
    }
    this.#held.delete(lock);
  }

  async #connected(): Promise<Session> {
    try {
      const session = await this.#database.session();
      this.#current = session;
      void session.ended.then(() => this.#ended(session));
      void this.#attend(session);
      return session;
    } catch (thrown) {
      this.#session = undefined;
      throw thrown;
    }
  }

  async #attend(session: Session): Promise<void> {
    const over = new AbortController();
    void session.ended.then(() => over.abort());
    for (;;) {
      await rest(lookMs, over.signal);
      if (over.signal.aborted) return;
      try {
        await session.ask(alive);
      } catch {
        session.close();
      }
    }
  }

  async #ended(session: Session): Promise<void> {
    this.#session = undefined;
    this.#current = undefined;
    const held = [...this.#held.keys()];
    if (held.length === 0 || this.#closing.signal.aborted) return;
    const deadline = performance.now() + this.#database.patienceMs;
    for (let attempts = 0; !this.#closing.signal.aborted; attempts += 1) {
      try {
        // The server may not have noticed, and would keep the locks from ourselves.
        if (await this.#database.isOver(session.backend)) return await this.#regain(held);
      } catch {
        // Not yet.
      }
      if (performance.now() >= deadline) return this.#lose(held);
      await rest(backoffMs(attempts), this.#closing.signal);
    }
  }

  async #regain(held: readonly string[]): Promise<void> {
    for (const lock of held) {
      if (this.#held.has(lock) && !(await this.#lock(lock))) this.#lose([lock]);
    }
  }

  #lose(held: readonly string[]): void {
    for (const lock of held) {
      const tell = this.#held.get(lock);
      this.#held.delete(lock);
      tell?.();
    }
  }
}
