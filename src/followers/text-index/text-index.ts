import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../engine/clock.ts';
import type { Log } from '../../engine/log.ts';
import type { Looking, TextSearch } from '../../engine/search.ts';
import type { Head } from '../../journal/head.ts';
import type { Journal } from '../../journal/journal.ts';
import { chainStart } from '../../journal/chain.ts';
import { type JournalIdentity, StoreFailure } from '../../journal/store.ts';
import { mayRead } from '../../kernel/area.ts';
import { assert } from '../../kernel/assert.ts';
import type { Entry, Seq } from '../../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { quoted } from '../../kernel/text.ts';
import type { Found, SearchHit, SearchQuery } from '../../kernel/search.ts';
import { excerptOf } from './excerpt.ts';
import { fileName } from './file-name.ts';
import { Gathered, additionCharacters, additionDocuments, charactersOf } from './gathered.ts';
import { matchOf } from './match.ts';
import { type Addition, type IndexState, type Looked, type Lookup, isSame } from './messages.ts';
import { type Term, termsOf } from './terms.ts';
import type { Texts } from './texts.ts';
import { IndexThread } from './thread.ts';

/** Of a journal with more entries that fit, the newest so many are ranked; all are counted. */
const rankedMaxDefault = 20_000;
/** How much is read at once before others have a turn: about two milliseconds' worth. */
const pageEntries = 200;
/** How long a search waits for the index to come up to the journal. */
const patienceMs = 20_000;

export interface TextIndexOptions {
  readonly cacheDir: string;
  readonly texts: Texts;
  readonly identity: JournalIdentity;
  readonly clock: Clock;
  readonly log: Log;
  readonly rankedMax?: number;
  /** No file is made: where the journal is encrypted, its words must not lie beside it. */
  readonly inMemory?: boolean;
}

/**
 * The full-text index of one journal: a file in the cache directory that any process of this machine brings up to date
 * when it searches, by one who writes at a time. It may be deleted at any moment, and is then built anew.
 *
 * Whoever adds names where the index must stand, with the link of the hash chain, so that two who read the same entries
 * add them once, and nobody adds to the index of another history.
 */
export class TextIndex implements TextSearch {
  readonly #options: TextIndexOptions;
  readonly #path: string;
  readonly #thread: IndexThread;
  readonly #gathered: Gathered;
  readonly #start: Head;
  /** Counts how often all was given up: what was read before that is not added any more. */
  #forgotten = 0;
  /** Where the index stood last, checked against the journal. */
  #at: Head;
  #wanted: Seq = 0;
  #catching: Promise<Refusal | undefined> | undefined;
  #closed = false;

  constructor(options: TextIndexOptions) {
    this.#options = options;
    this.#path = indexPath(options);
    this.#start = { seq: 0, chain: chainStart(options.identity.id) };
    this.#at = this.#start;
    this.#gathered = new Gathered(options.texts);
    const settings = { path: this.#path, inMemory: options.inMemory ?? false, start: this.#start };
    this.#thread = new IndexThread(settings, (note) => options.log.warn(note));
  }

  readonly find = async (query: SearchQuery, { journal, viewer }: Looking): Promise<Outcome<Found>> => {
    const terms = termsOf(query.text);
    if (!terms.ok) return terms;
    const unknown = unknownFilter(this.#options.texts, query);
    if (unknown !== undefined) return unknown;
    const upTo = journal.head.seq;
    const { since = 0, before = upTo + 1, limit, offset } = query;
    const lookup = {
      match: matchOf(terms.value, query, viewer),
      since,
      before: Math.min(before, upTo + 1),
      limit,
      offset,
      rankedMax: this.#options.rankedMax ?? rankedMaxDefault,
    };
    const patience = this.#patience();
    try {
      for (let isMended = false; ; ) {
        const looked = await this.#look(journal, lookup, upTo);
        if (!looked.ok) return looked;
        if (looked.value !== undefined) {
          const { seqs, scores, total } = looked.value;
          const hits = this.#hits(await journal.entriesAt(seqs), { scores, terms: terms.value, viewer });
          if (hits !== undefined) return ok({ hits, total, upTo });
          assert(!isMended, 'a new index has only what is to be found');
          isMended = true;
          await this.#beginAnew(this.#at, 'has entries in it that are not to be found');
        }
        const behind = await Promise.race([this.catchUp(journal, upTo), patience.over]);
        if (behind !== undefined) return behind;
      }
    } catch (thrown) {
      if (thrown instanceof StoreFailure) return thrown.refusal;
      throw thrown;
    } finally {
      patience.end();
    }
  };

  /** Has the index contain everything up to `upTo`; the refusal when that is impossible. */
  async catchUp(journal: Journal, upTo: Seq): Promise<Refusal | undefined> {
    this.#wanted = Math.max(this.#wanted, upTo);
    this.#catching ??= this.#advance(journal).finally(() => {
      this.#catching = undefined;
    });
    return this.#catching;
  }

  /** Is told of entries as they go by, and where the journal stands behind them, so that it need not read them. */
  gather(entries: readonly Entry[], head: Head): void {
    this.#gathered.add(entries, head);
  }

  /** Gives up all that was indexed, of this journal's texts as they were until now; the refusal when that is impossible. */
  async forget(): Promise<Refusal | undefined> {
    this.#forgotten += 1;
    this.#gathered.forget();
    this.#at = this.#start;
    const done = await this.#thread.do({ kind: 'forget' });
    return done.ok ? undefined : done;
  }

  /** The last entry that is known to be in it. */
  get standsAt(): Seq {
    return this.#at.seq;
  }

  /** A second call does nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#catching;
    await this.#thread.close();
  }

  /** What was found; undefined when the index is behind, or belongs to another history and begins anew. */
  async #look(journal: Journal, lookup: Lookup, upTo: Seq): Promise<Outcome<Looked | undefined>> {
    const done = await this.#thread.do({ kind: 'search', lookup });
    if (!done.ok) return done;
    const { at, looked } = done.value;
    const standing = await this.#checked(journal, at);
    if (!standing.ok) return standing;
    return ok(isSame(standing.value, at) && at.seq >= upTo ? looked : undefined);
  }

  async #advance(journal: Journal): Promise<Refusal | undefined> {
    try {
      const standing = await this.#thread.do({ kind: 'stand' });
      if (!standing.ok) return standing;
      let at = await this.#checked(journal, standing.value.at);
      let next: Addition | undefined;
      let forgotten = this.#forgotten;
      while (at.ok && at.value.seq < this.#wanted && !this.#closed) {
        const addition: Addition =
          next !== undefined && isSame(next.after, at.value) ? next : await this.#read(journal, at.value);
        if (addition.head.seq === at.value.seq) return journalEnds(at.value.seq);
        if (forgotten !== this.#forgotten) {
          forgotten = this.#forgotten;
          next = undefined;
          at = ok(this.#start);
          continue;
        }
        const [added, ahead] = await Promise.all([
          this.#thread.do({ kind: 'add', addition }),
          addition.head.seq < this.#wanted ? this.#read(journal, addition.head) : undefined,
        ]);
        if (!added.ok) return added;
        next = ahead;
        if (isSame(added.value.at, addition.head)) this.#at = addition.head;
        at = await this.#checked(journal, added.value.at);
      }
      return at.ok ? undefined : at;
    } catch (thrown) {
      if (thrown instanceof StoreFailure) return thrown.refusal;
      throw thrown;
    }
  }

  /** Where the index stands, once it is certain that the journal has come by there: else it begins anew. */
  async #checked(journal: Journal, at: Head): Promise<Outcome<Head>> {
    if (isSame(at, this.#at) || (await journal.hasPassed(at))) {
      this.#at = at;
      return ok(at);
    }
    const reset = await this.#beginAnew(at, 'belongs to another history of the journal');
    return reset.ok ? this.#checked(journal, reset.value.at) : reset;
  }

  #beginAnew(at: Head, why: string): Promise<Outcome<IndexState>> {
    this.#options.log.warn(`the full-text index ${this.#path} ${why} and is built anew`);
    return this.#thread.do({ kind: 'reset', at });
  }

  /** The next batch behind `after`, as it was gathered, or read page by page with a turn for others in between. */
  async #read(journal: Journal, after: Head): Promise<Addition> {
    const gathered = this.#gathered.take(after);
    if (gathered !== undefined) return gathered;
    const documents = [];
    let head = after;
    let characters = 0;
    while (head.seq < after.seq + additionDocuments && characters < additionCharacters) {
      const limit = Math.min(pageEntries, this.#gathered.gapBehind(head));
      const page = await journal.entriesAfter(head, limit);
      for (const entry of page.entries) {
        const document = this.#options.texts.document(entry);
        if (document === undefined) continue;
        documents.push(document);
        characters += charactersOf(document);
      }
      ({ head } = page);
      if (page.entries.length < pageEntries) break;
      await turn();
    }
    return { after, head, documents };
  }

  /** Undefined when one of the entries should not have been found, which is damage that SQLite does not see. */
  #hits(entries: readonly Entry[], { scores, terms, viewer }: Showing): SearchHit[] | undefined {
    const hits: SearchHit[] = [];
    for (const [i, entry] of entries.entries()) {
      const found = this.#options.texts.findings(entry);
      if (found === undefined || !mayRead(found.visibleTo, viewer)) return undefined;
      const { area, kind, ref, texts } = found;
      const { seq, time, actor } = entry;
      const excerpt = excerptOf(texts, terms);
      hits.push({ seq, area, kind, ref, time, agent: actor.agent, excerpt, score: scores[i] ?? 0 });
    }
    return hits;
  }

  #patience(): { readonly over: Promise<Refusal>; readonly end: () => void } {
    const { promise, resolve } = Promise.withResolvers<Refusal>();
    const end = this.#options.clock.after(patienceMs, () =>
      resolve(
        refuse(
          'overloaded',
          `The full-text index is being built: ${this.#at.seq} of ${this.#wanted} entries are in it. Search again in a moment.`,
        ),
      ),
    );
    return { over: promise, end };
  }
}

/** One for each journal, generation, and set of rules by which it is made: programs that differ in them do not meet. */
export const indexPath = ({
  cacheDir,
  texts,
  identity,
}: Pick<TextIndexOptions, 'cacheDir' | 'texts' | 'identity'>): string =>
  join(
    cacheDir,
    fileName({ journal: identity.id, generation: identity.generation, fingerprint: texts.fingerprint }),
  );

const journalEnds = (seq: Seq): Refusal =>
  refuse(
    'storage_failed',
    `The journal ends at entry ${seq}, though later ones have been read. Look at its file before you search again.`,
  );

interface Showing {
  readonly scores: readonly number[];
  readonly terms: readonly Term[];
  readonly viewer: string | undefined;
}

/** A filter that no entry can ever fit is a slip, and finding nothing would not say so. */
const unknownFilter = (known: Texts, { areas = [], kinds = [] }: SearchQuery): Refusal | undefined => {
  const area = areas.find((name) => !known.areas.includes(name));
  if (area !== undefined)
    return refuse(
      'invalid_input',
      `There is nothing to find in an area ${quoted(area)}. Areas with texts are ${known.areas.join(', ')}.`,
    );
  const kind = kinds.find((name) => !known.kinds.includes(name));
  return kind === undefined
    ? undefined
    : refuse(
        'invalid_input',
        `No entries with texts are of the kind ${quoted(kind)}. There are ${known.kinds.join(', ')}.`,
      );
};
