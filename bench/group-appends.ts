import { chainLink, chainStart } from '../src/journal/chain.ts';
import type { Store, StoredRow } from '../src/journal/store.ts';
import { assert } from '../src/kernel/assert.ts';
import { median } from './rows.ts';

const text = JSON.stringify({ filler: 'x'.repeat(280) });

/** Callers that append one row each, again and again; those that wait share the next append, as they do in an engine. */
export class GroupAppends {
  readonly #store: Store;
  #head: { readonly seq: number; readonly chain: string };
  #batches = 0;
  #waiting: (() => void)[] = [];
  #busy = false;

  /** Of an empty journal that nobody else writes. */
  constructor(store: Store) {
    this.#store = store;
    this.#head = { seq: 0, chain: chainStart(store.identity.id) };
  }

  one(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#busy) void this.#appendAll();
    });
  }

  async run({
    callers,
    runMs,
  }: {
    readonly callers: number;
    readonly runMs: number;
  }): Promise<{ readonly perSecond: number; readonly p50Us: number }> {
    const times: number[] = [];
    const began = performance.now();
    const until = began + runMs;
    const call = async (): Promise<void> => {
      while (performance.now() < until) {
        const asked = process.hrtime.bigint();
        await this.one();
        times.push(Number(process.hrtime.bigint() - asked) / 1e3);
      }
    };
    await Promise.all(Array.from({ length: callers }, call));
    return { perSecond: times.length / ((performance.now() - began) / 1_000), p50Us: median(times) };
  }

  /** So many rows more, many at once. */
  async fill(rows: number): Promise<void> {
    for (let left = rows; left > 0; left -= 1_000) await this.#append(Math.min(left, 1_000));
  }

  async #appendAll(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const answered = this.#waiting;
      this.#waiting = [];
      await this.#append(answered.length);
      for (const answer of answered) answer();
      // Those who were answered ask again, all of them for the same append.
      await new Promise((resolve) => void setImmediate(resolve));
    }
    this.#busy = false;
  }

  async #append(count: number): Promise<void> {
    const { seq: expected, chain: link } = this.#head;
    this.#batches += 1;
    const batch = `batch-${this.#batches}`;
    const rows: StoredRow[] = [];
    let { seq, chain } = this.#head;
    for (let index = 0; index < count; index += 1) {
      seq += 1;
      chain = chainLink(chain, text);
      rows.push({ seq, batch, text, chain });
    }
    const outcome = await this.#store.append({ expected, link, batch, rows });
    assert(outcome.kind === 'appended', `it is stored: ${JSON.stringify(outcome)}`);
    this.#head = { seq, chain };
  }
}
