import { setTimeout as pause } from 'node:timers/promises';
import type { Client, ClientConfig, PoolClient } from 'pg';
import { present } from '../../kernel/assert.ts';
import type { Address } from './address.ts';
import { clientFor, demandProof } from './bound-client.ts';
import { Connections, keepAlive } from './connections.ts';
import { isAnswer, isAway, isOfSession, isPassing, storeFailure } from './failures.ts';
import type { Value } from './quick-write.ts';
import {
  type Asking,
  type Backend,
  type Row,
  type Server,
  ask,
  backoffMs,
  cut,
  prepare,
  write,
} from './session.ts';
import { type Statement, type Statements, endBackend, statementsOf } from './statements.ts';

/** Work on many rows has no limit at the server; this much longer than for others an answer is waited for. */
const longPatience = 100;

export interface DatabaseOptions {
  readonly address: Address;
  /** The name of the schema, quoted. */
  readonly schema: string;
  readonly patienceMs: number;
  readonly connectionsMax: number;
}

export type Ask = (statement: Asking['statement'], values?: readonly unknown[]) => Promise<Row[]>;

/** A connection of one's own, for as long as it lasts. */
export interface Session {
  readonly backend: Backend;
  readonly client: Client;
  readonly ask: Ask;
  /** Resolves when the connection is no more. */
  readonly ended: Promise<void>;
  readonly close: () => void;
}

/** An append that has lost its connection: what it did is open until its backend is no more. */
export interface Lost {
  readonly backend: Backend;
  readonly error: unknown;
}

/** The connections of one process to one database, shared by all its journals. */
export class Database {
  readonly address: Address;
  readonly schema: string;
  readonly statements: Statements;
  readonly patienceMs: number;
  readonly #config: ClientConfig;
  readonly #connections: Connections;
  readonly #servers = new WeakMap<object, Server>();
  /** The generation of each connection that was set up. */
  readonly #generations = new WeakMap<object, number>();
  /** Connections of earlier ones are used no more. */
  #generation = 0;
  /** When the server was first found away, and last, since it last took a connection. */
  #away: { readonly since: number; readonly last: number } | undefined;

  constructor({ address, schema, patienceMs, connectionsMax }: DatabaseOptions) {
    this.address = address;
    this.schema = schema;
    this.statements = statementsOf(schema);
    this.patienceMs = patienceMs;
    this.#config = {
      application_name: 'signalbox',
      connectionTimeoutMillis: patienceMs,
      ...address.config,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    };
    this.#connections = new Connections(this.#config, connectionsMax);
  }

  /** What the server says of itself. Throws what the library throws. */
  async server(): Promise<Server> {
    return this.#with(async (client) => this.#serverOf(client));
  }

  /**
   * Whether connections do not keep the process of the server that works for them, as behind a pooler that gives it to
   * transactions: then two have the same one, or one has another than before. Throws what the library throws.
   */
  async sharesBackends(): Promise<boolean> {
    return this.#with(async (client) => {
      const { backend } = this.#serverOf(client);
      const other = await this.session();
      try {
        const [row] = await ask(client, this.#asking({ text: 'select pg_backend_pid()' }, []));
        const isShared = other.backend.pid === backend.pid || row?.[0] !== backend.pid;
        // What it was set to would stay for whoever gets it next.
        if (isShared) await other.ask({ text: 'reset all' });
        return isShared;
      } finally {
        other.close();
      }
    });
  }

  /** Runs one statement; throws what the library throws. `isOfSession`: another connection may give other rows. */
  once(
    statement: Statement,
    values: readonly unknown[],
    isOfSession?: (rows: readonly Row[]) => boolean,
  ): Promise<Row[]> {
    return this.#with((client) => ask(client, this.#asking(statement, values)), isOfSession);
  }

  /**
   * Reads. While the server restarts, or a connection turns out to be cut, it is asked again for as long as patience
   * lasts. Throws `StoreFailure`.
   */
  async read(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    return this.patiently(() => this.once(statement, values));
  }

  /**
   * Until when something is tried that has begun then. While the server is away, patience is counted from when that was
   * found, so that whoever asks two things of it, or asks later, does not wait twice.
   */
  deadline(begun: number): number {
    return Math.min(begun, this.#away?.since ?? begun) + this.patienceMs;
  }

  /** Does again what may be done twice, while what is in the way may pass. Throws `StoreFailure`. */
  async patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    for (let attempts = 0; ; attempts += 1) {
      try {
        return await attempt();
      } catch (thrown) {
        if (!isPassing(thrown) || performance.now() >= this.deadline(begun))
          throw storeFailure(this.address, thrown);
      }
      await pause(backoffMs(attempts));
    }
  }

  /** Runs a statement that is not to be done twice: how many rows it wrote. When its connection is lost, that and no more is known. */
  async writeOnce(statement: Statement, values: readonly Value[]): Promise<number | Lost> {
    return this.#with(async (client) => {
      const { backend } = this.#serverOf(client);
      try {
        return await write(client, { patienceMs: this.patienceMs, statement, values });
      } catch (error) {
        if (isAnswer(error)) throw error;
        cut(client, 'the answer to an append was lost');
        return { backend, error };
      }
    });
  }

  /** Whether the backend of a lost connection is no more, so that what it has not done it never will. */
  async isOver(backend: Backend): Promise<boolean> {
    return (await this.once(endBackend, [backend.pid, backend.began])).length === 0;
  }

  /** All or nothing, with as much time as it takes. Throws what the library throws. */
  async transaction<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    return this.#with(async (client) => {
      const patienceMs = this.patienceMs * longPatience;
      const asking: Ask = (statement, values = []) => ask(client, { patienceMs, statement, values });
      await asking({ text: 'begin' });
      try {
        await asking({ text: 'set local statement_timeout = 0' });
        const value = await work(asking);
        await asking({ text: 'commit' });
        return value;
      } catch (thrown) {
        // Were the connection given back as it is, its next user would be in the middle of this.
        if (isAnswer(thrown)) await asking({ text: 'rollback' });
        else cut(client, 'a transaction was not finished');
        throw thrown;
      }
    });
  }

  /** A connection of its own. Throws what the library throws. */
  async session(): Promise<Session> {
    const client = new (clientFor(this.#config))(this.#config);
    const over = Promise.withResolvers<void>();
    client.on('error', () => over.resolve());
    client.on('end', over.resolve);
    try {
      await client.connect();
      demandProof(client);
      const { backend } = await prepare(client, this.patienceMs);
      this.#away = undefined;
      // It waits for others most of the time, and that keeps no process alive.
      keepAlive(client, false);
      let last: Promise<unknown> = Promise.resolve();
      // One after the other, as the library wants it.
      const asking: Ask = (statement, values = []) => {
        const turn = Promise.allSettled([last]).then(() => ask(client, this.#asking(statement, values)));
        last = turn;
        return turn;
      };
      return {
        backend,
        client,
        ended: over.promise,
        ask: asking,
        close: () => cut(client, 'closed'),
      };
    } catch (thrown) {
      if (isAway(thrown)) this.#noteAway();
      cut(client, 'could not be set up');
      throw thrown;
    }
  }

  /** Throws what the library throws. */
  close(): Promise<void> {
    return this.#connections.close();
  }

  #asking(statement: Asking['statement'], values: readonly unknown[]): Asking {
    return { patienceMs: this.patienceMs, statement, values };
  }

  #serverOf(client: object): Server {
    return present(this.#servers.get(client), 'a connection was set up');
  }

  async #connected(): Promise<PoolClient> {
    try {
      for (;;) {
        const client = await this.#connections.take();
        this.#away = undefined;
        if ((this.#generations.get(client) ?? this.#generation) === this.#generation) return client;
        this.#connections.giveBack(client, true);
      }
    } catch (thrown) {
      if (isAway(thrown)) this.#noteAway();
      throw thrown;
    }
  }

  #noteAway(): void {
    const last = performance.now();
    const away = this.#away;
    const since = away !== undefined && last - away.last < this.patienceMs ? away.since : last;
    this.#away = { since, last };
  }

  /**
   * A connection keeps what the server set it to when it was made, for as long as it lives. So what failed for its
   * settings alone, and of which nothing was done, is done again over a new one, and those made before are given up.
   */
  async #with<T>(
    work: (client: PoolClient) => Promise<T>,
    mayDiffer: (value: T) => boolean = () => false,
  ): Promise<T> {
    const client = await this.#connected();
    const isNew = !this.#servers.has(client);
    try {
      const value = await this.#over(client, work);
      if (isNew || !mayDiffer(value)) return value;
    } catch (thrown) {
      if (isNew || !isOfSession(thrown)) throw thrown;
    }
    this.#generation += 1;
    return this.#over(await this.#connected(), work);
  }

  async #over<T>(client: PoolClient, work: (client: PoolClient) => Promise<T>): Promise<T> {
    let isBroken = false;
    try {
      demandProof(client);
      if (!this.#servers.has(client)) {
        this.#generations.set(client, this.#generation);
        this.#servers.set(client, await prepare(client, this.patienceMs));
      }
      return await work(client);
    } catch (thrown) {
      isBroken = !isAnswer(thrown) || isOfSession(thrown);
      throw thrown;
    } finally {
      this.#connections.giveBack(client, isBroken);
    }
  }
}
