import { randomUUID } from 'node:crypto';
import type { JournalName } from '../../journal/storage.ts';
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
import { assert } from '../../kernel/assert.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { nameLengthMax, namePattern } from '../../kernel/names.ts';
import { assertWellFormed } from '../append-request.ts';
import type { Wakefulness } from '../../journal/wakefulness.ts';
import type { Announcer } from './announcer.ts';
import { append } from './appending.ts';
import type { ChangeFeed } from './change-feed.ts';
import { PostgresCounters } from './counters.ts';
import type { Database } from './database.ts';
import { faultOf, refusalOf } from './failures.ts';
import { missingJournal } from './missing-journal.ts';
import { lockNumber } from './names.ts';
import type { Offices } from './offices.ts';
import { linkedRow, optionalText, seqOf, storedRow } from './rows.ts';
import { Latest } from './latest.ts';
import type { Row } from './session.ts';
import { PostgresSubjectKeys } from './subject-keys.ts';

/** What the stores of one process share. */
export interface Shared {
  readonly database: Database;
  readonly announcer: Announcer;
  readonly feed: ChangeFeed;
  readonly offices: Offices;
  readonly capabilities: StoreCapabilities;
  readonly wakefulness: Wakefulness;
}

/** A journal as it was found. */
export interface Found {
  readonly key: number;
  readonly name: JournalName;
  readonly identity: JournalIdentity;
  readonly openedAt: number;
}

export class PostgresStore implements Store {
  readonly capabilities: StoreCapabilities;
  readonly identity: JournalIdentity;
  readonly openedAt: number;
  readonly counters: PostgresCounters;
  readonly subjectKeys: PostgresSubjectKeys;
  readonly #shared: Shared;
  readonly #key: number;
  readonly #name: JournalName;
  readonly #sender = randomUUID().slice(0, 8);
  readonly #listeners = new Set<() => void>();
  readonly #resigning = new Set<() => Promise<void>>();
  readonly #head: Latest<Seq>;
  /** The last entry that this store has read or written. */
  #seen: Seq = 0;
  /** The last entry that this store has written. */
  #own: Seq = 0;
  #unwatch: (() => void) | undefined;
  /** The last append found no room. */
  #full = false;
  #appending: Promise<AppendOutcome> | undefined;
  #closing: Promise<void> | undefined;

  constructor(shared: Shared, { key, name, identity, openedAt }: Found) {
    this.#shared = shared;
    this.#key = key;
    this.#name = name;
    this.capabilities = shared.capabilities;
    this.identity = identity;
    this.openedAt = openedAt;
    this.counters = new PostgresCounters(shared.database, key);
    this.subjectKeys = new PostgresSubjectKeys(shared.database, key);
    this.#head = new Latest(() => this.#askHead());
  }

  readonly head = async (): Promise<Seq> => {
    this.#demandOpen();
    return this.#head.ask();
  };

  readonly read = async (after: Seq, limit: number): Promise<readonly StoredRow[]> => {
    assert(Number.isSafeInteger(limit) && limit > 0, 'a page has a positive number of rows');
    this.#demandOpen();
    let rows = await this.#read(after, limit);
    if (rows.length === 0 && after < (await this.#head.ask())) {
      // Asked again: it may have been appended in between, or have gone to an archive.
      rows = await this.#read(after, limit);
      if (rows.length === 0 && after >= (await this.base()).seq) throw await this.#damaged(after + 1);
    }
    this.#seen = Math.max(this.#seen, rows.at(-1)?.seq ?? 0);
    return rows;
  };

  readonly readAt = async (seqs: readonly Seq[]): Promise<readonly LinkedRow[]> => {
    const { database } = this.#demandOpen();
    if (seqs.length === 0) return [];
    const wanted = [...new Set(seqs)];
    const rows = await database.read(database.statements.readAt, [this.#key, wanted]);
    const bySeq = new Map(rows.map(linkedRow).map((row) => [row.seq, row]));
    const linked: LinkedRow[] = [];
    for (const seq of seqs) {
      const row = bySeq.get(seq);
      if (row !== undefined && (row.before !== undefined || seq === 1)) linked.push(row);
      else throw await this.#damaged(row === undefined ? seq : seq - 1);
    }
    return linked;
  };

  readonly append = async (request: AppendRequest): Promise<AppendOutcome> => {
    assertWellFormed(request);
    assert(this.#appending === undefined, 'appends do not overlap');
    if (this.#closing !== undefined) return { kind: 'unknown', code: 'stopping', reason: closedText };
    this.#appending = this.#shared.wakefulness.during(request.rows.length, () => this.#append(request));
    try {
      return await this.#appending;
    } finally {
      this.#appending = undefined;
    }
  };

  readonly watch = (listener: () => void): (() => void) => {
    if (this.#closing !== undefined) return () => {};
    // One function may be given twice, and is then two listeners.
    const own = (): void => listener();
    this.#listeners.add(own);
    this.#unwatch ??= this.#shared.feed.add({
      key: this.#key,
      sender: this.#sender,
      since: this.#seen,
      own: () => this.#own,
      ring: () => {
        for (const each of this.#listeners) each();
      },
    });
    return () => {
      if (!this.#listeners.delete(own) || this.#listeners.size > 0) return;
      this.#unwatch?.();
      this.#unwatch = undefined;
    };
  };

  readonly elect = async (name: string): Promise<Office | undefined> => {
    assert(namePattern.test(name) && name.length <= nameLengthMax, 'the name of an office fits a file name');
    if (this.#closing !== undefined) return undefined;
    const { offices, database } = this.#shared;
    const held = await offices.take(lockNumber(`office ${database.schema} ${this.identity.id} ${name}`));
    if (held === undefined) return undefined;
    const resign = async (): Promise<void> => {
      this.#resigning.delete(resign);
      await held.resign();
    };
    this.#resigning.add(resign);
    return { resign, lost: held.lost };
  };

  readonly health = async (): Promise<StoreHealth> => {
    if (this.#closing !== undefined) return { writable: false, reason: closedText };
    const { database } = this.#shared;
    try {
      const [row] = await database.once(database.statements.writable, [this.#key], isSetReadOnly);
      const reason = await notWritable(database, row ?? []);
      if (reason !== undefined) return { writable: false, reason };
      if (this.#full) await rehearse(database);
      return { writable: true, reason: undefined };
    } catch (thrown) {
      return { writable: false, reason: faultOf(database.address, thrown).reason };
    }
  };

  /** Up to where the entries lie in an archive. */
  readonly base = async (): Promise<Base> => {
    const { database } = this.#demandOpen();
    const [row] = await database.read(database.statements.base, [this.#key]);
    if (row === undefined) throw await this.#missing();
    return { seq: seqOf(row[0]), chain: optionalText(row[1]) };
  };

  /** Takes the entries up to there out of the store; its link must be this journal's. They are in an archive by then. */
  readonly truncate = async (upTo: { readonly seq: Seq; readonly chain: string }): Promise<Outcome<true>> => {
    if (this.#closing !== undefined) return refuse('stopping', closedText);
    const { database } = this.#shared;
    try {
      const base = await this.base();
      if (upTo.seq === base.seq && upTo.chain === base.chain) return ok(true);
      const [link] = await database.once(database.statements.linkAt, [this.#key, upTo.seq]);
      if (link?.[0] !== upTo.chain) return notOurs(upTo.seq);
      return await database.patiently(() =>
        database.transaction(async (ask) => {
          await ask(database.statements.dropEntries, [this.#key, upTo.seq]);
          await ask(database.statements.moveBase, [this.#key, upTo.seq, upTo.chain]);
          return ok(true);
        }),
      );
    } catch (thrown) {
      return refusalOf(database.address, thrown);
    }
  };

  readonly close = (): Promise<void> => (this.#closing ??= this.#close());

  #demandOpen(): Shared {
    if (this.#closing === undefined) return this.#shared;
    throw new StoreFailure(refuse('stopping', closedText));
  }

  async #askHead(): Promise<Seq> {
    const { database } = this.#shared;
    const [row] = await database.read(database.statements.head, [this.#key]);
    if (row === undefined) throw await this.#missing();
    const seq = seqOf(row[0]);
    this.#seen = Math.max(this.#seen, seq);
    return seq;
  }

  async #append(request: AppendRequest): Promise<AppendOutcome> {
    const { database, announcer } = this.#shared;
    const outcome = await append({ database, key: this.#key, name: this.#name }, request);
    this.#full = outcome.kind === 'unknown' && outcome.code === 'storage_full';
    if (isDone(outcome, request)) {
      this.#own = Math.max(this.#own, request.rows.at(-1)?.seq ?? 0);
      await announcer.tell({ key: this.#key, seq: this.#own, sender: this.#sender });
    }
    this.#seen = Math.max(this.#seen, this.#own);
    return outcome;
  }

  async #missing(): Promise<StoreFailure> {
    return new StoreFailure(await missingJournal(this.#shared.database));
  }

  async #read(after: Seq, limit: number): Promise<readonly StoredRow[]> {
    const { database } = this.#shared;
    return (await database.read(database.statements.read, [this.#key, after, limit])).map(storedRow);
  }

  async #damaged(seq: Seq): Promise<StoreFailure> {
    // What is missing with all of the journal is no damage.
    await this.base();
    const { place } = this.#shared.database.address;
    return new StoreFailure(
      refuse(
        'journal_corrupt',
        `The journal in the database ${place} is damaged: entry ${seq} is missing. Nothing was changed. Stop every hub, restore a backup, and try again.`,
        { place, seq },
      ),
    );
  }

  async #close(): Promise<void> {
    await this.#appending;
    this.#listeners.clear();
    this.#unwatch?.();
    for (const resign of this.#resigning) await resign();
    this.counters.close();
  }
}

/** An append that had to be tried again may find that it was done the first time. */
const isDone = (outcome: AppendOutcome, { batch }: AppendRequest): boolean =>
  outcome.kind === 'appended' ||
  (outcome.kind === 'moved' && outcome.missed.some((row) => row.batch === batch));

const closedText = 'This store was closed. Nothing was stored.';

const notOurs = (seq: Seq): Refusal =>
  refuse(
    'journal_corrupt',
    `The archive ends with an entry ${seq} that is not that of this journal. Nothing was removed. Archive the journal anew.`,
    { seq },
  );

/** Of a connection that was made earlier, though perhaps no longer of the database. */
const isSetReadOnly = ([row]: readonly Row[]): boolean => row?.[1] === true;

const notWritable = async (database: Database, row: readonly unknown[]): Promise<string | undefined> => {
  const { address } = database;
  const [isStandby, isReadOnly, isAllowed, isThere] = row;
  if (isStandby === true)
    return `The database ${address.place} is a standby, which only the primary server writes.`;
  if (isReadOnly === true) return `The database ${address.place} is set to default_transaction_read_only.`;
  if (isAllowed !== true) return `The user may not insert into the tables of the database ${address.place}.`;
  return isThere === true ? undefined : (await missingJournal(database)).message;
};

/** All of an append but that it stays. Throws what the library throws. */
const rehearse = async (database: Database): Promise<void> => {
  const rehearsed = new Error('rehearsed');
  try {
    await database.transaction(async (ask) => {
      await ask(database.statements.rehearse);
      throw rehearsed;
    });
  } catch (thrown) {
    if (thrown !== rehearsed) throw thrown;
  }
};
