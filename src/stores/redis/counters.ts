import { type Counters, type Slot, type Taken, type Taking, takeFrom } from '../../journal/counters.ts';
import { StoreFailure } from '../../journal/store.ts';
import { refuse } from '../../kernel/errors.ts';
import { trustedJson } from '../../kernel/json.ts';
import { storeFailure } from './failures.ts';
import type { JournalKeys } from './keys.ts';
import { verdictOf } from './replies.ts';
import type { Server } from './server.ts';

/** Somebody was faster each time. Among so many tries one always succeeds, unless hundreds count the same. */
const triesMax = 200;

/** Counters as keys that vanish when nothing in them counts any more. */
export class RedisCounters implements Counters {
  readonly #server: Server;
  readonly #keys: JournalKeys;
  #closed = false;

  constructor(server: Server, keys: JournalKeys) {
    this.#server = server;
    this.#keys = keys;
  }

  readonly take = async (taking: Taking): Promise<Taken> => {
    if (this.#closed) throw new StoreFailure(refuse('stopping', 'These counters were closed.'));
    const key = this.#keys.counter(taking.key);
    const read = await this.#server.read(['GET', key]);
    if (!read.ok) throw storeFailure(read);
    let there = typeof read.value === 'string' ? read.value : '';
    for (let tries = 0; tries < triesMax; tries += 1) {
      const { taken, slots } = takeFrom(slotsOf(there), taking);
      if (taking.wanted === 0) return taken;
      const next = slots.length === 0 ? '' : JSON.stringify(slots.map(({ at, taken: count }) => [at, count]));
      const keptMs = String(Math.max(1, taken.clearInMs));
      const outcome = await this.#server.call('exchange', [key], [there, next, keptMs]);
      if (!outcome.ok) throw storeFailure(outcome);
      const { verdict, rest } = verdictOf(outcome.value);
      if (verdict === 'exchanged') return taken;
      there = typeof rest[0] === 'string' ? rest[0] : '';
    }
    throw new StoreFailure(refuse('storage_busy', 'Too many count the same at once. Try again.'));
  };

  close(): void {
    this.#closed = true;
  }
}

/** What is there was written by `take`. */
const slotsOf = (text: string): readonly Slot[] => {
  if (text === '') return [];
  const pairs: readonly (readonly [number, number])[] = trustedJson(text);
  return pairs.map(([at, taken]) => ({ at, taken }));
};
