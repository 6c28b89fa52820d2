import { randomUUID } from 'node:crypto';
import { type Creation, type JournalName, type Storage, movedOn } from '../../journal/storage.ts';
import type { JournalIdentity, Store } from '../../journal/store.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type Outcome, ok, type Refusal } from '../../kernel/errors.ts';
import { refuseCluster } from '../../journal/cluster-name.ts';
import { refuseOther } from '../other-journal.ts';
import { Wakefulness } from '../../journal/wakefulness.ts';
import { parseAddress } from './address.ts';
import { storeFailure } from './failures.ts';
import { ChangeFeed } from './feed.ts';
import { begunKey, journalNameOf, type JournalKeys, keysOf } from './keys.ts';
import { formatVersion } from './library.ts';
import { RedisStore } from './redis-store.ts';
import { askState, itemsOf, stateOf, textsOf, verdictOf } from './replies.ts';
import { Server } from './server.ts';
import { Trouble } from './trouble.ts';

export interface RedisStorageOptions {
  /** `redis://` or, for TLS, `rediss://`, with user, password and number of the database where needed. */
  readonly url: string;
  /** Begins the names of all keys, so that several clusters can share a database. */
  readonly cluster: string;
  /** Whether a server is good enough that may lose some of what it has acknowledged. */
  readonly acceptDataLossWindow: boolean;
  /** How long an office outlives a process that was killed. */
  readonly officeTermMs?: number;
  /** How long a call waits for a connection that was lost. */
  readonly patienceMs?: number;
  /** How long the server may take over an answer. */
  readonly answerMs?: number;
}

const usual = { officeTermMs: 10_000, patienceMs: 3_000, answerMs: 10_000 } as const;

/** Connects, and refuses a server that could lose what it acknowledges unless that is accepted. */
export const openRedisStorage = async (options: RedisStorageOptions): Promise<Outcome<Storage>> => {
  const refused = refuseCluster(options.cluster);
  if (refused !== undefined) return refused;
  const address = parseAddress(options.url);
  if (!address.ok) return address;
  const { patienceMs, answerMs, officeTermMs } = { ...usual, ...options };
  const { acceptDataLossWindow, cluster } = options;
  const server = await Server.open({ address: address.value, acceptDataLossWindow, patienceMs, answerMs });
  return server.ok ? ok(new RedisStorage(server.value, cluster, officeTermMs)) : server;
};

class RedisStorage implements Storage {
  readonly kind = 'redis';
  readonly place: string;
  readonly #server: Server;
  readonly #feed: ChangeFeed;
  readonly #cluster: string;
  readonly #officeTermMs: number;
  readonly #wakefulness = new Wakefulness();

  constructor(server: Server, cluster: string, officeTermMs: number) {
    this.place = `${server.place}, cluster ${cluster}`;
    this.#server = server;
    this.#feed = new ChangeFeed(server);
    this.#cluster = cluster;
    this.#officeTermMs = officeTermMs;
  }

  readonly placeOf = (name: JournalName): string => `${this.#keysOf(name).journal} in ${this.#server.place}`;

  readonly open = async (name: JournalName, creation: Creation): Promise<Outcome<Store>> => {
    const keys = this.#keysOf(name);
    const time = await this.#server.read(['TIME']);
    if (!time.ok) return time;
    const [seconds = '0', micros = '0'] = textsOf(time.value);
    const identity = await this.#found(name, creation);
    if (!identity.ok) return identity;
    const { durability } = this.#server;
    if (!durability.ok) return durability;
    const { lossWindow } = durability.value;
    return ok(
      new RedisStore({
        server: this.#server,
        feed: this.#feed,
        keys,
        identity: identity.value,
        openedAt: Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000),
        capabilities: { durable: true, shared: true, ...(lossWindow !== undefined && { lossWindow }) },
        officeTermMs: this.#officeTermMs,
        wakefulness: this.#wakefulness,
      }),
    );
  };

  readonly names = async (): Promise<Outcome<readonly JournalName[]>> => {
    const begun = await this.#server.read(['SMEMBERS', begunKey(this.#cluster)]);
    if (!begun.ok) return begun;
    const names = textsOf(begun.value).flatMap((text) => journalNameOf(text) ?? []);
    const found: JournalName[] = [];
    for (const name of names.toSorted()) {
      const there = await this.#server.read(['EXISTS', this.#keysOf(name).journal]);
      if (!there.ok) return there;
      if (there.value === 1) found.push(name);
    }
    return ok(found);
  };

  readonly wasBegun = async (name: JournalName): Promise<Outcome<boolean>> => {
    const { journal, log } = this.#keysOf(name);
    const [begun, there] = await Promise.all([
      this.#server.read(['SISMEMBER', begunKey(this.#cluster), name]),
      this.#server.read(['EXISTS', journal, log]),
    ]);
    if (!begun.ok) return begun;
    return there.ok ? ok(begun.value === 1 || Number(there.value) > 0) : there;
  };

  readonly bytesOf = async (name: JournalName): Promise<number> => {
    const { journal, log } = this.#keysOf(name);
    const used = await Promise.all([journal, log].map((key) => this.#server.read(['MEMORY', 'USAGE', key])));
    return used.reduce((sum, one) => {
      if (!one.ok) throw storeFailure(one);
      return sum + Number(one.value ?? 0);
    }, 0);
  };

  readonly remove = async (name: JournalName): Promise<Outcome<true>> => {
    const { all } = this.#keysOf(name);
    // First the list, so that what is left when this is cut short is a journal and not a loss.
    const unlisted = await this.#server.run(['SREM', begunKey(this.#cluster), name]);
    if (!unlisted.ok) return unlisted;
    for (let cursor = '0'; ; ) {
      const found = await this.#server.run(['SCAN', cursor, 'MATCH', all, 'COUNT', '1000']);
      if (!found.ok) return found;
      const [next, keys] = itemsOf(found.value);
      const [first, ...others] = textsOf(keys);
      const gone = first === undefined ? found : await this.#server.run(['UNLINK', first, ...others]);
      if (!gone.ok) return gone;
      cursor = String(next);
      if (cursor === '0') return ok(true);
    }
  };

  readonly replace = async (to: JournalName, from: JournalName, endsAt?: Seq): Promise<Outcome<true>> => {
    const [old, next] = [this.#keysOf(to), this.#keysOf(from)];
    const keys = [old, next].flatMap(({ journal, log, subjectKeys }) => [journal, log, subjectKeys]);
    keys.push(begunKey(this.#cluster));
    const answer = await this.#server.call('replace', keys, [to, from, String(endsAt ?? '')]);
    if (!answer.ok) return answer;
    const { verdict, rest } = verdictOf(answer.value);
    if (verdict === 'missing') return this.#troubleOf(next).absent();
    if (verdict === 'moved') return movedOn(this.placeOf(to));
    if (verdict !== 'replaced') return this.#troubleOf(next).refusalOf(verdict, rest[0], 0);
    return this.remove(from);
  };

  readonly close = async (): Promise<void> => {
    this.#feed.close();
    this.#server.close();
  };

  #keysOf(name: JournalName): JournalKeys {
    return keysOf(this.#cluster, name);
  }

  #troubleOf({ journal }: Pick<JournalKeys, 'journal'>): Trouble {
    return new Trouble(this.#server.place, journal);
  }

  /** The identity of a journal that is there, or is made now. Looking for it needs no permission to write. */
  async #found(name: JournalName, creation: Creation): Promise<Outcome<JournalIdentity>> {
    const keys = this.#keysOf(name);
    const [state, listed] = await Promise.all([
      this.#server.read(askState(keys.journal)),
      this.#server.read(['SISMEMBER', begunKey(this.#cluster), name]),
    ]);
    if (!state.ok) return asReading(state);
    if (!listed.ok) return asReading(listed);
    const there = stateOf(state.value);
    if (there === undefined) return this.#begin(name, creation);
    if (there.format > formatVersion) return this.#troubleOf(keys).newer(there.format);
    // Somebody has deleted the list. On a replica this fails, as all writing does; the next who opens it does it.
    if (listed.value !== 1) await this.#server.run(['SADD', begunKey(this.#cluster), name]);
    return this.#asWanted(name, there.identity, creation);
  }

  async #begin(name: JournalName, creation: Creation): Promise<Outcome<JournalIdentity>> {
    const { journal, log } = this.#keysOf(name);
    const { id, generation } =
      typeof creation === 'object' ? creation.as : { id: randomUUID(), generation: 1 };
    const args = [id, String(generation), creation === 'must-exist' ? '0' : '1', name];
    const answer = await this.#server.call('begin', [journal, log, begunKey(this.#cluster)], args);
    if (!answer.ok) return asReading(answer);
    const { verdict, rest } = verdictOf(answer.value);
    const [madeId, madeGeneration] = textsOf(rest);
    const trouble = this.#troubleOf({ journal });
    switch (verdict) {
      case 'there':
        return this.#asWanted(name, { id: madeId ?? '', generation: Number(madeGeneration) }, creation);
      case 'remains':
        return trouble.lost(`DEL ${log}`, `SREM ${begunKey(this.#cluster)} ${name}`);
      case 'missing':
        return trouble.absent();
      default:
        return trouble.refusalOf(verdict, madeId, 0);
    }
  }

  #asWanted(name: JournalName, found: JournalIdentity, creation: Creation): Outcome<JournalIdentity> {
    const wanted = typeof creation === 'object' ? creation.as : found;
    return refuseOther(this.placeOf(name), found, wanted) ?? ok(found);
  }
}

/** Before a journal is open nothing can have been stored in it. */
const asReading = (refusal: Refusal): Refusal => storeFailure(refusal).refusal;
