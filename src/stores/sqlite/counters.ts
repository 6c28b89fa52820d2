import { rmSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  type Counters,
  type Slot,
  type Taken,
  type Taking,
  slotMs,
  takeFrom,
  windowMs,
} from '../../journal/counters.ts';
import { StoreFailure } from '../../journal/store.ts';
import { assert } from '../../kernel/assert.ts';
import { refuse } from '../../kernel/errors.ts';
import { closeQuietly, connect } from './connection.ts';
import { faultOf } from './failures.ts';
import { shmOf, walOf } from './format.ts';
import { makeFile } from './office.ts';

/** Whoever counts has done so within microseconds; this is for one that was stopped at it. */
const busyMs = 50;

const schema = `
  create table if not exists slots (
    key text not null,
    at integer not null,
    taken integer not null,
    primary key (key, at)
  ) strict, without rowid;
`;

interface Open {
  readonly database: DatabaseSync;
  readonly read: StatementSync;
  readonly forget: StatementSync;
  readonly write: StatementSync;
  readonly tidy: StatementSync;
}

/**
 * Counters in a small SQLite file beside the journal, made when something is first counted. Nothing in it is synced: it
 * outlives processes, and a machine that goes down takes it along, which harms nobody. One that is damaged is replaced.
 */
export class SqliteCounters implements Counters {
  readonly #path: string;
  #open: Open | undefined;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  readonly take = async (taking: Taking): Promise<Taken> => {
    if (this.#closed) throw new StoreFailure(refuse('stopping', 'These counters were closed.'));
    try {
      this.#open ??= this.#opened(taking.now);
      return takeIn(this.#open, taking);
    } catch (thrown) {
      // The next taking opens the file anew, which may be another one by then.
      closeQuietly(this.#open?.database);
      this.#open = undefined;
      const { code, reason } = faultOf(thrown);
      throw new StoreFailure(
        refuse(code, `The counters in ${this.#path} cannot be reached. ${reason}`, { path: this.#path }),
      );
    }
  };

  close(): void {
    this.#closed = true;
    closeQuietly(this.#open?.database);
    this.#open = undefined;
  }

  #opened(now: number): Open {
    try {
      return openAt(this.#path, now);
    } catch (thrown) {
      if (faultOf(thrown).code !== 'journal_corrupt') throw thrown;
      for (const file of [this.#path, walOf(this.#path), shmOf(this.#path)]) rmSync(file, { force: true });
      return openAt(this.#path, now);
    }
  }
}

const openAt = (path: string, now: number): Open => {
  makeFile(path);
  const database = connect(path, { purpose: 'write', busyMs });
  try {
    database.exec(`pragma journal_mode = wal; pragma synchronous = off; ${schema}`);
    const open = {
      database,
      read: database.prepare('select at, taken from slots where key = ?'),
      forget: database.prepare('delete from slots where key = ?'),
      write: database.prepare('insert into slots (key, at, taken) values (?, ?, ?)'),
      tidy: database.prepare('delete from slots where at <= ?'),
    };
    open.tidy.run(now - windowMs - slotMs);
    return open;
  } catch (thrown) {
    closeQuietly(database);
    throw thrown;
  }
};

/** In one transaction, so that no two takings are given the same. */
const takeIn = ({ database, read, forget, write }: Open, taking: Taking): Taken => {
  database.exec('begin immediate');
  try {
    const before = read.all(taking.key).map(slotOf);
    const { taken, slots } = takeFrom(before, taking);
    if (taking.wanted > 0) {
      forget.run(taking.key);
      for (const { at, taken: count } of slots) write.run(taking.key, at, count);
    }
    database.exec('commit');
    return taken;
  } catch (thrown) {
    if (database.isTransaction) database.exec('rollback');
    throw thrown;
  }
};

const slotOf = ({ at, taken }: Readonly<Record<string, unknown>>): Slot => {
  assert(typeof at === 'number' && typeof taken === 'number', 'a slot has numbers');
  return { at, taken };
};
