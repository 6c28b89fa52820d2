import type { z } from 'zod';
import type { Attention, Intent, SeenEntry } from './area.ts';
import type { Carried } from './carried.ts';
import { checkInput } from './checked-input.ts';
import type { Actor, Entry, Kind, Role, Scope, Seq } from './entry.ts';
import { type ErrorCode, type Outcome, type Refusal, ok } from './errors.ts';
import type { RateClass, Usage } from './rate.ts';
import type { RuleSettings } from './rule-settings.ts';
import type { Instant } from './instants.ts';
import type { Found, SearchQuery } from './search.ts';
import type { Slices } from './slices.ts';
import type { Done, Place, Retry, Turn, Watch } from './waiting.ts';

/** Whether what somebody came in with is good, which may end while they are in. */
export interface Standing {
  /** For how many milliseconds it will be, as far as is known now; 0 or less = it is not any more. */
  readonly leftMs: () => number;
  /** Calls `ended` once when it is not any more, which may be now. The result ends that. */
  readonly watch: (ended: () => void) => () => void;
}

/** What a surface knows of who is calling, before anything is looked up. */
export interface Caller {
  readonly principal: string;
  readonly role: Role;
  /** In what capacity; whoever calls may make itself less than its connection is, never more. */
  readonly kind: Kind;
  /** Public id of the token that the connection has shown. */
  readonly token?: string | undefined;
  /** What that token is good for; absent = for everything that the role allows. */
  readonly scope?: Scope | undefined;
  /** When what was shown ends, where that is not a token of the hub; absent = it does not, or is not known. */
  readonly until?: Instant | undefined;
  /** Of what was shown; absent = good for as long as the hub runs. */
  readonly standing?: Standing | undefined;
  /** Which of the principal's agents speaks, when the call says so. */
  readonly agent: string | undefined;
  /** The handle that `start` returned, when the call passes it back. */
  readonly session: string | undefined;
  /** What stands for a session without a handle: the stdio process, the legacy MCP session, an id from `_meta`. */
  readonly connection: string | undefined;
  /** Name of the client program, for naming an agent that has no name. Every client of MCP has one. */
  readonly client: string | undefined;
}

/** What an answer may be made from, besides its input. */
export interface Facts {
  readonly now: Instant;
  readonly actor: Actor;
  /** `<journal id>.<generation>`; a cursor that names another one is refused. */
  readonly history: string;
  /** Number of the last entry. */
  readonly head: Seq;
  readonly workspace: string;
  readonly settings: RuleSettings;
  /** What waits for an agent, over all areas. */
  readonly attention: (agent: string) => readonly Attention[];
  /** What answers have carried to the agent that calls, as far as that is proven. The journal may not say so yet. */
  readonly arrived: Carried;
  /** The same of any agent. */
  readonly arrivedOf: (agent: string) => Carried;
  /** As much of an entry as whoever calls may know; undefined = it may not read it. */
  readonly seen: (entry: Entry) => SeenEntry | undefined;
  /** What was drawn for a command with `secret`: 32 bytes in base64url. Absent when its call is repeated. */
  readonly secret?: string;
  /** Of whom the query's `measures` has named. */
  readonly usage?: Usage;
}

/** An answer is there, or needs something first that is not part of the state: entries of the journal, or a search. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: 'fetch';
      readonly seqs: readonly Seq[];
      readonly build: (entries: readonly Entry[]) => Answer<T>;
    }
  | {
      readonly ok: 'search';
      readonly query: SearchQuery;
      readonly build: (found: Found) => Answer<T>;
    }
  | Refusal;

/** An answer that needs the entries at `seqs` (in that order). */
export const withEntries = <T>(
  seqs: readonly Seq[],
  build: (entries: readonly Entry[]) => Answer<T>,
): Answer<T> => (seqs.length === 0 ? build([]) : { ok: 'fetch', seqs, build });

/** An answer that needs what the full-text index finds for the agent that asks. */
export const withSearch = <T>(query: SearchQuery, build: (found: Found) => Answer<T>): Answer<T> => ({
  ok: 'search',
  query,
  build,
});

const mapAnswer = <T, U>(answer: Answer<T>, to: (value: T) => U): Answer<U> => {
  if (answer.ok === 'fetch') {
    const { seqs, build } = answer;
    return { ok: 'fetch', seqs, build: (entries) => mapAnswer(build(entries), to) };
  }
  if (answer.ok === 'search') {
    const { query, build } = answer;
    return { ok: 'search', query, build: (found) => mapAnswer(build(found), to) };
  }
  return answer.ok ? { ok: true, value: to(answer.value) } : answer;
};

interface Example {
  readonly title: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** An operation in a short list of tools. What it takes is the same. */
interface ShortForm {
  /** Members of the input that are not shown, because few calls need them. */
  readonly omits: readonly string[];
  /** Goes behind the description: names them, unless an operation that is named there has them too. */
  readonly adds?: string;
}

/** The part of an operation that people, agents and tools read. */
export interface OperationTexts {
  /** `<area>_<verb>`, at most 40 characters. */
  readonly name: string;
  /** Which journal it works on: that of the workspace, or the hub's own. */
  readonly journal: 'workspace' | 'hub';
  /**
   * Works on the hub's journal, but for one workspace: its input has a `workspace`, which is that of the call when the
   * caller leaves it out.
   */
  readonly ofWorkspace?: true;
  /** Works on the hub's journal instead when `of` in its input is `hub`. */
  readonly orHub?: true;
  /** The folder of tools it belongs to. */
  readonly category: string;
  /**
   * AC18: is about whoever calls, who may call it whatever categories its token is held to. One whose input can name
   * others refuses that itself.
   */
  readonly ofSelf?: true;
  /** One line. */
  readonly summary: string;
  /** What an agent reads: when to use it first, then limits and defaults. */
  readonly description: string;
  readonly role: Role;
  /** Refused to whoever does not act as a person. */
  readonly person?: true;
  /** Does more for whoever acts as a person, and says itself what: at a terminal it is confirmed like what needs one. */
  readonly personAtTimes?: true;
  readonly rate: RateClass;
  /** The class of some of its calls, which `isOther` tells from their input. */
  readonly otherRate?: RateClass;
  /** The codes that this operation itself can answer with, besides those that any call can. */
  readonly errors: readonly ErrorCode[];
  readonly examples: readonly Example[];
  /** The member of the input that a person names without a flag: the words behind the command fill it. */
  readonly positional?: string;
  /** What its answer leaves out as long as none of these members of the input is given; told to people. */
  readonly leavesOut?: { readonly unless: readonly string[]; readonly remark: string };
  /** What people are told below an answer in which the member `having` is there. */
  readonly afterwards?: { readonly having: string; readonly remark: string };
  /**
   * Members of its answer that tell a person nothing, and are shown only to who asks for everything: by name, at any
   * depth, or by path such as `items.since`.
   */
  readonly forPrograms?: readonly string[];
  /** Members of its answer that are sentences of ours, by path: what they say to call has other names on the command line. */
  readonly inOurWords?: readonly string[];
  /** What is different where a list of tools must be short. */
  readonly short?: ShortForm;
  /** May delete or overwrite what somebody else relies on. */
  readonly destructive: boolean;
  /** The same call twice has the effect of one. */
  readonly idempotent: boolean;
}

interface Schemas<I, O> {
  readonly input: z.ZodType<I>;
  readonly output: z.ZodType<O>;
  readonly isOther?: (input: I) => boolean;
}

interface Carrying<I, O> {
  /** What the answer carries to the agent that called; proof of it is that the session calls again. */
  readonly carries?: (output: O, facts: Facts) => Carried | undefined;
  /** Up to where the input says that earlier answers have arrived; nothing else counts as arrived then. */
  readonly confirms?: (input: I, history: History, agent: string | undefined) => Carried | undefined;
  /**
   * What the input itself proves to have arrived at this agent, whether or not anything is remembered of the answers
   * before: it holds what only such an answer can have told.
   */
  readonly proves?: (input: I, history: History, agent: string) => Carried | undefined;
}

/** The history that cursors are of, and its end. */
export type History = Pick<Facts, 'history' | 'head'>;

export interface QueryDefinition<I, O> extends OperationTexts, Schemas<I, O>, Carrying<I, O> {
  readonly query: (slices: Slices, input: I, facts: Facts) => Answer<O>;
  readonly watch?: Watch<I, O>;
  /** The principal whose calls it tells about. */
  readonly measures?: (input: I, caller: Caller) => string;
}

export interface CommandDefinition<I, O> extends OperationTexts, Schemas<I, O>, Carrying<I, O> {
  readonly toCommand: (input: I, caller: Caller, drawn: Drawn) => Intent;
  /** Fresh randomness is drawn for each call: its digest for the command, itself for the answer and nothing else. */
  readonly secret?: true;
  readonly answer: (done: Done, slices: Slices, facts: Facts & { readonly input: I }) => Answer<O>;
  readonly until?: Retry<I>;
  readonly turn?: Turn<I, Facts>;
  /** The caller need not be anybody yet: agent and session are for the command to look at. Says from its entries who it is then. */
  readonly joins?: Joins;
}

/** What a command may know of a secret that was drawn for its call. */
interface Drawn {
  /** SHA-256 of the secret's bytes, in hex; empty for a command that wants none. */
  readonly hash: string;
}

const noSecret: Drawn = { hash: '' };

/** Who has joined by these entries. */
export type Joins = (entries: readonly Entry[]) => Required<Pick<Actor, 'agent' | 'session'>>;

interface Prepared {
  /** The class of this call, where its input decides that. */
  readonly rate?: RateClass;
  /** How long the call may take because it waits for others; 0 = it does not wait. */
  readonly limitMs: number;
  /** What the call says of the answers before it. */
  readonly confirms?: (history: History, agent: string | undefined) => Carried | undefined;
  readonly proves?: (history: History, agent: string) => Carried | undefined;
}

/** An answer as the engine sees it. */
export interface Answered {
  readonly value: unknown;
  readonly carried: Carried | undefined;
  /** A query that waits would rather wait on. */
  readonly empty: boolean;
}

/** A query whose input has been checked. */
export interface PreparedQuery extends Prepared {
  readonly kind: 'query';
  readonly run: (slices: Slices, facts: Facts) => Answer<Answered>;
  /** What wakes it while it waits. */
  readonly keys: (actor: Actor) => readonly string[];
  /** Whose `usage` it has to be told. */
  readonly measures?: (caller: Caller) => string;
}

/** A command whose input has been checked. */
export interface PreparedCommand extends Prepared {
  readonly kind: 'command';
  readonly operation: string;
  readonly input: unknown;
  readonly joins: Joins | undefined;
  /** A secret is to be drawn for each call. */
  readonly secret?: true;
  readonly intend: (caller: Caller, drawn?: Drawn) => Intent;
  readonly answer: (done: Done, slices: Slices, facts: Facts) => Answer<Answered>;
  /** Present if it will wait when it is refused. */
  readonly retry: { readonly key: string; readonly codes: readonly ErrorCode[] } | undefined;
  /** Present if it waits for its turn: not when it is not to wait at all. */
  readonly place: ((done: Done, slices: Slices, facts: Facts) => Place | undefined) | undefined;
}

/** An operation as far as it can be written down. */
export interface DescribedOperation extends OperationTexts {
  readonly kind: 'query' | 'command';
}

/** An operation as the catalogue and the surfaces see it. */
export interface Operation extends DescribedOperation {
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  /** A call may have to wait for what others do. */
  readonly waits: boolean;
  /** Checks raw input against the schema; the only place where that happens. */
  readonly prepare: (raw: unknown) => Outcome<PreparedQuery | PreparedCommand>;
}

/** Declares one operation, complete in one place. */
export function defineOperation<I, O>(
  definition: QueryDefinition<I, O> | CommandDefinition<I, O>,
): Operation {
  const parse = (raw: unknown): Outcome<I> => checkInput(definition, raw);
  if ('query' in definition) {
    return {
      ...definition,
      kind: 'query',
      waits: definition.watch !== undefined,
      prepare: (raw) => {
        const input = parse(raw);
        return input.ok ? ok(prepareQuery(definition, input.value)) : input;
      },
    };
  }
  return {
    ...definition,
    kind: 'command',
    waits: definition.until !== undefined || definition.turn !== undefined,
    prepare: (raw) => {
      const input = parse(raw);
      return input.ok ? ok(prepareCommand(definition, input.value)) : input;
    },
  };
}

const saying = <I, O>(
  { confirms, proves, otherRate, isOther }: Carrying<I, O> & OperationTexts & Schemas<I, O>,
  input: I,
): Pick<Prepared, 'confirms' | 'proves' | 'rate'> => ({
  ...(otherRate !== undefined && isOther?.(input) === true && { rate: otherRate }),
  ...(confirms && { confirms: (history, agent) => confirms(input, history, agent) }),
  ...(proves && { proves: (history, agent) => proves(input, history, agent) }),
});

const prepareQuery = <I, O>(definition: QueryDefinition<I, O>, input: I): PreparedQuery => {
  const { query, watch, carries, measures } = definition;
  return {
    kind: 'query',
    ...saying(definition, input),
    limitMs: watch?.limitMs(input) ?? 0,
    keys: (actor) => watch?.keys(input, actor) ?? [],
    ...(measures && { measures: (caller) => measures(input, caller) }),
    run: (slices, facts) =>
      mapAnswer(query(slices, input, facts), (value) => ({
        value,
        carried: carries?.(value, facts),
        empty: watch?.empty(value) ?? false,
      })),
  };
};

const prepareCommand = <I, O>(definition: CommandDefinition<I, O>, input: I): PreparedCommand => {
  const { until, turn, carries } = definition;
  const limitMs = until?.limitMs(input) ?? turn?.limitMs(input) ?? 0;
  return {
    kind: 'command',
    ...saying(definition, input),
    operation: definition.name,
    input,
    joins: definition.joins,
    limitMs,
    ...(definition.secret && { secret: true }),
    intend: (caller, drawn = noSecret) => definition.toCommand(input, caller, drawn),
    answer: (done, slices, facts) =>
      mapAnswer(definition.answer(done, slices, { ...facts, input }), (value) => ({
        value,
        carried: carries?.(value, facts),
        empty: false,
      })),
    retry: until && limitMs > 0 ? { key: until.key(input), codes: until.codes } : undefined,
    place:
      turn !== undefined && limitMs > 0
        ? (done, slices, facts) => turn.place(done, slices, { ...facts, input })
        : undefined,
  };
};
