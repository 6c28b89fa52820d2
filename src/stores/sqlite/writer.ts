import { accessSync, constants, statfsSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AppendOutcome, AppendRequest, StoreHealth } from '../../journal/store.ts';
import type { Seq } from '../../kernel/entry.ts';
import { exchanged } from '../append-request.ts';
import { closeQuietly, connect } from './connection.ts';
import { type Fault, faultOf, isBusy } from './failures.ts';
import { shmOf, walOf } from './format.ts';
import { fileIdentity } from './inspect.ts';
import { type Place, Places } from './places.ts';
import { takeOut } from './truncation.ts';
import type { Truncation, TruncationOutcome, WriterOutcome, WriterSettings } from './writer-messages.ts';

/**
 * After how many pages (4 KiB) SQLite moves the write-ahead log into the journal. That costs three syncs (log,
 * journal, first page of the new log), inside one unlucky commit. A commit of 16 KB writes about six pages, so at
 * 4,000 pages these three are shared by some 650 commits; at SQLite's own 1,000 they would be nearly 2 % of all syncs.
 * Much beyond 4,000 the unlucky commit takes noticeably long (10,000 pages: 30 ms on a quick disk).
 */
const checkpointPages = 4_000;

/** The pause before the next attempt on a locked journal: doubling from the first to the last, and jittered. */
const pauseFirstMs = 0.25;
const pauseLastMs = 8;
const healthPatienceMs = 200;

type Unknown = Extract<AppendOutcome, { readonly kind: 'unknown' }>;

interface Connection {
  readonly database: DatabaseSync;
  readonly begin: StatementSync;
  readonly end: StatementSync;
  readonly insert: StatementSync;
  readonly commit: StatementSync;
  /** The files that must still be where they were for a commit to be worth anything. */
  readonly places: Places;
}

/** The one connection of a process that writes. It blocks, and so lives in a thread of its own. */
export class Writer {
  readonly #settings: WriterSettings;
  #connection: Connection | undefined;
  /** The last append found no room. */
  #full = false;

  constructor(settings: WriterSettings) {
    this.#settings = settings;
  }

  append(request: AppendRequest): WriterOutcome {
    const outcome = this.#persist(this.#settings.busyLimitMs, () => this.#attempt(request));
    this.#full = outcome.kind === 'unknown' && outcome.code === 'storage_full';
    return outcome;
  }

  /** In steps, each whole by itself, between which others get to write. */
  truncate(upTo: Truncation): TruncationOutcome {
    for (;;) {
      const outcome = this.#persist(this.#settings.busyLimitMs, () => this.#truncateStep(upTo));
      if (outcome !== undefined) return outcome;
    }
  }

  #truncateStep(upTo: Truncation): TruncationOutcome | undefined {
    const misplaced = this.#misplaced();
    if (misplaced !== undefined) return misplaced;
    const { begin, commit, database } = this.#connected();
    begin.run();
    const outcome = takeOut(database, upTo);
    if (outcome?.kind === 'behind') database.exec('rollback');
    else commit.run();
    return outcome;
  }

  /** The last sequence number, if the journal can be asked. */
  head(): Seq | undefined {
    try {
      return endOf(this.#connected()).seq;
    } catch (error) {
      this.#recover(error);
      return undefined;
    }
  }

  health(): StoreHealth {
    const trouble = this.#persist(healthPatienceMs, () => this.#rehearse());
    return { writable: trouble === undefined, reason: trouble?.reason };
  }

  /**
   * Moves the log into the journal as far as that goes without waiting, so that what was stored does not lie in the
   * log alone for long.
   */
  checkpoint(): void {
    if (this.#connection === undefined || this.#misplaced() !== undefined) return;
    try {
      this.#connection.database.exec('pragma wal_checkpoint(passive)');
    } catch (error) {
      // The log still has everything.
      this.#recover(error);
    }
  }

  close(): void {
    closeQuietly(this.#connection?.database);
    this.#connection = undefined;
  }

  #attempt(request: AppendRequest): WriterOutcome {
    const misplaced = this.#misplaced();
    if (misplaced !== undefined) return misplaced;
    const connection = this.#connected();
    connection.begin.run();
    // Asked again: whoever gives its name to another journal holds the lock meanwhile.
    const refused = this.#misplaced() ?? refusedBehind(endOf(connection), request);
    if (refused !== undefined) {
      connection.database.exec('rollback');
      return refused;
    }
    for (const { seq, batch, text, chain } of request.rows) connection.insert.run(seq, batch, text, chain);
    connection.commit.run();
    return { kind: 'appended' };
  }

  /** All of an append except what would stay. */
  #rehearse(): Unknown | undefined {
    const misplaced = this.#misplaced();
    if (misplaced !== undefined) return misplaced;
    const { begin, database } = this.#connected();
    demandPermission(this.#settings.path);
    begin.run();
    database.exec('rollback');
    return this.#full && freeBlocks(this.#settings.path) === 0 ? unknown(stillFull) : undefined;
  }

  /** Tries again while others hold the lock; anything else that goes wrong is an outcome. */
  #persist<T>(patienceMs: number, attempt: () => T): T | Unknown {
    const deadline = performance.now() + patienceMs;
    for (let attempts = 0; ; attempts += 1) {
      try {
        return attempt();
      } catch (error) {
        this.#recover(error);
        if (!isBusy(error)) return unknown(faultOf(error));
        if (performance.now() >= deadline) return unknown(kept(patienceMs));
      }
      pause(Math.min(pauseFirstMs * 2 ** attempts, pauseLastMs) * (0.5 + Math.random()));
    }
  }

  /** Rolls back what was begun, and gives up a connection that may have lost touch with its files. */
  #recover(error: unknown): void {
    const database = this.#connection?.database;
    if (database === undefined) return;
    try {
      if (database.isTransaction) database.exec('rollback');
      if (isBusy(error) || faultOf(error).code === 'storage_full') return;
    } catch {
      // Closing rolls back as well.
    }
    this.close();
  }

  /** Entries written to a file that has lost its name would be confirmed, and gone. */
  #misplaced(): Unknown | undefined {
    const { path, file } = this.#settings;
    const lost = (this.#connection?.places ?? new Places([{ path, file }])).lost();
    return (
      lost &&
      unknown({
        code: 'journal_missing',
        reason: `${lost.path} was removed or replaced while it was in use. Put it back, or stop this process and start it again.`,
      })
    );
  }

  #connected(): Connection {
    this.#connection ??= open(this.#settings);
    return this.#connection;
  }
}

const open = ({ path, file }: WriterSettings): Connection => {
  // SQLite would open a file that may not be written for reading, and give new side files the same permissions; those
  // would stay in the way after the file has become writable.
  demandPermission(path);
  const database = connect(path, { purpose: 'write', busyMs: 0 });
  try {
    // `fullfsync` matters on macOS only, where an ordinary sync does not reach the disk.
    database.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma fullfsync = on;
      pragma wal_autocheckpoint = ${checkpointPages};
    `);
    const end = database.prepare('select seq, chain from entries order by seq desc limit 1');
    end.setReturnArrays(true);
    // Reading once makes SQLite open its side files.
    end.get();
    return {
      database,
      end,
      begin: database.prepare('begin immediate'),
      insert: database.prepare('insert into entries (seq, batch, text, chain) values (?, ?, ?, ?)'),
      commit: database.prepare('commit'),
      places: new Places([{ path, file }, ...placesOf([walOf(path), shmOf(path)])]),
    };
  } catch (error) {
    closeQuietly(database);
    throw error;
  }
};

const demandPermission = (path: string): void => accessSync(path, constants.W_OK);

/** Not all free blocks are there for everybody. */
const freeBlocks = (path: string): number => {
  const { bavail, bfree } = statfsSync(path);
  return process.getuid?.() === 0 ? bfree : bavail;
};

/** Short of that, health cannot tell: an append may still fit into room that the log has taken before. */
const stillFull: Fault = {
  code: 'storage_full',
  reason: 'The last append found no room, and the disk still has no free block.',
};

const placesOf = (paths: readonly string[]): Place[] =>
  paths.flatMap((path) => {
    const file = fileIdentity(path);
    return file === undefined ? [] : [{ path, file }];
  });

interface End {
  readonly seq: Seq;
  /** Undefined in an empty journal. */
  readonly link: string | undefined;
}

const endOf = ({ end }: Connection): End => {
  const [seq, link] = Object.values(end.get() ?? []);
  return typeof seq === 'number' && typeof link === 'string' ? { seq, link } : { seq: 0, link: undefined };
};

/** Why an append cannot follow what is there; undefined when it can. */
const refusedBehind = ({ seq, link }: End, request: AppendRequest): WriterOutcome | undefined => {
  const { expected } = request;
  if (seq > expected) return { kind: 'moved' };
  if (seq < expected) return unknown(shrunk(seq, expected));
  return link === undefined || link === request.link ? undefined : unknown(exchanged(seq));
};

const unknown = ({ code, reason }: Fault): Unknown => ({ kind: 'unknown', code, reason });

const shrunk = (head: Seq, expected: Seq): Fault => ({
  code: 'journal_corrupt',
  reason: `The journal ends at entry ${head}, but entry ${expected} was already read from it.`,
});

const kept = (patienceMs: number): Fault => ({
  code: 'storage_busy',
  reason: `Other processes held the write lock for more than ${patienceMs / 1_000} s.`,
});

const sleeper = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Blocks this thread, which may, and may for less than a timer's millisecond. */
const pause = (ms: number): void => {
  Atomics.wait(sleeper, 0, 0, ms);
};
