import { identify } from '../areas/agents/model.ts';
import { status } from '../areas/desk/operations/status.ts';
import { nearestName } from '../kernel/nearest.ts';
import type { Engine } from '../engine/engine.ts';
import { StoreFailure } from '../journal/store.ts';
import type { Area } from '../kernel/area.ts';
import { assert } from '../kernel/assert.ts';
import type { Entry, Seq } from '../kernel/entry.ts';
import { type ErrorCode, type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import { nameLengthMax } from '../kernel/names.ts';
import { quoted, repeatable } from '../kernel/text.ts';
import { isoTime } from '../kernel/instants.ts';
import { isRecord } from '../kernel/json.ts';
import type { Caller } from '../kernel/operation.ts';
import { markedValue } from '../surfaces/hub.ts';
import type { EventPage, EventReader, EventsAsked, HubEvent } from '../surfaces/hub-events.ts';

/** With how many agents an unknown name is compared. */
const comparedAgentsMax = 1_000;

/** Opens the journal of a workspace for reading in the name of a caller. */
export const openEvents = async (engine: Engine, asked: EventsAsked): Promise<Outcome<EventReader>> => {
  const behind = await engine.refresh();
  if (behind !== undefined) return behind;
  const actor = identify(engine.slices, asked.caller);
  if (!actor.ok) return actor;
  const strange = unknownIn(engine, asked);
  if (strange !== undefined) return strange;
  const begin =
    asked.since === undefined ? await statusOf(engine, asked.caller) : positionOf(engine, asked.since);
  if (!begin.ok) return begin;
  const wants = filterOf(engine, asked, actor.value.agent);
  return ok({
    history: engine.journal.history,
    ...begin.value,
    head: () => engine.seq,
    read: (after, limit) => readPage(engine, { after, limit }, wants),
    follow: (listener) => engine.subscribe(() => listener()),
  });
};

type Beginning = Pick<EventReader, 'from' | 'status'>;

/** How the workspace stands, and the last entry that this answer knows. */
const statusOf = async (engine: Engine, caller: Caller): Promise<Outcome<Beginning>> => {
  const prepared = status.prepare({});
  if (!prepared.ok) return prepared;
  const { value: query } = prepared;
  assert(query.kind === 'query', 'status changes nothing');
  let from = engine.seq;
  const reply = await engine.query(
    caller,
    {
      ...query,
      run: (slices, facts) => {
        from = engine.seq;
        return query.run(slices, facts);
      },
    },
    // A stream may be anybody's window on what an agent does: that it is opened delivers nothing.
    { peek: true },
  );
  return reply.ok ? ok({ from, status: markedValue(reply.value) }) : reply;
};

const positionPattern = /^(?:(.{1,200})\.)?(\d{1,15})$/;

const positionOf = (engine: Engine, since: string): Outcome<Beginning> => {
  const [, history, number] = positionPattern.exec(since) ?? [];
  if (number === undefined) {
    return refuse(
      'invalid_input',
      `${shown(since)} is no id of an event. Send the id of the last event as it came, or leave it out to begin with how things stand.`,
    );
  }
  const from = Number(number);
  const { history: here } = engine.journal;
  if ((history === undefined || history === here) && from <= engine.seq)
    return ok({ from, status: undefined });
  return refuse(
    'history_changed',
    `There is no event ${shown(since)} in this workspace: it belongs to another history. Begin again without an id.`,
    { history: here, head: engine.seq },
  );
};

/** The refusal for the first name that means nothing here. */
const unknownIn = (engine: Engine, { areas, agents, kinds }: EventsAsked): Refusal | undefined => {
  const all = engine.areas;
  const known = engine.slices.agents.agents;
  const agentNames = (): readonly string[] => {
    const names: string[] = [];
    for (const { name } of known.values()) if (names.push(name) >= comparedAgentsMax) break;
    return names;
  };
  return (
    unknownName('area', areas, {
      has: (name) => all.some((area) => area.name === name),
      names: () => all.map(({ name }) => name),
    }) ??
    unknownName('kind', kinds, {
      has: (kind) => all.some((area) => Object.hasOwn(area.events, kind)),
      names: () => all.flatMap((area) => Object.keys(area.events)),
    }) ??
    unknownName('agent', agents, { has: (name) => known.get(name) !== undefined, names: agentNames })
  );
};

interface Names {
  readonly has: (name: string) => boolean;
  readonly names: () => readonly string[];
}

const unknownText = {
  area: { code: 'invalid_input', sentence: 'No area is called', list: 'docs/reference/events.md lists them' },
  kind: {
    code: 'invalid_input',
    sentence: 'No kind of event is called',
    list: 'docs/reference/events.md lists them',
  },
  agent: {
    code: 'agent_unknown',
    sentence: 'No agent is called',
    list: 'agent_list names those that there are',
  },
} as const satisfies Record<string, { code: ErrorCode; sentence: string; list: string }>;

const unknownName = (
  what: keyof typeof unknownText,
  asked: readonly string[],
  { has, names }: Names,
): Refusal | undefined => {
  const unknown = asked.find((name) => !has(name));
  if (unknown === undefined) return undefined;
  const { code, sentence, list } = unknownText[what];
  const nearest = nearestName(unknown, names());
  return refuse(
    code,
    `${sentence} ${shown(unknown)}. ${nearest === undefined ? `Correct ${what}=: ${list}.` : `Did you mean ${nearest}?`}`,
    { [what]: repeatable(unknown, nameLengthMax), ...(nearest !== undefined && { nearest }) },
  );
};

const shown = (text: string): string => quoted(repeatable(text, nameLengthMax));

interface Filter {
  readonly areaOf: (entry: Entry) => Area | undefined;
  /** As much of an entry as passes. */
  readonly passing: (entry: Entry, area: Area) => Entry | undefined;
}

/** What of the journal the caller asked for and may see. `reader`: the agent that it speaks for. */
const filterOf = (engine: Engine, asked: EventsAsked, reader: string | undefined): Filter => {
  const owners = new Map(
    engine.areas.flatMap((area) => Object.keys(area.events).map((type) => [type, area])),
  );
  const areas = new Set(asked.areas);
  const kinds = new Set(asked.kinds);
  const agents = new Set(asked.agents);
  const keys = new Set(asked.agents.map((agent) => `agent:${agent}`));
  const isOf = (entry: Entry, area: Area): boolean =>
    (entry.actor.agent !== undefined && agents.has(entry.actor.agent)) ||
    area.concerns(entry).some((key) => keys.has(key));
  return {
    areaOf: ({ type }) => owners.get(type),
    passing: (entry, area) => {
      if (areas.size > 0 && !areas.has(area.name)) return undefined;
      if (kinds.size > 0 && !kinds.has(entry.type)) return undefined;
      const read = area.readBy(entry, reader);
      // A filter must not tell either whom the part concerns that is left out.
      return read !== undefined && (agents.size === 0 || isOf(read, area)) ? read : undefined;
    },
  };
};

const readPage = async (
  engine: Engine,
  { after, limit }: { readonly after: Seq; readonly limit: number },
  filter: Filter,
): Promise<Outcome<EventPage>> => {
  if (engine.stopped !== undefined) return engine.stopped;
  const size = Math.max(0, Math.min(engine.seq - after, limit));
  let entries: readonly Entry[];
  try {
    entries = await engine.journal.entriesAt(Array.from({ length: size }, (_, i) => after + 1 + i));
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  }
  const events: HubEvent[] = [];
  for (const entry of entries) {
    const area = filter.areaOf(entry);
    const read = area && filter.passing(entry, area);
    if (area !== undefined && read !== undefined) events.push(eventOf(read, area));
  }
  return ok({ events, upTo: after + size });
};

/** All who read an entry are told the same, as long as it is kept in memory. */
const told = new WeakMap<Entry, HubEvent>();

const eventOf = (entry: Entry, { name }: Area): HubEvent => {
  const known = told.get(entry);
  if (known !== undefined) return known;
  const { seq, time, type, data } = entry;
  const { principal, agent } = entry.actor;
  const event = {
    seq,
    time: isoTime(time),
    type,
    area: name,
    actor: { principal, ...(agent !== undefined && { agent }) },
    data: withoutHandles(data),
    cause: { by: entry.cause.by },
  };
  told.set(entry, event);
  return event;
};

/** Whoever has one of these can speak for the agent whose it is. */
const handles: ReadonlySet<string> = new Set(['session', 'sessions', 'connection']);

const withoutHandles = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutHandles);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([member, of]) =>
      handles.has(member) ? [] : [[member, withoutHandles(of)]],
    ),
  );
};
