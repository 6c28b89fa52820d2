import { randomUUID } from 'node:crypto';
import { type Counters, type Slot, takeFrom } from '../../journal/counters.ts';
import {
  type AppendOutcome,
  type AppendRequest,
  type Base,
  type JournalIdentity,
  type LinkedRow,
  type Office,
  type Store,
  type StoreCapabilities,
  StoreFailure,
  type StoreHealth,
  type StoredRow,
} from '../../journal/store.ts';
import type { SubjectKey, SubjectKeys } from '../../journal/subject-keys.ts';
import { assert } from '../../kernel/assert.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type ErrorCode, type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { nameLengthMax, namePattern } from '../../kernel/names.ts';
import { assertWellFormed, exchanged, noSuchLink } from '../append-request.ts';
import { memorySubjectKeys } from './subject-keys.ts';

/**
 * What goes wrong with an append.
 * - `stored_unknown`: the rows are stored, and the answer is lost.
 * - `lost_unknown`: the rows are not stored, and nobody can tell.
 * - `full`: the rows are not stored, for want of room.
 */
type AppendFault = 'stored_unknown' | 'lost_unknown' | 'full';

/** Faults on order, for tests of what is built on a store. */
interface MemoryFaults {
  /** The next appends meet these, one each, in order. */
  readonly appends: AppendFault[];
  /** While set, all reading throws `StoreFailure` with this code. */
  reads: ErrorCode | undefined;
  /** While set, each append waits for this before it looks at the head, as for a slow disk. */
  beforeAppend: (() => Promise<void>) | undefined;
}

/**
 * A journal in the memory of this process. Several stores on one vault behave towards each other as several processes
 * do on one file.
 */
export interface MemoryVault {
  readonly identity: JournalIdentity;
  readonly rows: StoredRow[];
  /** What stands before the first of `rows`. */
  base: Base;
  readonly offices: Set<string>;
  readonly watchers: Set<Watcher>;
  /** What counts, by key. */
  readonly counted: Map<string, readonly Slot[]>;
  readonly faults: MemoryFaults;
  readonly keys: Map<string, SubjectKey>;
  /** It has lost its place: stores that were opened on it append no more. */
  isGone: boolean;
}

interface Watcher {
  readonly store: Store;
  readonly listener: () => void;
}

export const createMemoryVault = (
  identity: JournalIdentity = { id: randomUUID(), generation: 1 },
): MemoryVault => ({
  identity,
  rows: [],
  base: { seq: 0, chain: undefined },
  offices: new Set(),
  watchers: new Set(),
  counted: new Map(),
  faults: { appends: [], reads: undefined, beforeAppend: undefined },
  keys: new Map(),
  isGone: false,
});

export const openMemoryStore = (vault: MemoryVault): Store => new MemoryStore(vault);

class MemoryStore implements Store {
  readonly capabilities: StoreCapabilities = { durable: false, shared: true };
  readonly identity: JournalIdentity;
  readonly openedAt = Date.now();
  readonly subjectKeys: SubjectKeys;
  readonly #vault: MemoryVault;
  readonly #offices = new Set<string>();
  #appending: Promise<AppendOutcome> | undefined;
  #closing: Promise<void> | undefined;

  constructor(vault: MemoryVault) {
    this.#vault = vault;
    this.identity = vault.identity;
    this.subjectKeys = memorySubjectKeys(vault.keys);
  }

  readonly head = async (): Promise<Seq> => headOf(this.#readable());

  readonly read = async (after: Seq, limit: number): Promise<readonly StoredRow[]> => {
    assert(Number.isSafeInteger(limit) && limit > 0, 'a page has a positive number of rows');
    const { rows, base } = this.#readable();
    const from = Math.max(after - base.seq, 0);
    return rows.slice(from, from + limit);
  };

  readonly readAt = async (seqs: readonly Seq[]): Promise<readonly LinkedRow[]> => {
    const { rows, base } = this.#readable();
    return seqs.map((seq) => {
      const at = seq - base.seq - 1;
      const row = rows[at];
      if (row !== undefined) return { ...row, before: at === 0 ? base.chain : rows[at - 1]?.chain };
      throw new StoreFailure(refuse('journal_corrupt', `The journal in memory has no entry ${seq}.`));
    });
  };

  readonly append = async (request: AppendRequest): Promise<AppendOutcome> => {
    assertWellFormed(request);
    assert(this.#appending === undefined, 'appends do not overlap');
    if (this.#closing !== undefined) return { kind: 'unknown', code: 'stopping', reason: closedText };
    this.#appending = this.#append(request);
    try {
      return await this.#appending;
    } finally {
      this.#appending = undefined;
    }
  };

  readonly base = async (): Promise<Base> => this.#readable().base;

  readonly truncate = async ({ seq, chain }: Required<Base>): Promise<Outcome<true>> => {
    const { rows, base } = this.#readable();
    if (seq <= base.seq) return ok(true);
    if (rows[seq - base.seq - 1]?.chain !== chain) return refuse('journal_corrupt', noSuchLink(seq));
    rows.splice(0, seq - base.seq);
    this.#vault.base = { seq, chain };
    return ok(true);
  };

  readonly watch = (listener: () => void): (() => void) => {
    const watcher = { store: this, listener };
    if (this.#closing === undefined) this.#vault.watchers.add(watcher);
    return () => void this.#vault.watchers.delete(watcher);
  };

  readonly elect = async (name: string): Promise<Office | undefined> => {
    assert(namePattern.test(name) && name.length <= nameLengthMax, 'the name of an office fits a file name');
    if (this.#closing !== undefined || this.#vault.offices.has(name)) return undefined;
    this.#vault.offices.add(name);
    this.#offices.add(name);
    let held = true;
    return {
      resign: async () => {
        if (held) this.#resign(name);
        held = false;
      },
    };
  };

  readonly counters: Counters = {
    take: async (taking) => {
      if (this.#closing !== undefined) throw new StoreFailure(refuse('stopping', closedText));
      const { counted } = this.#vault;
      const { taken, slots } = takeFrom(counted.get(taking.key) ?? [], taking);
      if (slots.length === 0) counted.delete(taking.key);
      else counted.set(taking.key, slots);
      return taken;
    },
  };

  readonly health = async (): Promise<StoreHealth> =>
    this.#closing === undefined
      ? { writable: true, reason: undefined }
      : { writable: false, reason: closedText };

  readonly close = (): Promise<void> => (this.#closing ??= this.#close());

  #readable(): MemoryVault {
    if (this.#closing !== undefined) throw new StoreFailure(refuse('stopping', closedText));
    const { reads } = this.#vault.faults;
    if (reads !== undefined) throw new StoreFailure(refuse(reads, ordered));
    return this.#vault;
  }

  async #append({ expected, link, rows }: AppendRequest): Promise<AppendOutcome> {
    const { faults, rows: stored, base } = this.#vault;
    // Even without a wait an append takes a moment, in which another store may be faster.
    await faults.beforeAppend?.();
    if (this.#vault.isGone) return { kind: 'unknown', code: 'journal_missing', reason: goneText };
    const fault = faults.appends.shift();
    if (headOf(this.#vault) !== expected)
      return { kind: 'moved', missed: stored.slice(Math.max(expected - base.seq, 0)) };
    if (expected > 0 && (stored.at(-1) ?? base).chain !== link)
      return { kind: 'unknown', ...exchanged(expected) };
    if (fault === 'full') return { kind: 'unknown', code: 'storage_full', reason: ordered };
    if (fault === 'lost_unknown') return unknown;
    for (const row of rows) stored.push(row);
    this.#ring();
    return fault === 'stored_unknown' ? unknown : { kind: 'appended' };
  }

  #ring(): void {
    const { watchers } = this.#vault;
    for (const watcher of watchers) {
      if (watcher.store !== this) setImmediate(() => watchers.has(watcher) && watcher.listener());
    }
  }

  #resign(name: string): void {
    if (this.#offices.delete(name)) this.#vault.offices.delete(name);
  }

  async #close(): Promise<void> {
    await this.#appending;
    for (const name of this.#offices) this.#resign(name);
    for (const watcher of this.#vault.watchers) {
      if (watcher.store === this) this.#vault.watchers.delete(watcher);
    }
  }
}

export const headOf = ({ rows, base }: MemoryVault): Seq => base.seq + rows.length;

const closedText = 'This store was closed. Nothing was stored.';
const goneText = 'The journal in memory was removed, or another one is in its place.';

const ordered = 'A fault that a test ordered.';
const unknown: AppendOutcome = { kind: 'unknown', code: 'outcome_unknown', reason: ordered };
