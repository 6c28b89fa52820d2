import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { accessSync, constants, statSync } from 'node:fs';
import { type Base, type LinkedRow, type StoredRow, StoreFailure } from '../../journal/store.ts';
import type { Seq } from '../../kernel/entry.ts';
import { assert } from '../../kernel/assert.ts';
import { isComplete } from './completeness.ts';
import { closeQuietly, connect } from './connection.ts';
import { archived, damaged, isArchived, isRefusedAccess, storeFailure } from './failures.ts';
import { archivedBatch, walOf } from './format.ts';

/**
 * All reading, on the thread that asks: an answer from SQLite's page cache takes about a microsecond, less than a
 * message to another thread.
 *
 * `max(seq)` is the quickest way to the head. Measured on Node 24, a million calls each, nothing changed in between:
 * `max(seq)` 1.1 us, `order by seq desc limit 1` the same, `pragma data_version` 0.9 us; asking for the version first,
 * and for the head only when it is another, is therefore slower as soon as one call in six finds a change.
 *
 * Pages come as arrays of columns and are turned into rows here: 1.9 million rows a second, against 1.0 to 1.4 million
 * with SQLite's own objects or row by row.
 */
const statements = {
  head: 'select max(seq) from entries',
  first: 'select seq, batch, text, chain from entries order by seq limit 1',
  page: 'select seq, batch, text, chain from entries where seq > ? order by seq limit ?',
  one: 'select seq, batch, text, chain, (select chain from entries b where b.seq = a.seq - 1) from entries a where seq = ?',
} as const;

/** Readers never wait for writers; only for a process that is just recovering or closing the journal. */
const busyMs = 1_000;

type Columns = Readonly<Record<number, SQLOutputValue>>;

interface Connection {
  readonly database: DatabaseSync;
  readonly head: StatementSync;
  readonly first: StatementSync;
  readonly page: StatementSync;
  readonly one: StatementSync;
  /** What the files looked like, for a connection that cannot notice changes by itself. */
  readonly frozenAt: string | undefined;
}

export class Reader {
  readonly #path: string;
  #connection: Connection;
  #damage: string | undefined;

  /** Throws `StoreFailure`. */
  constructor(path: string) {
    this.#path = path;
    this.#connection = open(path);
  }

  /** What was found to be damaged, once something was; then nothing should write this file any more. */
  get damage(): string | undefined {
    return this.#damage;
  }

  head(): Seq {
    return this.#guarded(() => {
      const seq = this.#current().head.get()?.[0];
      return typeof seq === 'number' ? seq : 0;
    });
  }

  read(after: Seq, limit: number): readonly StoredRow[] {
    assert(Number.isSafeInteger(limit) && limit > 0, 'a page has a positive number of rows');
    return this.#guarded(() => {
      const rows = this.#page(after, limit);
      const [first] = rows;
      if (first === undefined || (first.seq === after + 1 && first.batch !== archivedBatch))
        return this.#demandWhole(rows, after);
      const base = this.#base().seq;
      return base > after ? this.#demandWhole(this.#page(base, limit), base) : this.#demandWhole(rows, after);
    });
  }

  base(): Base {
    return this.#guarded(() => this.#base());
  }

  /** The link of an entry, or of the base; undefined for what lies before that. Throws `StoreFailure`. */
  linkAt(seq: Seq): string | undefined {
    const base = this.base();
    if (seq <= base.seq) return seq === base.seq ? base.chain : undefined;
    return this.readAt([seq])[0]?.chain;
  }

  #page(after: Seq, limit: number): readonly StoredRow[] {
    return this.#current()
      .page.all(after, limit)
      .map((columns) => this.#row(columns));
  }

  #demandWhole(rows: readonly StoredRow[], after: Seq): readonly StoredRow[] {
    const last = rows.at(-1);
    if (last !== undefined && last.seq !== after + rows.length) {
      throw this.#damaged(`Between entries ${after} and ${last.seq} some are missing.`);
    }
    return rows;
  }

  #base(): Base {
    const columns: Columns | undefined = this.#current().first.get();
    const first = columns && this.#row(columns);
    return first?.batch === archivedBatch
      ? { seq: first.seq, chain: first.chain }
      : { seq: 0, chain: undefined };
  }

  readAt(seqs: readonly Seq[]): readonly LinkedRow[] {
    return this.#guarded(() => {
      const { one, database } = this.#current();
      if (seqs.length < 2) return seqs.map((seq) => this.#rowAt(one, seq));
      // Within one transaction the upper pages of the tree are read once, not again for each row.
      database.exec('begin');
      try {
        return seqs.map((seq) => this.#rowAt(one, seq));
      } finally {
        database.exec('commit');
      }
    });
  }

  #rowAt(one: StatementSync, seq: Seq): LinkedRow {
    const columns: Columns | undefined = one.get(seq);
    const row = columns && this.#row(columns);
    if (row === undefined || row.batch === archivedBatch) {
      if (seq <= this.#base().seq) throw new StoreFailure(archived(this.#path, seq));
      throw this.#damaged(`It has no entry ${seq}.`);
    }
    const { batch, text, chain } = row;
    const before = columns?.[4];
    if (before === null) {
      if (seq !== 1) throw this.#damaged(`It has no entry ${seq - 1}.`);
      return { seq, batch, text, chain, before: undefined };
    }
    if (typeof before !== 'string') throw this.#damaged('A row holds something else than text.');
    return { seq, batch, text, chain, before };
  }

  close(): void {
    closeQuietly(this.#connection.database);
  }

  #row(columns: Columns): StoredRow {
    const { 0: seq, 1: batch, 2: text, 3: chain } = columns;
    if (
      typeof seq !== 'number' ||
      typeof batch !== 'string' ||
      typeof text !== 'string' ||
      typeof chain !== 'string'
    ) {
      throw this.#damaged('A row holds something else than text.');
    }
    return { seq, batch, text, chain };
  }

  #damaged(reason: string): StoreFailure {
    return new StoreFailure(damaged(this.#path, reason));
  }

  #guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      const failure = storeFailure(this.#path, error);
      if (failure.refusal.code === 'journal_corrupt' && !isArchived(failure.refusal))
        this.#damage = failure.message;
      throw failure;
    }
  }

  /** The connection; a frozen one is replaced as soon as the files have changed. */
  #current(): Connection {
    const { frozenAt, database } = this.#connection;
    if (frozenAt !== undefined && frozenAt !== appearance(this.#path)) {
      const next = open(this.#path);
      closeQuietly(database);
      this.#connection = next;
    }
    return this.#connection;
  }
}

/**
 * A journal in a directory that cannot be written has no side files and cannot get any, so that SQLite refuses to
 * open it. As long as that is so, nobody else with our permissions can write it either, and it may be read as it is.
 * The same goes for a file that cannot be written: its side files would get the same permissions, and be in the way of
 * whoever may write later.
 */
const open = (path: string): Connection => {
  try {
    const frozenAt = appearance(path);
    if (hasLog(path)) return prepare(path, undefined);
    if (!isWritable(path)) return prepare(path, frozenAt);
    try {
      return prepare(path, undefined);
    } catch (error) {
      if (!isRefusedAccess(error) || hasLog(path)) throw error;
      return prepare(path, frozenAt);
    }
  } catch (error) {
    throw storeFailure(path, error);
  }
};

const hasLog = (path: string): boolean => (statSync(walOf(path), { throwIfNoEntry: false })?.size ?? 0) > 0;

const isWritable = (path: string): boolean => {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

const prepare = (path: string, frozenAt: string | undefined): Connection => {
  const database = connect(path, { purpose: frozenAt === undefined ? 'read' : 'frozen', busyMs });
  try {
    const texts = [statements.head, statements.first, statements.page, statements.one];
    const [head, first, page, one] = texts.map((text) => {
      const statement = database.prepare(text);
      statement.setReturnArrays(true);
      return statement;
    });
    assert(head !== undefined && first !== undefined, 'there are four statements');
    assert(page !== undefined && one !== undefined, 'there are four statements');
    // The first look at the file: here, not later, it turns out whether it can be read.
    head.get();
    if (frozenAt === undefined && !isComplete(path, database)) {
      throw new StoreFailure(damaged(path, 'Some of its pages are missing.'));
    }
    return { database, head, first, page, one, frozenAt };
  } catch (error) {
    closeQuietly(database);
    throw error;
  }
};

const appearance = (path: string): string => {
  const file = statSync(path, { bigint: true, throwIfNoEntry: false });
  const wal = statSync(walOf(path), { bigint: true, throwIfNoEntry: false });
  return [file?.ino, file?.size, file?.mtimeNs, wal?.size, wal?.mtimeNs].join(' ');
};
