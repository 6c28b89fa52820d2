import { closeSync, existsSync, fdatasyncSync, openSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Creation } from '../../journal/storage.ts';
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
import { ok, type Outcome, refuse } from '../../kernel/errors.ts';
import { nameLengthMax, namePattern } from '../../kernel/names.ts';
import { assertWellFormed } from '../append-request.ts';
import { refuseOther } from '../other-journal.ts';
import { closeQuietly, connect } from './connection.ts';
import { SqliteCounters } from './counters.ts';
import { createJournal } from './create.ts';
import { faultOf, refusalOf } from './failures.ts';
import { countersOf, keysOf, officeOf, walOf } from './format.ts';
import { type Inspected, inspect } from './inspect.ts';
import { takeOffice } from './office.ts';
import { Reader } from './reader.ts';
import { SqliteSubjectKeys } from './subject-keys.ts';
import { demandWatermark, readWatermark, refuseLost } from './watermark.ts';
import type { Truncation } from './writer-messages.ts';
import { WriterThread } from './writer-thread.ts';

const busyLimitMs = 5_000;

export interface SqliteStoreOptions {
  readonly path: string;
  readonly create: Creation;
  /** How long an append keeps trying while other processes hold the write lock. */
  readonly busyLimitMs?: number;
}

/**
 * Opens a journal in an SQLite file; any number of processes of one machine may do so at once. Nothing is written
 * before the first append, and nothing is ever written to a file that is not a whole journal of our format.
 */
export const openSqliteStore = async (options: SqliteStoreOptions): Promise<Outcome<Store>> => {
  const path = realPath(resolve(options.path));
  try {
    const inspected = find(path, options.create);
    if (!inspected.ok) return inspected;
    const reader = new Reader(path);
    try {
      syncRecovered(path);
      demandWatermark(path, reader);
    } catch (error) {
      reader.close();
      throw error;
    }
    return ok(new SqliteStore(path, { ...inspected.value, reader, busyLimitMs, ...options }));
  } catch (error) {
    return error instanceof StoreFailure ? error.refusal : refusalOf(path, faultOf(error));
  }
};

const find = (path: string, create: Creation): Outcome<Inspected> => {
  let found = inspect(path);
  const as = typeof create === 'object' ? create.as : undefined;
  if (found.ok && found.value === undefined && create !== 'must-exist') {
    const mark = readWatermark(path);
    if (mark !== undefined) {
      // Asked again: another process may just have made the journal, and rung.
      found = inspect(path);
      return found.ok && found.value === undefined ? refuseLost(path, mark) : asWanted(path, found, as);
    }
    const created = createJournal(path, as);
    if (!created.ok) return created;
    found = inspect(path);
  }
  return asWanted(path, found, as);
};

const asWanted = (
  path: string,
  inspected: ReturnType<typeof inspect>,
  as: JournalIdentity | undefined,
): Outcome<Inspected> => {
  const found = orMissing(path, inspected);
  return found.ok && as !== undefined ? (refuseOther(path, found.value.identity, as) ?? found) : found;
};

const orMissing = (path: string, found: ReturnType<typeof inspect>): Outcome<Inspected> => {
  if (!found.ok) return found;
  return found.value === undefined
    ? refusalOf(path, { code: 'journal_missing', reason: 'The file does not exist.' })
    : ok(found.value);
};

/** SQLite keeps its side files beside the real file, and so do we. */
const realPath = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};

/**
 * What a process wrote but could not sync before it died becomes readable when the next one opens the journal.
 * Whatever is read must be durable, so it is synced before anybody reads it.
 */
const syncRecovered = (path: string): void => {
  const beside = statSync(walOf(path), { throwIfNoEntry: false });
  if (beside === undefined || beside.size === 0) return;
  const handle = openSync(walOf(path), 'r');
  try {
    fdatasyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

interface Parts extends Inspected {
  readonly reader: Reader;
  readonly busyLimitMs: number;
}

/** Reads where it is asked, writes in a thread of its own. */
class SqliteStore implements Store {
  readonly capabilities: StoreCapabilities = { durable: true, shared: true };
  readonly identity: JournalIdentity;
  readonly openedAt = Date.now();
  readonly counters: SqliteCounters;
  readonly subjectKeys: SqliteSubjectKeys;
  readonly #path: string;
  readonly #reader: Reader;
  readonly #writer: WriterThread;
  readonly #offices = new Set<() => void>();
  readonly #listeners = new Set<() => void>();
  #appending: Promise<AppendOutcome> | undefined;
  #closing: Promise<void> | undefined;

  constructor(path: string, parts: Parts) {
    this.#path = path;
    this.identity = parts.identity;
    this.counters = new SqliteCounters(countersOf(path));
    this.subjectKeys = new SqliteSubjectKeys(keysOf(path));
    this.#reader = parts.reader;
    this.#writer = new WriterThread({ path, file: parts.file, busyLimitMs: parts.busyLimitMs }, () => {
      for (const listener of this.#listeners) listener();
    });
  }

  readonly head = async (): Promise<Seq> => this.#readable().head();

  readonly read = async (after: Seq, limit: number): Promise<readonly StoredRow[]> =>
    this.#readable().read(after, limit);

  readonly readAt = async (seqs: readonly Seq[]): Promise<readonly LinkedRow[]> =>
    this.#readable().readAt(seqs);

  readonly append = async (request: AppendRequest): Promise<AppendOutcome> => {
    assertWellFormed(request);
    assert(this.#appending === undefined, 'appends do not overlap');
    if (this.#closing !== undefined) return { kind: 'unknown', code: 'stopping', reason: closedText };
    if (this.#reader.damage !== undefined) {
      return { kind: 'unknown', code: 'journal_corrupt', reason: this.#reader.damage };
    }
    this.#appending = this.#append(request);
    try {
      return await this.#appending;
    } finally {
      this.#appending = undefined;
    }
  };

  readonly base = async (): Promise<Base> => this.#readable().base();

  readonly truncate = async (upTo: Truncation): Promise<Outcome<true>> => {
    if (this.#closing !== undefined) return refuse('stopping', closedText);
    if (this.#reader.damage !== undefined) return refuse('journal_corrupt', this.#reader.damage);
    const outcome = await this.#writer.truncate(upTo);
    if (outcome.kind === 'truncated') return ok(true);
    return outcome.kind === 'behind'
      ? refuse('journal_corrupt', outcome.reason, { path: this.#path })
      : refuse(outcome.code, outcome.reason, { path: this.#path });
  };

  readonly watch = (listener: () => void): (() => void) => {
    if (this.#closing !== undefined) return () => {};
    // One function may be given twice, and is then two listeners.
    const own = (): void => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#writer.watch(this.#known());
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#writer.unwatch();
    };
  };

  readonly elect = async (name: string): Promise<Office | undefined> => {
    assert(namePattern.test(name) && name.length <= nameLengthMax, 'the name of an office fits a file name');
    if (this.#closing !== undefined) return undefined;
    const resign = takeOffice(officeOf(this.#path, name));
    if (resign === undefined) return undefined;
    this.#offices.add(resign);
    return {
      resign: async () => {
        if (this.#offices.delete(resign)) resign();
      },
    };
  };

  readonly health = async (): Promise<StoreHealth> => {
    if (this.#closing !== undefined) return { writable: false, reason: closedText };
    if (this.#reader.damage !== undefined) return { writable: false, reason: this.#reader.damage };
    return this.#writer.health();
  };

  readonly close = (): Promise<void> => (this.#closing ??= this.#close());

  #readable(): Reader {
    if (this.#closing === undefined) return this.#reader;
    throw new StoreFailure(refuse('stopping', closedText));
  }

  /** Where watching begins; when that cannot be read, the listener is called at once and finds out why. */
  #known(): Seq {
    try {
      return this.#reader.head();
    } catch {
      return 0;
    }
  }

  async #append(request: AppendRequest): Promise<AppendOutcome> {
    const outcome = await this.#writer.append(request);
    if (outcome.kind !== 'moved') return outcome;
    try {
      return { kind: 'moved', missed: this.#reader.read(request.expected, Number.MAX_SAFE_INTEGER) };
    } catch (error) {
      const { code, message } =
        error instanceof StoreFailure ? error.refusal : refusalOf(this.#path, faultOf(error));
      return { kind: 'unknown', code, reason: message };
    }
  }

  async #close(): Promise<void> {
    await this.#appending;
    this.#listeners.clear();
    for (const resign of this.#offices) resign();
    this.#offices.clear();
    this.#reader.close();
    this.counters.close();
    if (this.#writer.started) await this.#writer.close();
    else if (this.#reader.damage === undefined && existsSync(walOf(this.#path))) tidy(this.#path);
  }
}

const closedText = 'This store was closed. Nothing was stored.';

/**
 * A connection that only reads leaves SQLite's side files behind, even when it was the last; one that may write takes
 * them away.
 */
const tidy = (path: string): void => {
  try {
    const database = connect(path, { purpose: 'write', busyMs: 0 });
    try {
      database.prepare('select max(seq) from entries').get();
    } finally {
      closeQuietly(database);
    }
  } catch {
    // Not permitted, or somebody else is at work; they will do it.
  }
};
