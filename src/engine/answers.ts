import type { Area, Attention, News } from '../kernel/area.ts';
import type { Carried } from '../kernel/carried.ts';
import { present } from '../kernel/assert.ts';
import { type Actor, type Entry, type Seq, mayKnow } from '../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import type { Instant } from '../kernel/instants.ts';
import type { Answer, Answered, Facts, PreparedCommand, PreparedQuery } from '../kernel/operation.ts';
import type { Done } from '../kernel/waiting.ts';
import type { Remembered } from '../journal/snapshots.ts';
import { type Cursors, later } from './carried.ts';
import type { SearchQuery } from '../kernel/search.ts';
import type { Slices } from '../kernel/slices.ts';
import type { Journal } from '../journal/journal.ts';
import { StoreFailure } from '../journal/store.ts';
import type { Decided, Fate } from './batch.ts';
import type { Log } from './log.ts';
import type { TextSearch } from './search.ts';
import type { FoldedState } from './state.ts';
import { type Rules, defect } from './unit.ts';

/** What a call is answered with. */
export interface Reply {
  readonly value: unknown;
  readonly actor: Actor;
  /** The call had been done before, under the same request id. */
  readonly replayed: boolean;
  /** What the agent that called has not been told yet, in a line of ASCII. */
  readonly waiting: string | undefined;
  /** What this answer tells the agent that called, as far as it has to be told only once. */
  readonly cursors: Cursors | undefined;
  /** Nothing that a caller who waits would want yet. */
  readonly empty: boolean;
  /** Of what it carries, for a caller that says itself what has arrived. */
  readonly receipt?: string | undefined;
}

export interface AnswersOptions {
  readonly workspace: () => string;
  readonly rules: Rules;
  readonly state: FoldedState;
  readonly journal: Journal;
  readonly log: Log;
  readonly now: () => Instant;
  /** What the agent that calls has got, as calls have proven. */
  readonly arrived: (of: Pick<Actor, 'agent'>) => Cursors;
  readonly search: TextSearch | undefined;
}

type Fetch = (seqs: readonly Seq[]) => readonly Entry[] | Promise<readonly Entry[]>;

/** At once where nothing has to be read or searched for. */
export type Made = Outcome<Reply> | Promise<Outcome<Reply>>;

/** An answer in the making. */
interface Making {
  readonly actor: Actor;
  readonly slices: Slices;
  readonly replayed: boolean;
  readonly begin: () => Answer<Answered>;
  readonly fetch: Fetch;
}

type Replayed = Extract<Fate, { readonly kind: 'replayed' }>;

const seqsOf = ({ seq, size }: Remembered): Seq[] => Array.from({ length: size }, (_, i) => seq + i);

/** Makes answers, and fetches the entries that they need. What an answer throws is a defect, never the caller's fault. */
export class Answers {
  readonly #options: AnswersOptions;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  ofQuery(prepared: PreparedQuery, actor: Actor, slices: Slices): Made {
    const begin = (): Answer<Answered> => prepared.run(slices, this.facts(actor, slices));
    return this.#finish({ actor, slices, replayed: false, begin, fetch: this.#stored });
  }

  /**
   * The answer to a unit whose batch is being stored, made meanwhile. It is given away only once that has succeeded;
   * until then the entries of the batch are found here and nowhere else.
   */
  ofUnit(prepared: PreparedCommand, { actor, unit }: Decided, batch: readonly Entry[]): Made {
    const { slices, entries } = unit;
    const begin = (): Answer<Answered> =>
      prepared.answer(
        { entries, replayed: false },
        slices,
        this.facts(joined(prepared, actor, entries), slices),
      );
    return this.#finish({
      actor,
      slices,
      replayed: false,
      begin,
      fetch: (seqs) => this.#beside(batch, seqs),
    });
  }

  /** The answer to a call that was done before, made from its entries again. */
  ofRepeat(prepared: PreparedCommand, { actor, remembered }: Replayed): Made {
    const { slices } = this.#options.state;
    const begin = (): Answer<Answered> => ({
      ok: 'fetch',
      seqs: seqsOf(remembered),
      build: (entries) =>
        prepared.answer(
          { entries, replayed: true },
          slices,
          this.facts(joined(prepared, actor, entries), slices),
        ),
    });
    return this.#finish({ actor, slices, replayed: true, begin, fetch: this.#stored });
  }

  /** The answer to a call that has waited for its turn, made on the state as it is now. */
  ofTurn(prepared: PreparedCommand, actor: Actor, done: Done): Made {
    const { slices } = this.#options.state;
    const begin = (): Answer<Answered> => prepared.answer(done, slices, this.facts(actor, slices));
    return this.#finish({ actor, slices, replayed: done.replayed, begin, fetch: this.#stored });
  }

  /** What a call wrote, also when that was done by an earlier one under the same request id. */
  async doneBy(fate: Decided | Replayed): Promise<Outcome<Done>> {
    if (fate.kind === 'decided') return ok({ entries: fate.unit.entries, replayed: false });
    try {
      return ok({ entries: await this.#stored(seqsOf(fate.remembered)), replayed: true });
    } catch (thrown) {
      return thrown instanceof StoreFailure ? thrown.refusal : defect(this.#options.log, 'repeating', thrown);
    }
  }

  #finish(making: Making): Made {
    try {
      let answer = making.begin();
      while (answer.ok === 'fetch') {
        const entries = making.fetch(answer.seqs);
        if (entries instanceof Promise) return this.#finishLater(making, entries.then(answer.build));
        answer = answer.build(entries);
      }
      return answer.ok === 'search'
        ? this.#finishLater(making, this.#searched(answer, making.actor))
        : this.#replyWith(making, answer);
    } catch (thrown) {
      return this.#failed(thrown);
    }
  }

  async #finishLater(making: Making, begun: Promise<Answer<Answered>>): Promise<Outcome<Reply>> {
    try {
      const answer = await begun;
      return await this.#finish({ ...making, begin: () => answer });
    } catch (thrown) {
      return this.#failed(thrown);
    }
  }

  #failed(thrown: unknown): Refusal {
    return thrown instanceof StoreFailure ? thrown.refusal : defect(this.#options.log, 'answering', thrown);
  }

  #replyWith({ actor, slices, replayed }: Making, answer: Outcome<Answered>): Outcome<Reply> {
    if (!answer.ok) return answer;
    const { value, carried, empty } = answer.value;
    const arrived = this.#options.arrived(actor);
    const news = this.#newsFor(actor, slices, carried === undefined ? arrived : later(arrived, carried));
    const offered = news.reduce((seq, one) => Math.max(seq, one.seq), 0);
    return ok({
      value,
      actor,
      replayed,
      empty,
      waiting: news.length === 0 ? undefined : hintOf(news),
      cursors: offered > 0 ? { ...carried, offered } : carried,
    });
  }

  async #searched<T>(
    { query, build }: Extract<Answer<T>, { readonly ok: 'search' }>,
    { agent: viewer, scope }: Actor,
  ): Promise<Answer<T>> {
    const { search, journal } = this.#options;
    if (search === undefined) {
      return refuse(
        'invalid_state',
        'This journal has no full-text index in this process, so nothing can be searched. Ask a hub that serves the workspace.',
      );
    }
    const known = withinScope(query, scope, this.#options.rules.areas);
    if (known.areas?.length === 0) return build({ hits: [], total: 0, upTo: this.#options.state.seq });
    const found = await search.find(known, { journal, viewer });
    return found.ok ? build(found.value) : found;
  }

  /** Those of which somebody held so may hear. */
  #areasFor(scope: Actor['scope']): readonly Area[] {
    const { areas } = this.#options.rules;
    return scope === undefined ? areas : areas.filter(({ name }) => mayKnow(scope, name));
  }

  #newsFor({ agent, scope }: Actor, slices: Slices, arrived: Carried): readonly News[] {
    return agent === undefined
      ? noNews
      : this.#areasFor(scope).flatMap((area) =>
          area.news(slices, agent, { now: this.#options.now(), arrived }),
        );
  }

  readonly #stored: Fetch = (seqs) => this.#options.journal.entriesAt(seqs);

  #beside(batch: readonly Entry[], seqs: readonly Seq[]): ReturnType<Fetch> {
    const first = batch[0]?.seq ?? Number.POSITIVE_INFINITY;
    return seqs.every((seq) => seq >= first)
      ? seqs.map((seq) => stands(batch[seq - first], seq))
      : this.#besideStored(batch, seqs);
  }

  async #besideStored(batch: readonly Entry[], seqs: readonly Seq[]): Promise<readonly Entry[]> {
    const first = batch[0]?.seq ?? Number.POSITIVE_INFINITY;
    const stored = await this.#stored(seqs.filter((seq) => seq < first));
    let taken = 0;
    return seqs.map((seq) => stands(seq < first ? stored[taken++] : batch[seq - first], seq));
  }

  /** What an answer may be made from. */
  facts(actor: Actor, slices: Slices): Facts {
    const { workspace, rules, journal } = this.#options;
    const now = this.#options.now();
    return {
      now,
      actor,
      history: journal.history,
      head: this.#options.state.seq,
      workspace: workspace(),
      settings: rules.settings,
      arrived: this.#options.arrived(actor),
      arrivedOf: (agent) => this.#options.arrived({ agent }),
      attention: (agent): readonly Attention[] =>
        this.#areasFor(actor.scope).flatMap((area) => area.attention(slices, agent, now)),
      seen: (entry) => {
        const { area } = rules.owners.get(entry.type) ?? {};
        const read = area && mayKnow(actor.scope, area.name) ? area.readBy(entry, actor.agent) : undefined;
        return area && read && { area: area.name, entry: read, ...area.account(read) };
      },
    };
  }
}

const stands = (entry: Entry | undefined, seq: Seq): Entry =>
  present(entry, `entry ${seq} is stored or being stored`);

/** AC18: the search, of those areas alone that somebody held so may know. */
const withinScope = (query: SearchQuery, scope: Actor['scope'], all: readonly Area[]): SearchQuery => {
  const hidden = all.filter(({ name }) => !mayKnow(scope, name));
  if (hidden.length === 0) return query;
  const { areas = all.filter(hasTexts).map(({ name }) => name) } = query;
  return { ...query, areas: areas.filter((area) => mayKnow(scope, area)) };
};

const hasTexts = ({ events }: Area): boolean =>
  Object.values(events).some(({ searchable = [] }) => searchable.length > 0);

const noNews: readonly News[] = [];

/** Whom an answer is for: who joins is somebody only by what that wrote. */
const joined = ({ joins }: PreparedCommand, actor: Actor, entries: readonly Entry[]): Actor =>
  joins === undefined ? actor : { ...actor, ...joins(entries) };

/** In a line of ASCII: what, how many, and what to call. */
const hintOf = (news: readonly News[]): string =>
  news.map(({ kind, count, call }) => `${count} ${kind}: call ${call}`).join('; ');
