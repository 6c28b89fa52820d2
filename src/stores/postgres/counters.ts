import {
  type Counters,
  type Slot,
  type Taken,
  type Taking,
  slotMs,
  takeFrom,
  windowMs,
} from '../../journal/counters.ts';
import { StoreFailure } from '../../journal/store.ts';
import { refuse } from '../../kernel/errors.ts';
import { trustedJson } from '../../kernel/json.ts';
import type { Database } from './database.ts';

/**
 * Counters in a table that the server does not sync. Whoever takes says which version of the counter it has seen, and
 * begins again when that is no longer the current one, so that no two takings are given the same. Those of one process
 * come one after the other, for each key.
 */
export class PostgresCounters implements Counters {
  readonly #database: Database;
  readonly #journal: number;
  readonly #turns = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(database: Database, journal: number) {
    this.#database = database;
    this.#journal = journal;
  }

  readonly take = async (taking: Taking): Promise<Taken> => {
    const earlier = this.#turns.get(taking.key);
    const turn = Promise.allSettled([earlier]).then(() => this.#take(taking));
    this.#turns.set(taking.key, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(taking.key) === turn) this.#turns.delete(taking.key);
    }
  };

  close(): void {
    this.#closed = true;
  }

  async #take(taking: Taking): Promise<Taken> {
    for (;;) {
      if (this.#closed) throw new StoreFailure(refuse('stopping', 'These counters were closed.'));
      const { statements } = this.#database;
      const [row] = await this.#database.read(statements.readCounter, [this.#journal, taking.key]);
      const before: readonly Slot[] = row === undefined ? [] : trustedJson(String(row[1]));
      const { taken, slots } = takeFrom(before, taking);
      if (taking.wanted === 0 || (await this.#write(taking, { version: row?.[0], slots }))) return taken;
    }
  }

  /** False when somebody else has taken in between. What was done before a connection broke counts twice at worst. */
  async #write(
    { key, now }: Taking,
    { version, slots }: { readonly version: unknown; readonly slots: readonly Slot[] },
  ): Promise<boolean> {
    const { statements } = this.#database;
    const kept = [JSON.stringify(slots), (slots.at(-1)?.at ?? now) + slotMs + windowMs];
    const rows =
      version === undefined
        ? await this.#database.read(statements.makeCounter, [this.#journal, key, ...kept, now])
        : await this.#database.read(statements.writeCounter, [this.#journal, key, version, ...kept]);
    return rows.length > 0;
  }
}
