import { randomUUID } from 'node:crypto';
import { type Creation, type JournalName, type Storage, movedOn } from '../../journal/storage.ts';
import {
  type JournalIdentity,
  type Store,
  type StoreCapabilities,
  StoreFailure,
} from '../../journal/store.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { type Address, addressOf } from './address.ts';
import { Wakefulness } from '../../journal/wakefulness.ts';
import { Announcer } from './announcer.ts';
import { ChangeFeed } from './change-feed.ts';
import { type Ask, Database } from './database.ts';
import { refusalOf } from './failures.ts';
import { migrate, placeIn } from './migrations.ts';
import { isJournalName, namesOf } from './names.ts';
import { Offices } from './offices.ts';
import { type Found, PostgresStore, type Shared } from './postgres-store.ts';
import { seqOf } from './rows.ts';
import type { Row, Server } from './session.ts';

export interface PostgresStorageOptions {
  /** `postgresql://user:password@host:port/database?sslmode=…` */
  readonly url: string;
  /** Names the schema of the tables. Clusters in one database never meet. */
  readonly cluster: string;
  /** Whether the schema and its tables are made where they are not there; they are when absent. */
  readonly mayPrepare?: boolean;
  /** How long connecting, waiting for others, and trying again may take. */
  readonly patienceMs?: number;
  /** How many connections there are at most, besides one that listens and one that holds offices. */
  readonly connectionsMax?: number;
}

const patienceMs = 5_000;
const connectionsMax = 8;
const versionMin = 140_000;

/**
 * Journals in a PostgreSQL database, for any number of processes on any number of machines. Connections are made to the
 * server itself, or through a pooler that gives each client a connection of its own; another one is refused.
 */
export const openPostgresStorage = async (options: PostgresStorageOptions): Promise<Outcome<Storage>> => {
  const address = addressOf(options.url);
  if (!address.ok) return address;
  const names = namesOf(options.cluster);
  if (!names.ok) return names;
  const { schema, channel } = names.value;
  const database = new Database({
    address: address.value,
    schema,
    patienceMs: options.patienceMs ?? patienceMs,
    connectionsMax: options.connectionsMax ?? connectionsMax,
  });
  try {
    const server = await database.patiently(() => database.server());
    const refused = unfit(database, server) ?? (await unfitPooler(database, server));
    const prepared = refused ?? (await migrate(database, options));
    if (prepared.ok) return ok(new PostgresStorage(database, channel, capabilitiesOf(server)));
    await database.close();
    return warned(prepared, address.value);
  } catch (thrown) {
    await database.close();
    return refusalOf(address.value, thrown);
  }
};

/** Whoever looks whether a board could be here hears at once what the board would be warned of. */
const warned = (refusal: Refusal, { warning }: Address): Refusal =>
  warning === undefined ? refusal : { ...refusal, details: { ...refusal.details, store_warning: warning } };

const unfit = ({ address: { place } }: Database, { version, encoding }: Server): Refusal | undefined => {
  if (version < versionMin) {
    return refuse(
      'storage_failed',
      `The database ${place} runs PostgreSQL ${Math.floor(version / 10_000)}. Signalbox needs ${versionMin / 10_000} or later. Upgrade the server, or name another one.`,
      { place },
    );
  }
  if (encoding !== 'UTF8') {
    return refuse(
      'storage_failed',
      `The database ${place} keeps text in ${encoding}, which has not every character. Create one with: createdb --encoding=UTF8 --template=template0 <name>`,
      { place },
    );
  }
  return undefined;
};

/** Offices, settings and what is listened to belong to a connection, and would get lost, or be given to others. */
const unfitPooler = async (database: Database, { isPooled }: Server): Promise<Refusal | undefined> => {
  const { place } = database.address;
  if (!isPooled || !(await database.patiently(() => database.sharesBackends()))) return undefined;
  return refuse(
    'storage_failed',
    `The database ${place} is behind a pooler that lends connections to single transactions, and Signalbox needs some that stay its own. Name the address of the server itself, or a pool that lends them to sessions (PgBouncer: pool_mode = session).`,
    { place },
  );
};

const capabilitiesOf = ({ fsync, fullPageWrites }: Server): StoreCapabilities => {
  const off = [fsync ? undefined : 'fsync', fullPageWrites ? undefined : 'full_page_writes'].filter(
    (setting) => setting !== undefined,
  );
  const lossWindow = `acknowledged changes, or the whole database, if the machine of the server goes down (${off.join(' and ')} = off in postgresql.conf)`;
  return { durable: true, shared: true, ...(off.length > 0 && { lossWindow }) };
};

class PostgresStorage implements Storage {
  readonly kind = 'postgres';
  readonly place: string;
  readonly warning: string | undefined;
  readonly #database: Database;
  readonly #shared: Shared;
  #closing: Promise<void> | undefined;

  constructor(database: Database, channel: string, capabilities: StoreCapabilities) {
    this.#database = database;
    this.place = placeIn(database);
    this.warning = database.address.warning;
    const feed = new ChangeFeed(database, channel);
    this.#shared = {
      database,
      announcer: new Announcer(database, channel, () => feed.hearsOthers),
      capabilities,
      feed,
      offices: new Offices(database),
      wakefulness: new Wakefulness(),
    };
  }

  readonly placeOf = (name: JournalName): string => `${name} in ${this.place}`;

  readonly open = (name: JournalName, creation: Creation): Promise<Outcome<Store>> =>
    this.#outcome(async () => {
      const { read, statements } = this.#reading();
      const identity = typeof creation === 'object' ? creation.as : { id: randomUUID(), generation: 1 };
      let found = await this.#find(name);
      if (found === undefined && creation !== 'must-exist') {
        await read(statements.create, [name, identity.id, identity.generation]);
        found = await this.#find(name);
      }
      if (found === undefined) return this.#missing(name);
      if (typeof creation === 'object' && !isSame(found.identity, creation.as)) return this.#another(name);
      return ok(new PostgresStore(this.#shared, found));
    });

  readonly names = (): Promise<Outcome<readonly JournalName[]>> =>
    this.#outcome(async () => {
      const { read, statements } = this.#reading();
      const rows = await read(statements.names, []);
      return ok(rows.map(([name]) => String(name)).filter(isJournalName));
    });

  readonly wasBegun = (name: JournalName): Promise<Outcome<boolean>> =>
    this.#outcome(async () => ok((await this.#find(name)) !== undefined));

  readonly bytesOf = async (name: JournalName): Promise<number> => {
    const { read, statements } = this.#reading();
    const [row] = await read(statements.bytes, [name]);
    return Number(row?.[0] ?? 0);
  };

  readonly remove = (name: JournalName): Promise<Outcome<true>> =>
    this.#outcome(async () => {
      const found = await this.#find(name);
      if (found === undefined) return ok(true);
      return this.#change((ask, { dropJournal }) => ask(dropJournal, [name, found.key]));
    });

  readonly replace = (to: JournalName, from: JournalName, endsAt?: Seq): Promise<Outcome<true>> =>
    this.#outcome(async () => {
      const found = await this.#find(from);
      if (found === undefined) return this.#missing(from);
      return this.#change(async (ask, statements) => {
        const { lockJournals, agreeOnKeys, yieldToKeys, moveKeys, dropJournal, rename } = statements;
        const locked = await ask(lockJournals, [to, from]);
        const old = locked.find(([name]) => name === to);
        // Done before, and the answer to the commit was lost.
        if (old !== undefined && keyOf(old) === found.key) return;
        const next = locked.find(([name]) => name === from);
        if (next === undefined || keyOf(next) !== found.key) throw new StoreFailure(this.#missing(from));
        if (endsAt !== undefined && endsAt !== seqOf(old?.[1] ?? 0))
          throw new StoreFailure(movedOn(this.placeOf(to)));
        for (const each of [agreeOnKeys, yieldToKeys, moveKeys]) await ask(each, [to, from]);
        if (old !== undefined) await ask(dropJournal, [to, keyOf(old)]);
        await ask(rename, [to, from]);
      });
    });

  readonly close = (): Promise<void> => (this.#closing ??= this.#close());

  async #close(): Promise<void> {
    await this.#shared.announcer.close();
    this.#shared.feed.close();
    this.#shared.offices.close();
    await this.#database.close();
  }

  #reading() {
    const database = this.#database;
    return { statements: database.statements, read: database.read.bind(database) };
  }

  async #find(name: JournalName): Promise<Found | undefined> {
    const { read, statements } = this.#reading();
    const [row] = await read(statements.find, [name]);
    if (row === undefined) return undefined;
    const [key, id, generation, openedAt] = row;
    return {
      key: Number(key),
      name,
      identity: { id: String(id), generation: Number(generation) },
      openedAt: Number(openedAt),
    };
  }

  /** All or nothing. It is done again when the answer to its commit was lost: what was done then must not be undone. */
  #change(work: (ask: Ask, statements: Database['statements']) => Promise<unknown>): Promise<Outcome<true>> {
    const database = this.#database;
    return this.#outcome(() =>
      database.patiently(() =>
        database.transaction(async (ask) => {
          await work(ask, database.statements);
          return ok(true);
        }),
      ),
    );
  }

  async #outcome<T>(work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    try {
      return await work();
    } catch (thrown) {
      return refusalOf(this.#database.address, thrown);
    }
  }

  #missing(name: JournalName): Refusal {
    const { place } = this;
    return refuse(
      'journal_missing',
      `There is no journal ${name} in the database ${place}. Restore a backup, or name the right database and cluster, and try again.`,
      { place, journal: name },
    );
  }

  #another(name: JournalName): Refusal {
    const { place } = this;
    return refuse(
      'exists',
      `There is another journal ${name} in the database ${place} already. Nothing was changed. Remove that one, or name another place.`,
      { place, journal: name },
    );
  }
}

const keyOf = ([, , key]: Row): number => Number(key);

const isSame = (one: JournalIdentity, other: JournalIdentity): boolean =>
  one.id === other.id && one.generation === other.generation;
