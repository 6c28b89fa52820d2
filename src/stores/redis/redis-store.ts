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
import { assert, present } from '../../kernel/assert.ts';
import type { Seq } from '../../kernel/entry.ts';
import { ok, type Outcome, type Refusal, refuse } from '../../kernel/errors.ts';
import { nameLengthMax, namePattern } from '../../kernel/names.ts';
import { assertWellFormed } from '../append-request.ts';
import type { Wakefulness } from '../../journal/wakefulness.ts';
import { RedisCounters } from './counters.ts';
import type { ChangeFeed } from './feed.ts';
import { storeFailure } from './failures.ts';
import type { JournalKeys } from './keys.ts';
import { Offices } from './offices.ts';
import { Reader } from './reader.ts';
import { identityText, verdictOf } from './replies.ts';
import type { Server } from './server.ts';
import { RedisSubjectKeys } from './subject-keys.ts';
import { Trouble } from './trouble.ts';
import { Watch } from './watch.ts';

export interface RedisStoreParts {
  readonly server: Server;
  readonly feed: ChangeFeed;
  readonly keys: JournalKeys;
  readonly identity: JournalIdentity;
  readonly openedAt: number;
  readonly capabilities: StoreCapabilities;
  readonly officeTermMs: number;
  readonly wakefulness: Wakefulness;
}

/** How many entries are taken out at once; the server does nothing else meanwhile. */
const trimmedRows = 10_000;

/** A journal in Redis: a hash that says where it ends, and a stream with an entry per row. */
export class RedisStore implements Store {
  readonly capabilities: StoreCapabilities;
  readonly identity: JournalIdentity;
  readonly openedAt: number;
  readonly counters: RedisCounters;
  readonly subjectKeys: RedisSubjectKeys;
  readonly #server: Server;
  readonly #keys: JournalKeys;
  readonly #trouble: Trouble;
  readonly #reader: Reader;
  readonly #watch: Watch;
  readonly #offices: Offices;
  readonly #wakefulness: Wakefulness;
  #appending: Promise<AppendOutcome> | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: RedisStoreParts) {
    const { server, keys, identity } = parts;
    this.capabilities = parts.capabilities;
    this.identity = identity;
    this.openedAt = parts.openedAt;
    this.#server = server;
    this.#wakefulness = parts.wakefulness;
    this.#keys = keys;
    this.#trouble = new Trouble(server.place, keys.journal);
    this.#reader = new Reader({ server, keys, identity, trouble: this.#trouble });
    this.#watch = new Watch(parts.feed, keys, identity);
    this.#offices = new Offices(server, keys, parts.officeTermMs);
    this.counters = new RedisCounters(server, keys);
    this.subjectKeys = new RedisSubjectKeys({
      server,
      keys,
      identity,
      refusalOf: (verdict, detail) => this.#refusalOf(verdict, detail, 0),
    });
  }

  readonly head = async (): Promise<Seq> => {
    const { seq } = await this.#readable().state();
    this.#watch.seen(seq);
    return seq;
  };

  readonly read = async (after: Seq, limit: number): Promise<readonly StoredRow[]> => {
    assert(Number.isSafeInteger(limit) && limit > 0, 'a page has a positive number of rows');
    const rows = await this.#readable().read(after, limit);
    this.#watch.seen(rows.at(-1)?.seq ?? 0);
    return rows;
  };

  readonly readAt = async (seqs: readonly Seq[]): Promise<readonly LinkedRow[]> =>
    this.#readable().readAt(seqs);

  readonly base = async (): Promise<Base> => {
    const { base, baseChain } = await this.#readable().state();
    return { seq: base, chain: base === 0 ? undefined : baseChain };
  };

  readonly append = async (request: AppendRequest): Promise<AppendOutcome> => {
    assertWellFormed(request);
    assert(this.#appending === undefined, 'appends do not overlap');
    if (this.#closing !== undefined) return { kind: 'unknown', code: 'stopping', reason: closedText };
    const { durability } = this.#server;
    if (!durability.ok) return unknown(durability);
    this.#appending = this.#wakefulness.during(request.rows.length, () => this.#append(request));
    try {
      return await this.#appending;
    } finally {
      this.#appending = undefined;
    }
  };

  readonly truncate = async (upTo: { readonly seq: Seq; readonly chain: string }): Promise<Outcome<true>> => {
    if (this.#closing !== undefined) return closed();
    const args = [identityText(this.identity), String(upTo.seq), upTo.chain];
    const answer = await this.#server.call('cut', [this.#keys.journal, this.#keys.log], args);
    if (!answer.ok) return answer;
    const { verdict, rest } = verdictOf(answer.value);
    return verdict === 'cut' ? this.#trim(upTo.seq) : this.#refusalOf(verdict, rest[0], upTo.seq);
  };

  readonly watch = (listener: () => void): (() => void) =>
    this.#closing === undefined ? this.#watch.add(listener) : () => {};

  readonly elect = async (name: string): Promise<Office | undefined> => {
    assert(namePattern.test(name) && name.length <= nameLengthMax, 'the name of an office fits a file name');
    return this.#closing === undefined ? this.#offices.take(name) : undefined;
  };

  readonly health = async (): Promise<StoreHealth> => {
    if (this.#closing !== undefined) return { writable: false, reason: closedText };
    const trouble = await this.#rehearse();
    return { writable: trouble === undefined, reason: trouble?.message };
  };

  readonly close = (): Promise<void> => (this.#closing ??= this.#close());

  #readable(): Reader {
    if (this.#closing === undefined) return this.#reader;
    throw new StoreFailure(closed());
  }

  async #append(request: AppendRequest): Promise<AppendOutcome> {
    const { expected, link, batch, rows } = request;
    this.#watch.appending(batch);
    const texts = rows.flatMap(({ text, chain }) => [text, chain]);
    const answer = await this.#server.call(
      'append',
      [this.#keys.journal, this.#keys.log],
      [identityText(this.identity), String(expected), link, batch, ...texts],
    );
    const { verdict, rest } = verdictOf(answer.ok ? answer.value : undefined);
    if (verdict === 'appended') {
      this.#watch.appended(present(rows.at(-1), 'an append has rows').seq);
      return { kind: 'appended' };
    }
    this.#watch.notEstablished(expected);
    if (!answer.ok) return answer.details['sent'] === false ? refused(answer) : unknown(answer);
    if (verdict !== 'moved') return unknown(await this.#refusalOf(verdict, rest[0], expected));
    try {
      return { kind: 'moved', missed: await this.#reader.readOn(rest[1], Number(rest[0])) };
    } catch (failure) {
      if (failure instanceof StoreFailure) return unknown(failure.refusal);
      throw failure;
    }
  }

  async #refusalOf(verdict: string, detail: unknown, seq: Seq): Promise<Refusal> {
    return verdict === 'missing' ? this.#reader.missing() : this.#trouble.refusalOf(verdict, detail, seq);
  }

  /** A piece at a time. What is left over, should this be cut short, goes next time, and is never read. */
  async #trim(seq: Seq): Promise<Outcome<true>> {
    const first = await this.#reader.firstKept();
    for (let next = first; next <= seq; ) {
      next = Math.min(next + trimmedRows, seq + 1);
      const trimmed = await this.#server.run(['XTRIM', this.#keys.log, 'MINID', `0-${next}`]);
      if (!trimmed.ok) return trimmed;
    }
    return ok(true);
  }

  /** What would keep an append from working now. */
  async #rehearse(): Promise<Refusal | undefined> {
    const inspected = await this.#server.inspect();
    if (!inspected.ok) return storeFailure(inspected).refusal;
    const { durability } = this.#server;
    if (!durability.ok) return durability;
    const keys = [this.#keys.journal, this.#keys.log];
    const answer = await this.#server.call('rehearse', keys, [identityText(this.identity)]);
    if (!answer.ok) return storeFailure(answer).refusal;
    const { verdict, rest } = verdictOf(answer.value);
    return verdict === 'fit' ? undefined : this.#refusalOf(verdict, rest[0], 0);
  }

  async #close(): Promise<void> {
    await this.#appending;
    this.#watch.close();
    this.counters.close();
    await this.#offices.close();
  }
}

const closedText = 'This store was closed. Nothing was stored.';

const closed = (): Refusal => refuse('stopping', closedText);

const refused = ({ code, message }: Refusal): AppendOutcome => ({ kind: 'refused', code, reason: message });

const unknown = ({ code, message }: Refusal): AppendOutcome => ({ kind: 'unknown', code, reason: message });
