import { randomUUID } from 'node:crypto';
import { present } from '../kernel/assert.ts';
import type { Entry, Seq } from '../kernel/entry.ts';
import { type Outcome, type Refusal, ok } from '../kernel/errors.ts';
import { chainLink, chainStart } from './chain.ts';
import type { Codec } from './codec.ts';
import { EntryCache } from './entry-cache.ts';
import type { Head } from './head.ts';
import { corrupt, damageOf, isFinal, neverSent, notStored, shortened, unknownOutcome } from './refusals.ts';
import { type LinkedRow, type Store, StoreFailure, type StoredRow } from './store.ts';

/**
 * - `appended`: durable.
 * - `moved`: others were faster, nothing was stored; what they wrote has gone to the sink.
 * - `refused`: established that nothing was stored, and why.
 * - `unknown`: not established. The entries may still turn up.
 */
export type AppendResult =
  | { readonly kind: 'appended' }
  | { readonly kind: 'moved' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'unknown'; readonly refusal: Refusal };

/** Is handed every entry once, in order and in whole units, in the same instant in which `head` moves over it. */
export type Sink = (entries: readonly Entry[]) => void;

const pageRows = 5_000;

/** A reading of single entries that has not begun yet. */
interface Reading {
  readonly wanted: Set<Seq>;
  readonly entries: Promise<ReadonlyMap<Seq, Entry>>;
}

interface Pending {
  readonly batch: string;
  readonly rows: readonly StoredRow[];
  readonly entries: readonly Entry[];
}

/** The first four of the five parts of a batch id. */
const writerOf = (batch: string): string => batch.slice(0, 23);

/** A journal as one process sees it: verified, decoded, and read up to `head`, where a unit ends. */
export class Journal {
  readonly store: Store;
  /** `<journal id>.<generation>`: cursors carry it, so that one of another history is recognised. */
  readonly history: string;
  readonly codec: Codec;
  readonly #sink: Sink;
  #cache = new EntryCache();
  #head: Head;
  /** Where the last unit ends that was read, as its first entry says. */
  #unitEnd: Seq = 0;
  /** The append under way. A read may meet its rows before its answer is here. */
  #pending: Pending | undefined;
  /** What this opening of the journal is called; with a number, that is the id of a batch. */
  readonly #writer = writerOf(randomUUID());
  #batches = 0;
  #otherWriter = '';
  #reading: Reading | undefined;

  /** Begins behind `from`, or at the very beginning. */
  constructor(
    store: Store,
    codec: Codec,
    { from, sink }: { readonly from?: Head | undefined; readonly sink: Sink },
  ) {
    this.store = store;
    this.history = `${store.identity.id}.${store.identity.generation}`;
    this.codec = codec;
    this.#sink = sink;
    this.#head = from ?? { seq: 0, chain: chainStart(store.identity.id) };
  }

  get head(): Head {
    return this.#head;
  }

  /** Which other opening of the journal, in most cases another process, wrote the last entries that were not written here. */
  get otherWriter(): string {
    return this.#otherWriter;
  }

  /** The version in which events of this type are written. */
  versionOf(type: string): number {
    return this.codec.versionOf(type) ?? 1;
  }

  /** Has no text under these keys any more; whether any was seen. */
  condemn(keys: readonly string[]): boolean {
    const seen = this.codec.sealer?.condemn(keys) ?? false;
    if (seen) this.#cache = new EntryCache();
    return seen;
  }

  /** Reads up to the store's head; everything new has gone to the sink. Throws `StoreFailure`. */
  async catchUp(): Promise<void> {
    for (;;) {
      // An append of our own may move on while the store is asked: only what was known before can have been lost.
      const known = this.#head.seq;
      const head = await this.store.head();
      if (head < known) throw new StoreFailure(shortened(known));
      for (let isMore = true; isMore; ) {
        if (head <= this.#head.seq) return;
        const rows = await this.store.read(this.#head.seq, pageRows);
        await this.#follow(rows);
        isMore = rows.length > 0;
      }
    }
  }

  /**
   * Moves over rows that were read, to where a unit ends: what is folded is never half a change. The rest of a unit that they
   * only begin is read as well; a batch is stored whole or not at all, so that it is there, or the journal is damaged.
   */
  async #follow(rows: readonly StoredRow[]): Promise<void> {
    await this.#accept(rows);
    const last = rows.at(-1);
    if (last === undefined || last.seq <= this.#head.seq) return;
    const rest = await this.store.read(last.seq, pageRows);
    if (rest.length === 0 && last.seq > this.#head.seq)
      throw new StoreFailure(incomplete(last.seq, this.#unitEnd));
    await this.#follow([...rows.filter(({ seq }) => seq > this.#head.seq), ...rest]);
  }

  /** The entries with these sequence numbers, in that order; at once where none has to be read. Throws `StoreFailure`. */
  entriesAt(seqs: readonly Seq[]): readonly Entry[] | Promise<readonly Entry[]> {
    const known: Entry[] = [];
    for (const seq of seqs) {
      const entry = this.#cache.get(seq);
      if (entry === undefined) return this.#fetch(seqs);
      known.push(entry);
    }
    return known;
  }

  async #fetch(seqs: readonly Seq[]): Promise<readonly Entry[]> {
    const found = new Map<Seq, Entry>();
    const missing: Seq[] = [];
    for (const seq of seqs) {
      const cached = this.#cache.get(seq);
      if (cached === undefined) missing.push(seq);
      else found.set(seq, cached);
    }
    const read = await this.#readTogether(missing);
    return seqs.map((seq) => present(found.get(seq) ?? read.get(seq), `entry ${seq} was read`));
  }

  /**
   * Up to `limit` entries behind `from`, and where they end, for whoever follows at a pace of its own. Throws
   * `StoreFailure`, also when what is there does not follow from `from`.
   */
  async entriesAfter(
    from: Head,
    limit: number,
  ): Promise<{ readonly entries: readonly Entry[]; readonly head: Head }> {
    const rows = await this.store.read(from.seq, limit);
    return this.#decoded(
      () => this.#read(rows, from),
      (page) => page,
    );
  }

  /** Whether this journal has come by `head`: there is such an entry, with just these before it. Throws `StoreFailure`. */
  async hasPassed({ seq, chain }: Head): Promise<boolean> {
    if (seq === 0) return chain === chainStart(this.store.identity.id);
    return seq <= (await this.store.head()) && (await this.store.readAt([seq]))[0]?.chain === chain;
  }

  /** All who want entries at the same moment get them from one reading. */
  #readTogether(seqs: readonly Seq[]): Promise<ReadonlyMap<Seq, Entry>> {
    const reading = (this.#reading ??= this.#beginReading());
    for (const seq of seqs) reading.wanted.add(seq);
    return reading.entries;
  }

  #beginReading(): Reading {
    const wanted = new Set<Seq>();
    const read = async (): Promise<ReadonlyMap<Seq, Entry>> => {
      await Promise.resolve();
      this.#reading = undefined;
      const rows = await this.store.readAt([...wanted]);
      return this.#decoded(
        () => this.#scattered(rows),
        (entries) => {
          for (const [i, entry] of entries.entries()) this.#cache.put(entry, rows[i]?.text.length ?? 0);
          return new Map(entries.map((entry) => [entry.seq, entry]));
        },
      );
    };
    return { wanted, entries: read() };
  }

  /**
   * Appends behind `head`; the entries are numbered from there. Calls must not overlap. Throws `StoreFailure` when what
   * others wrote cannot be read; nothing was stored then.
   */
  async append(entries: readonly Entry[]): Promise<AppendResult> {
    const expected = this.#head;
    const preparing = this.codec.sealer?.prepare(entries);
    if (preparing !== undefined) {
      await preparing;
      if (this.#head !== expected) return { kind: 'moved' };
    }
    this.#batches += 1;
    const batch = `${this.#writer}-${this.#batches.toString(16).padStart(12, '0')}`;
    const rows = this.#rowsOf(entries, { head: expected, batch });
    const pending = { batch, rows, entries };
    this.#pending = pending;
    const outcome = await this.store.append({ expected: expected.seq, link: expected.chain, batch, rows });
    this.#pending = undefined;
    const missed = outcome.kind === 'moved' ? outcome.missed : [];
    if (missed[0]?.batch === batch) {
      // It was stored after all, by an attempt of the store's own that the store forgot.
      this.#adopt(pending);
      await this.#follow(missed);
      return { kind: 'appended' };
    }
    switch (outcome.kind) {
      case 'appended':
        this.#adopt(pending);
        return { kind: 'appended' };
      case 'moved':
        await this.#follow(outcome.missed);
        return { kind: 'moved' };
      case 'refused':
        return { kind: 'refused', refusal: neverSent(outcome.code, outcome.reason) };
      case 'unknown':
        return this.#lookFor(pending, notStored(outcome.code, outcome.reason));
    }
  }

  /** After an append of unknown fate: looks for its batch id before anything else is done. */
  async #lookFor(pending: Pending, cause: Refusal): Promise<AppendResult> {
    const first = pending.rows[0];
    if (first === undefined) return { kind: 'appended' };
    let found: readonly StoredRow[];
    try {
      found = await this.store.read(first.seq - 1, pending.rows.length);
    } catch (failure) {
      if (!(failure instanceof StoreFailure) || isFinal(failure.refusal)) throw failure;
      return { kind: 'unknown', refusal: unknownOutcome(failure.refusal) };
    }
    if (found[0]?.batch === first.batch) {
      this.#adopt(pending);
      return { kind: 'appended' };
    }
    if (found.length > 0) {
      await this.#follow(found);
      return { kind: 'moved' };
    }
    return cause.code === 'outcome_unknown'
      ? { kind: 'unknown', refusal: unknownOutcome(cause) }
      : { kind: 'refused', refusal: cause };
  }

  #rowsOf(
    entries: readonly Entry[],
    { head, batch }: { readonly head: Head; readonly batch: string },
  ): StoredRow[] {
    let { chain } = head;
    return entries.map((entry) => {
      const text = this.codec.encode(entry);
      chain = chainLink(chain, text);
      return { seq: entry.seq, batch, text, chain };
    });
  }

  /** Moves over the whole units of rows that were read. Those up to `head` are known already. */
  #accept(rows: readonly StoredRow[]): void | Promise<void> {
    if (this.#pending !== undefined && rows[0]?.batch === this.#pending.batch) this.#adopt(this.#pending);
    return this.#decoded(
      () => this.#read(rows, this.#head),
      ({ entries, head }) => {
        const writer = writerOf(rows.at(-1)?.batch ?? '');
        if (entries.length > 0 && writer !== this.#writer) this.#otherWriter = writer;
        const begun = entries.findLastIndex(({ cause }) => cause.size !== undefined);
        const first = entries[begun];
        if (first !== undefined) this.#unitEnd = first.seq - 1 + (first.cause.size ?? 1);
        if (first === undefined || this.#unitEnd <= head.seq) return this.#advance(head, entries);
        const before = rows.findLast(({ seq }) => seq < first.seq);
        if (before !== undefined && begun > 0) this.#advance(before, entries.slice(0, begun));
      },
    );
  }

  /**
   * What `use` makes of what `read` has decoded, in the same instant. When keys were lacking, they are looked for and it
   * is read once more: they were there before anything was written under them.
   */
  #decoded<T, U>(read: () => T, use: (decoded: T) => U): U | Promise<U> {
    const again = (): U | Promise<U> => this.#decoded(read, use);
    let decoded: T;
    try {
      decoded = read();
    } catch (failure) {
      if (!(failure instanceof StoreFailure)) throw failure;
      return this.codec.learn(failure.refusal).then((learnt) => {
        if (!learnt) throw failure;
        return again();
      });
    }
    const { sealer } = this.codec;
    return sealer?.lacksKeys === true ? sealer.findKeys().then(again) : use(decoded);
  }

  /** The entries of rows that lie anywhere, each verified by the one before it. */
  #scattered(rows: readonly LinkedRow[]): readonly Entry[] {
    for (const row of rows) {
      const chain = row.before ?? chainStart(this.store.identity.id);
      const damage = damageOf(row, { seq: row.seq - 1, chain });
      if (damage !== undefined) throw new StoreFailure(damage);
    }
    return valueOf(this.codec.decodeAll(rows));
  }

  /** The entries of rows that come behind `from`, verified, and where they end. */
  #read(rows: readonly StoredRow[], from: Head): { readonly entries: readonly Entry[]; readonly head: Head } {
    const fresh = rows.filter(({ seq }) => seq > from.seq);
    let head = from;
    for (const row of fresh) {
      const damage = damageOf(row, head);
      if (damage !== undefined) throw new StoreFailure(damage);
      head = row;
    }
    return { entries: valueOf(this.codec.decodeAll(fresh)), head: { seq: head.seq, chain: head.chain } };
  }

  /** Moves over rows of our own making, which need neither check nor decoding. They are durable all or none. */
  #adopt({ rows, entries }: Pending): void {
    const last = rows.at(-1);
    if (last !== undefined && last.seq > this.#head.seq) this.#advance(last, entries);
  }

  #advance({ seq, chain }: Head, entries: readonly Entry[]): void {
    this.#head = { seq, chain };
    if (entries.length > 0) this.#sink(entries);
  }
}

const valueOf = <T>(decoded: Outcome<T>): T => {
  if (decoded.ok) return decoded.value;
  throw new StoreFailure(decoded);
};

/** A journal that was read from its first entry to its last. */
export interface Verified {
  readonly entries: number;
  /** The link at the last entry. */
  readonly chain: string;
  /** The link at the entry that was asked for; undefined when the journal does not come to it. */
  readonly linkAt: string | undefined;
}

/**
 * Reads a whole journal, computing its chain, and names the first bad entry; the number of good ones when there is none.
 * `at`: the entry whose link is wanted, 0 = the start of the chain.
 */
export const verify = async (store: Store, at: Seq = 0): Promise<Outcome<Verified>> => {
  let head: Head = { seq: 0, chain: chainStart(store.identity.id) };
  let linkAt = at === 0 ? head.chain : undefined;
  try {
    for (;;) {
      const rows = await store.read(head.seq, pageRows);
      if (rows.length === 0) return ok({ entries: head.seq, chain: head.chain, linkAt });
      for (const row of rows) {
        const damage = damageOf(row, head);
        if (damage !== undefined) return damage;
        head = { seq: row.seq, chain: row.chain };
        if (row.seq === at) linkAt = row.chain;
      }
    }
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  }
};

/** The entry that is missing where entries end inside a unit. */
export const tornEnd = (entries: readonly Entry[]): Refusal | undefined => {
  const first = entries.findLast(({ cause }) => cause.size !== undefined);
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const end = first.seq - 1 + (first.cause.size ?? 1);
  return end > last.seq ? incomplete(last.seq, end) : undefined;
};

const incomplete = (head: Seq, end: Seq): Refusal =>
  corrupt(head + 1, `it is missing; the unit that has begun goes on to ${end}`);
