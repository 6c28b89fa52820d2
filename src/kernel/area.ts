import type { Carried, Moment } from './carried.ts';
import type { Actor, Author, Entry, EntryOf, EventShape, Seq } from './entry.ts';
import type { Outcome, Refusal } from './errors.ts';
import type { Instant } from './instants.ts';
import type { RuleSettings } from './rule-settings.ts';
import type { AreaName, Slices, World } from './slices.ts';

/** Everything that a rule may know besides its own slice. */
export interface Context<Names extends AreaName = never> {
  readonly now: Instant;
  readonly actor: Actor;
  /** What answers have carried to the actor's session, as its calling proves. The journal may not say so yet. */
  readonly arrived: Carried;
  /** The i-th fresh id of this command; the same command gets the same ids however often it is decided. */
  readonly ulid: (index: number) => string;
  /** Whether a session of an agent holds anything, of whatever area. */
  readonly holds: (agent: string, session: string) => boolean;
  readonly settings: RuleSettings;
  readonly world: World<Names>;
}

export type Decision<E extends EventShape> = Outcome<readonly E[]>;

/** A command that waits to be decided: what an operation, a policy or the clock wants of an area. */
export interface Intent {
  readonly area: AreaName;
  /** `<area>.<command>`, by which guards choose what they watch. */
  readonly type: string;
  /** The command itself, for guards to look at. */
  readonly command: CommandShape;
  readonly decide: (slices: Slices, facts: Omit<Context, 'world'>) => Decision<EventShape>;
}

export interface EventSpec {
  /** Version of the data that is written today; older entries are lifted to it when they are read. */
  readonly version: number;
  /** `upcasts[n]` turns data of version n into data of version n + 1. */
  readonly upcasts?: Readonly<Record<number, (data: unknown) => unknown>>;
  /** Members of the data that can hold personal text, or lists or records of it. No decision may depend on them. */
  readonly personal: readonly string[];
  /** The member that names the agent whose text it is, of the author's principal, where the author speaks for none yet. */
  readonly personalOf?: string;
  /** Members of the data that are text to be found: strings, or lists and records of them. */
  readonly searchable?: readonly string[];
  /** One sentence for the reference. */
  readonly meaning: string;
}

/** Looks at an intent of any area before it is decided. */
export interface Guard {
  readonly name: string;
  /** The intents that it watches, as `<area>.<command>`. */
  readonly watches: readonly string[];
  /** One sentence for the reference. */
  readonly meaning: string;
  readonly check: (
    slices: Slices,
    facts: Omit<Context, 'world'>,
    command: CommandShape,
  ) => Refusal | undefined;
}

/** Adds a command of its own area to the unit in which an entry was decided. */
export interface Policy {
  readonly name: string;
  /** The event types that set it off. */
  readonly after: readonly string[];
  readonly meaning: string;
  /** When its command is refused: drop only this policy's part instead of the whole unit. */
  readonly bestEffort: boolean;
  readonly react: (entry: Entry, slices: Slices) => readonly Intent[];
}

/** Something that waits for an agent. */
export interface Attention {
  readonly kind: string;
  readonly ref: string;
  /** The entry by which it came to wait. */
  readonly seq: Seq;
  readonly since: Instant;
  readonly text: string;
}

/** Something that an agent has not been told yet. */
export interface News {
  /** What it is, as in `Attention`. */
  readonly kind: string;
  readonly count: number;
  /** The entry of the latest of them. */
  readonly seq: Seq;
  /** The operation that tells it. */
  readonly call: string;
}

/** How an entry is found again, besides by its texts. */
export interface Findable {
  /** What the entry is about, as operations name it; it can be searched for like a text. */
  readonly ref: string;
  /** The agents that it was addressed to. */
  readonly to?: readonly string[];
}

/** What an entry did, for who asks who did what to something. */
export interface Account {
  /** What it is about, as operations name things; what it is about above all comes first. */
  readonly refs: readonly string[];
  /** In a few words. What others wrote stands in it as they wrote it. */
  readonly what: string;
  /** The holds that begin or end with it: the number of the first entry is the token of what is done until the last. */
  readonly holds?: readonly HoldChange[];
  /** Who did it, when that is not the author of the entry, who only wrote it down. */
  readonly done?: Pick<Author, 'principal' | 'token'>;
}

export interface HoldChange {
  readonly ref: string;
  /** Whose hold it is; of one that ends, undefined = whoever's. */
  readonly session: string | undefined;
  readonly how: 'begins' | 'ends';
}

/** An entry as a caller may know it. */
export interface SeenEntry extends Account {
  readonly area: AreaName;
  readonly entry: Entry;
}

/**
 * Whether whoever speaks for `reader` may read what is visible to these agents (undefined = to everybody). Who speaks for
 * no agent reads what is for everybody: until there are accounts, nothing tells a person from an agent that names itself
 * not.
 */
export const mayRead = (visibleTo: readonly string[] | undefined, reader: string | undefined): boolean =>
  visibleTo === undefined || (reader !== undefined && visibleTo.includes(reader));

/** One line of a snapshot: the table or part it belongs to, and the record in JSON's terms. */
export interface SavedRow {
  readonly part: string;
  readonly row: unknown;
}

/** How an area is written: pure functions over its own slice. */
export interface AreaDefinition<
  N extends AreaName,
  Names extends AreaName,
  C extends CommandShape,
  E extends EventShape,
> {
  readonly name: N;
  /** To be raised whenever the slice's shape or the meaning of folding changes; it makes old snapshots void. */
  readonly stateVersion: number;
  /** The other areas whose slices its rules look at. */
  readonly reads: readonly Names[];
  readonly events: Readonly<Record<E['type'], EventSpec>>;
  readonly decide: (slice: Slices[N], command: C, context: Context<Names>) => Decision<E>;
  readonly evolve: (slice: Slices[N], entry: EntryOf<E>) => Slices[N];
  readonly guards?: readonly Guard[];
  readonly policies?: readonly Policy[];
  /** What has expired at `now`. Cheap when nothing has: it is asked before every batch. */
  readonly due?: (slice: Slices[N], now: Instant) => readonly C[];
  /** What waits for this agent. */
  readonly attention?: (world: World<N | Names>, agent: string, now: Instant) => readonly Attention[];
  /**
   * What this agent has not been told yet, apart from what has `arrived` without the journal saying so. Cheap: it is
   * asked after every call.
   */
  readonly news?: (world: World<N | Names>, agent: string, moment: Moment) => readonly News[];
  /** Whether this session of this agent holds something of this area. */
  readonly holds?: (slice: Slices[N], agent: string, session: string) => boolean;
  /** The keys under which somebody may wait for this entry. */
  readonly concerns?: (entry: EntryOf<E>) => readonly string[];
  /** The entries of which this one says that nothing came: a repeat of the calls that wrote them is decided anew. */
  readonly voids?: (entry: EntryOf<E>) => readonly Seq[];
  /** The keys of personal text that are destroyed with this entry: what was sealed under them never says anything again. */
  readonly erases?: (entry: EntryOf<E>) => readonly string[];
  /** The agents that may read this entry; undefined = everybody, also who speaks for no agent. */
  readonly visibleTo?: (entry: EntryOf<E>) => readonly string[] | undefined;
  /** An entry as this agent, which may read it, may know it: without what of it is about others. Undefined = all of it. */
  readonly narrowed?: (entry: EntryOf<E>, reader: string) => EntryOf<E>;
  /** Of an entry with searchable texts. Undefined = it is not to be found, whatever its texts. */
  readonly findable?: (entry: EntryOf<E>) => Findable | undefined;
  /** What an entry did. Without it: what it is found by, and what events of its type mean. */
  readonly account?: (entry: EntryOf<E>) => Account;
  readonly bulk: (slice: Slices[N]) => Slices[N];
  readonly settle: (slice: Slices[N]) => Slices[N];
  readonly save: (slice: Slices[N]) => Iterable<SavedRow>;
  /** What `save` gave, in bulk form, as replay goes on with it. */
  readonly load: (rows: Iterable<SavedRow>) => Slices[N];
}

export interface CommandShape {
  readonly type: string;
}

/** How the engine sees an area: over the whole state, its own types closed away. */
export interface Area {
  readonly name: AreaName;
  readonly stateVersion: number;
  readonly reads: readonly AreaName[];
  readonly events: Readonly<Record<string, EventSpec>>;
  readonly guards: readonly Guard[];
  readonly policies: readonly Policy[];
  readonly evolve: (slices: Slices, entry: Entry) => Slices;
  readonly due: (slices: Slices, now: Instant) => readonly Intent[];
  readonly attention: (slices: Slices, agent: string, now: Instant) => readonly Attention[];
  readonly news: (slices: Slices, agent: string, moment: Moment) => readonly News[];
  readonly holds: (slices: Slices, agent: string, session: string) => boolean;
  readonly concerns: (entry: Entry) => readonly string[];
  readonly voids: (entry: Entry) => readonly Seq[];
  readonly erases: (entry: Entry) => readonly string[];
  readonly visibleTo: (entry: Entry) => readonly string[] | undefined;
  /** What of an entry whoever speaks for `reader` may know; undefined = it may not read it. */
  readonly readBy: (entry: Entry, reader: string | undefined) => Entry | undefined;
  readonly findable: (entry: Entry) => Findable | undefined;
  /** Of an entry as `readBy` gave it. */
  readonly account: (entry: Entry) => Account;
  readonly bulk: (slices: Slices) => Slices;
  readonly settle: (slices: Slices) => Slices;
  readonly save: (slices: Slices) => Iterable<SavedRow>;
  readonly load: (slices: Slices, rows: Iterable<SavedRow>) => Slices;
}

/** Makes intents of one area out of its commands. */
export const intents =
  <N extends AreaName, Names extends AreaName, C extends CommandShape, E extends EventShape>(
    name: N,
    decide: AreaDefinition<N, Names, C, E>['decide'],
  ) =>
  (command: C): Intent => ({
    area: name,
    type: `${name}.${command.type}`,
    command,
    decide: (slices, facts) => decide(slices[name], command, { ...facts, world: slices }),
  });

/** Closes the types of an area away, so that the engine can hold a list of them. */
export const defineArea = <
  N extends AreaName,
  Names extends AreaName,
  C extends CommandShape,
  E extends EventShape,
>(
  definition: AreaDefinition<N, Names, C, E>,
): Area => {
  const { name } = definition;
  const intend = intents<N, Names, C, E>(name, definition.decide);
  const isOwn = (entry: Entry): entry is EntryOf<E> => entry.type in definition.events;
  const withSlice = (slices: Slices, slice: Slices[N]): Slices =>
    slice === slices[name] ? slices : { ...slices, [name]: slice };
  return {
    name,
    stateVersion: definition.stateVersion,
    reads: definition.reads,
    events: definition.events,
    guards: definition.guards ?? [],
    policies: definition.policies ?? [],
    evolve: (slices, entry) =>
      isOwn(entry) ? withSlice(slices, definition.evolve(slices[name], entry)) : slices,
    due: (slices, now) => definition.due?.(slices[name], now).map(intend) ?? [],
    attention: (slices, agent, now) => definition.attention?.(slices, agent, now) ?? [],
    news: (slices, agent, moment) => definition.news?.(slices, agent, moment) ?? [],
    holds: (slices, agent, session) => definition.holds?.(slices[name], agent, session) ?? false,
    concerns: (entry) => (isOwn(entry) ? (definition.concerns?.(entry) ?? []) : []),
    voids: (entry) => (isOwn(entry) ? (definition.voids?.(entry) ?? []) : []),
    erases: (entry) => (isOwn(entry) ? (definition.erases?.(entry) ?? []) : []),
    visibleTo: (entry) => (isOwn(entry) ? definition.visibleTo?.(entry) : undefined),
    readBy: (entry, reader) => {
      if (!isOwn(entry)) return entry;
      if (!mayRead(definition.visibleTo?.(entry), reader)) return undefined;
      return reader === undefined ? entry : (definition.narrowed?.(entry, reader) ?? entry);
    },
    findable: (entry) => (isOwn(entry) ? definition.findable?.(entry) : undefined),
    account: (entry) => {
      if (!isOwn(entry)) return { refs: [], what: entry.type };
      const ref = definition.findable?.(entry)?.ref;
      const events: Area['events'] = definition.events;
      return (
        definition.account?.(entry) ?? {
          refs: ref === undefined ? [] : [ref],
          what: events[entry.type]?.meaning ?? entry.type,
        }
      );
    },
    bulk: (slices) => withSlice(slices, definition.bulk(slices[name])),
    settle: (slices) => withSlice(slices, definition.settle(slices[name])),
    save: (slices) => definition.save(slices[name]),
    load: (slices, rows) => withSlice(slices, definition.load(rows)),
  };
};

/** A policy over one event type of one union, with the entry narrowed for it. */
export const definePolicy = <E extends EventShape, T extends E['type']>(policy: {
  readonly name: string;
  readonly after: T;
  readonly meaning: string;
  readonly bestEffort: boolean;
  readonly react: (entry: EntryOf<Extract<E, { readonly type: T }>>, slices: Slices) => readonly Intent[];
}): Policy => {
  const isTrigger = (entry: Entry): entry is EntryOf<Extract<E, { readonly type: T }>> =>
    entry.type === policy.after;
  return {
    name: policy.name,
    after: [policy.after],
    meaning: policy.meaning,
    bestEffort: policy.bestEffort,
    react: (entry, slices) => (isTrigger(entry) ? policy.react(entry, slices) : []),
  };
};
