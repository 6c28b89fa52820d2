import { randomUUID } from 'node:crypto';
import { present } from '../kernel/assert.ts';
import type { Entry, Seq } from '../kernel/entry.ts';
import { type ErrorCode, type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import { chainLink, chainStart } from './chain.ts';
import type { Codec } from './codec.ts';
import { EntryCache } from './entry-cache.ts';
import { type Store, StoreFailure, type StoredRow } from './store.ts';

/** How far a reader of the journal has come. */
export interface Head {
  readonly seq: Seq;
  /** The link of the hash chain at `seq`. */
  readonly chain: string;
}

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

/** Is handed every entry once, in order, in the same instant in which `head` moves over it. */
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

/** A journal as one process sees it: verified, decoded, and read up to `head`. */
export class Journal {
  readonly store: Store;
  readonly #codec: Codec;
  readonly #sink: Sink;
  readonly #cache = new EntryCache();
  #head: Head;
  /** The append under way. A read may meet its rows before its answer is here. */
  #pending: Pending | undefined;
  #reading: Reading | undefined;

  /** Begins behind `from`, or at the very beginning. */
  constructor(
    store: Store,
    codec: Codec,
    { from, sink }: { readonly from?: Head | undefined; readonly sink: Sink },
  ) {
    this.store = store;
    this.#codec = codec;
    this.#sink = sink;
    this.#head = from ?? { seq: 0, chain: chainStart(store.identity.id) };
  }

  get head(): Head {
    return this.#head;
  }

  /** `<journal id>.<generation>`: cursors carry it, so that one of another history is recognised. */
  get history(): string {
    return `${this.store.identity.id}.${this.store.identity.generation}`;
  }

  /** The version in which events of this type are written. */
  versionOf(type: string): number {
    return this.#codec.versionOf(type) ?? 1;
  }

  /** Reads up to the store's head; everything new has gone to the sink. Throws `StoreFailure`. */
  async catchUp(): Promise<void> {
    for (;;) {
      // An append of our own may move on while the store is asked: only what was known before can have been lost.
      const known = this.#head.seq;
      const head = await this.store.head();
      if (head < known) throw new StoreFailure(shortened(known));
      if (head <= this.#head.seq) return;
      this.#accept(await this.store.read(this.#head.seq, pageRows));
    }
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
    return this.#read(await this.store.read(from.seq, limit), from);
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
      const entries = new Map<Seq, Entry>();
      for (const row of await this.store.readAt([...wanted])) {
        const chain = row.before ?? chainStart(this.store.identity.id);
        const damage = damageOf(row, { seq: row.seq - 1, chain });
        if (damage !== undefined) throw new StoreFailure(damage);
        const entry = valueOf(this.#codec.decode(row.text));
        entries.set(row.seq, entry);
        this.#cache.put(entry, row.text.length);
      }
      return entries;
    };
    return { wanted, entries: read() };
  }

  /**
   * Appends behind `head`; the entries are numbered from there. Calls must not overlap. Throws `StoreFailure` when what
   * others wrote cannot be read; nothing was stored then.
   */
  async append(entries: readonly Entry[]): Promise<AppendResult> {
    const expected = this.#head;
    const batch = randomUUID();
    const rows = this.#rowsOf(entries, { head: expected, batch });
    const pending = { batch, rows, entries };
    this.#pending = pending;
    const outcome = await this.store.append({ expected: expected.seq, link: expected.chain, batch, rows });
    this.#pending = undefined;
    const missed = outcome.kind === 'moved' ? outcome.missed : [];
    if (missed[0]?.batch === batch) {
      // It was stored after all, by an attempt of the store's own that the store forgot.
      this.#adopt(pending);
      this.#accept(missed);
      return { kind: 'appended' };
    }
    switch (outcome.kind) {
      case 'appended':
        this.#adopt(pending);
        return { kind: 'appended' };
      case 'moved':
        this.#accept(outcome.missed);
        return { kind: 'moved' };
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
      this.#accept(found);
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
      const text = this.#codec.encode(entry);
      chain = chainLink(chain, text);
      return { seq: entry.seq, batch, text, chain };
    });
  }

  /** Moves over rows that were read. Those up to `head` are known already. */
  #accept(rows: readonly StoredRow[]): void {
    if (this.#pending !== undefined && rows[0]?.batch === this.#pending.batch) this.#adopt(this.#pending);
    const { entries, head } = this.#read(rows, this.#head);
    this.#advance(head, entries);
  }

  /** The entries of rows that come behind `from`, verified, and where they end. */
  #read(rows: readonly StoredRow[], from: Head): { readonly entries: Entry[]; readonly head: Head } {
    const entries: Entry[] = [];
    let head = from;
    for (const row of rows) {
      if (row.seq <= head.seq) continue;
      const damage = damageOf(row, head);
      if (damage !== undefined) throw new StoreFailure(damage);
      entries.push(valueOf(this.#codec.decode(row.text)));
      head = { seq: row.seq, chain: row.chain };
    }
    return { entries, head };
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

/** The refusal for the first thing that is wrong with a row, given what came before it. */
export const damageOf = (row: StoredRow, before: Head): Refusal | undefined => {
  if (row.seq !== before.seq + 1) return corrupt(before.seq + 1, `it is missing; the next one is ${row.seq}`);
  if (row.chain !== chainLink(before.chain, row.text))
    return corrupt(row.seq, 'its bytes do not fit the hash chain');
  return undefined;
};

const corrupt = (seq: Seq, what: string): Refusal =>
  refuse(
    'journal_corrupt',
    `The journal is damaged at entry ${seq}: ${what}. Nothing was changed. Restore the latest backup, or copy the file away and ask for help.`,
    { seq },
  );

const shortened = (seq: Seq): Refusal =>
  refuse(
    'journal_corrupt',
    `The journal has become shorter: entry ${seq} was there and is gone. Nothing was changed. Restore the latest backup.`,
    { seq },
  );

/** Damage, and entries that this version cannot read, do not go away by trying again. */
export const isFinal = ({ code }: Refusal): boolean =>
  code === 'journal_corrupt' || code === 'upgrade_required';

/** What to do about an append that has failed. */
const advice: Partial<Record<ErrorCode, string>> = {
  storage_full: 'Make room on the disk and call again.',
  storage_read_only: 'Make the data directory writable and call again.',
  storage_busy: 'Call again in a moment.',
  storage_failed: 'Look at the disk, and call again.',
  journal_missing: 'Put the journal back where it was, or restart on a restored backup.',
  journal_corrupt: 'Restore the latest backup.',
};

const notStored = (code: ErrorCode, reason: string): Refusal =>
  refuse(code, `Nothing was stored: ${reason} ${advice[code] ?? 'Call again.'}`);

const unknownOutcome = (why: Refusal): Refusal =>
  refuse(
    'outcome_unknown',
    `It could not be established whether this was stored (${why.message}). Call again with the same request id; it will not be done twice.`,
    { cause: why.code },
  );

const valueOf = (decoded: Outcome<Entry>): Entry => {
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
