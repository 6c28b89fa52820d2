import { randomUUID } from 'node:crypto';
import type { Storage } from '../journal/storage.ts';
import { workspaceJournal } from '../journal/storage.ts';
import type { Counters } from '../journal/counters.ts';
import type { SubjectKeys } from '../journal/subject-keys.ts';
import { memorySubjectKeys } from '../stores/memory/subject-keys.ts';
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
} from '../journal/store.ts';
import { assert } from '../kernel/assert.ts';
import type { Seq } from '../kernel/entry.ts';
import { type Outcome, refuse } from '../kernel/errors.ts';
import {
  type MemoryVault,
  createMemoryVault,
  headOf,
  openMemoryStore as openInMemory,
} from '../stores/memory/memory-store.ts';
import { begun, working } from './at-rest.ts';
import { chosenStorage } from './chosen-storage.ts';
import { opened } from './store-files.ts';

/**
 * Takes the place of the memory store in tests of what is built on stores, so that they run unchanged on another one: a
 * vault is then a journal there, opened by the first who asks it for anything. What a test looks at in the vault is kept
 * up to date, and faults on order happen here.
 */
export { createMemoryVault, headOf, type MemoryVault };

export const openMemoryStore = (vault: MemoryVault): Store => new ChosenStore(vault);

interface Journal {
  readonly name: ReturnType<typeof workspaceJournal>;
  readonly openedAt: number;
  /** What is stored. */
  readonly rows: StoredRow[];
  /** Who is to be woken by what is appended elsewhere, by the real thing. */
  readonly stores: Set<ChosenStore>;
}

const journals = new WeakMap<MemoryVault, Journal>();

const journalOf = (vault: MemoryVault): Journal => {
  const known = journals.get(vault);
  if (known !== undefined) return known;
  const journal: Journal = {
    name: workspaceJournal(randomUUID()),
    openedAt: Date.now(),
    rows: [],
    stores: new Set<ChosenStore>(),
  };
  journals.set(vault, journal);
  return journal;
};

class ChosenStore implements Store {
  readonly capabilities: StoreCapabilities = { durable: false, shared: true };
  readonly identity: JournalIdentity;
  readonly openedAt: number;
  readonly #vault: MemoryVault;
  readonly #journal: Journal;
  readonly #listeners = new Set<() => void>();
  readonly #expected = new Set<() => void>();
  #opening: Promise<Store> | undefined;
  #unwatch: (() => void) | undefined;
  #closed = false;

  constructor(vault: MemoryVault) {
    this.#vault = vault;
    this.identity = vault.identity;
    this.#journal = journalOf(vault);
    this.subjectKeys = memorySubjectKeys(vault.keys);
    // Opening takes longer here, and tests expect that of those who are opened together the clocks are nearly the same.
    this.openedAt = this.#journal.openedAt;
    this.#journal.stores.add(this);
  }

  readonly head = (): Promise<Seq> => this.#reading((store) => store.head());

  readonly read = (after: Seq, limit: number): Promise<readonly StoredRow[]> =>
    this.#reading((store) => store.read(after, limit));

  readonly readAt = (seqs: readonly Seq[]): Promise<readonly LinkedRow[]> =>
    this.#reading((store) => store.readAt(seqs));

  readonly base = (): Promise<Base> => this.#reading((store) => store.base());

  readonly truncate = async (upTo: Parameters<Store['truncate']>[0]): Promise<Outcome<true>> =>
    (await this.#opened()).truncate(upTo);

  readonly append = async (request: AppendRequest): Promise<AppendOutcome> => {
    const store = await this.#opened();
    const { faults, rows } = this.#vault;
    // As long as a test holds it up, that is rest.
    await faults.beforeAppend?.();
    const fault = faults.appends.shift();
    if (fault === 'full') return { kind: 'unknown', code: 'storage_full', reason: ordered };
    if (fault === 'lost_unknown') return { kind: 'unknown', code: 'outcome_unknown', reason: ordered };
    return working(async () => {
      const expected = this.#expectElsewhere();
      const outcome = await store.append(request);
      if (outcome.kind !== 'appended') {
        for (const done of expected) done();
        return outcome;
      }
      for (const row of request.rows) rows[row.seq - 1] = this.#journal.rows[row.seq - 1] = row;
      return fault === undefined ? outcome : { kind: 'unknown', code: 'outcome_unknown', reason: ordered };
    });
  };

  readonly watch = (listener: () => void): (() => void) => {
    const own = (): void => listener();
    this.#listeners.add(own);
    void this.#opened().then((store) => {
      if (this.#closed || this.#listeners.size === 0) return;
      this.#unwatch ??= store.watch(() => this.#ring());
    });
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#unwatch?.();
      this.#unwatch = undefined;
      this.#arrived();
    };
  };

  readonly elect = (name: string): Promise<Office | undefined> =>
    working(async () => {
      const office = await (await this.#opened()).elect(name);
      if (office === undefined) return undefined;
      this.#vault.offices.add(name);
      return {
        ...office,
        resign: async () => {
          await office.resign();
          this.#vault.offices.delete(name);
        },
      };
    });

  /** Where tests look at them; the stores' own have a suite of their own. */
  readonly subjectKeys: SubjectKeys;

  readonly counters: Counters = {
    take: (taking) => working(async () => (await this.#opened()).counters.take(taking)),
  };

  readonly health = (): Promise<StoreHealth> => working(async () => (await this.#opened()).health());

  readonly close = async (): Promise<void> => {
    this.#closed = true;
    this.#journal.stores.delete(this);
    this.#arrived();
    await (await this.#opened()).close();
  };

  #reading<T>(read: (store: Store) => Promise<T>): Promise<T> {
    const { reads } = this.#vault.faults;
    if (reads !== undefined) return Promise.reject(new StoreFailure(refuse(reads, ordered)));
    return working(async () => read(await this.#opened()));
  }

  #opened(): Promise<Store> {
    // What a test has damaged by hand is as it is only in the vault.
    if (this.#journal.rows.some((row, index) => this.#vault.rows[index] !== row))
      return Promise.resolve(openInMemory(this.#vault));
    this.#opening ??= working(async () => {
      const storage: Storage = await chosenStorage();
      const store = opened(await storage.open(this.#journal.name, { as: this.#vault.identity }));
      await this.#fill(store);
      return store;
    });
    return this.#opening;
  }

  /** Brings along what a test has put into the vault by hand. */
  async #fill(store: Store): Promise<void> {
    const { rows } = this.#vault;
    const missing = rows.slice(this.#journal.rows.length);
    for (const [batch, some] of Map.groupBy(missing, (row) => row.batch)) {
      const expected = this.#journal.rows.length;
      const link = rows[expected - 1]?.chain ?? '';
      const outcome = await store.append({ expected, link, batch, rows: some });
      assert(outcome.kind !== 'unknown', 'what is in the vault can be stored');
      this.#journal.rows.push(...some);
    }
  }

  /** Until those who watch elsewhere are woken there is no rest. */
  #expectElsewhere(): readonly (() => void)[] {
    return [...this.#journal.stores].flatMap((other) => {
      if (other === this || other.#unwatch === undefined) return [];
      const done = begun();
      other.#expected.add(done);
      return [done];
    });
  }

  #ring(): void {
    for (const listener of this.#listeners) listener();
    this.#arrived();
  }

  #arrived(): void {
    for (const done of this.#expected) done();
    this.#expected.clear();
  }
}

const ordered = 'A fault that a test ordered.';
