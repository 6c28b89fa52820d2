import { never } from '../../kernel/assert.ts';
import type { EntryOf } from '../../kernel/entry.ts';
import { type Agent, type AgentsEvent, type AgentsSlice, type Session, wipLimitDefault } from './model.ts';

type Of<T extends AgentsEvent['type']> = EntryOf<Extract<AgentsEvent, { readonly type: T }>>;

export const evolve = (slice: AgentsSlice, entry: EntryOf<AgentsEvent>): AgentsSlice => {
  switch (entry.type) {
    case 'agents.started':
      return started(slice, entry);
    case 'agents.updated':
      return updated(slice, entry);
    case 'agents.session_ended':
      return changed(slice, entry.data.session, (session) => ({ ...session, endedAt: entry.time }));
    case 'agents.session_expired':
      return expired(slice, entry);
    case 'agents.seen':
      return entry.data.sessions.reduce(
        (next, id) =>
          changed(next, id, (session) => ({ ...session, lastSeen: Math.max(session.lastSeen, entry.time) })),
        slice,
      );
    default:
      return never(entry);
  }
};

const changed = (slice: AgentsSlice, id: string, change: (session: Session) => Session): AgentsSlice => {
  const session = slice.sessions.get(id);
  return session === undefined ? slice : { ...slice, sessions: slice.sessions.put(change(session)) };
};

const started = (slice: AgentsSlice, { seq, time, actor, data }: Of<'agents.started'>): AgentsSlice => {
  const known = slice.agents.get(data.agent);
  const agent: Agent = {
    name: data.agent,
    principal: known?.principal ?? actor.principal,
    capabilities: data.capabilities ?? known?.capabilities ?? [],
    metadata: data.metadata ?? known?.metadata ?? {},
    wipLimit: data.wipLimit ?? known?.wipLimit ?? wipLimitDefault,
    joinedAt: known?.joinedAt ?? time,
    startedSeq: seq,
    toldSeq: known?.startedSeq ?? seq,
    number: known?.number ?? slice.counted + 1,
    lastSeen: time,
  };
  const before = slice.sessions.get(data.session);
  const session: Session = {
    id: data.session,
    agent: data.agent,
    principal: actor.principal,
    connection: data.connection ?? before?.connection,
    client: data.client ?? before?.client,
    startedAt: before?.startedAt ?? time,
    lastSeen: time,
    endedAt: undefined,
    number: before?.number ?? slice.counted + 2,
  };
  return {
    agents: slice.agents.put(agent),
    sessions: slice.sessions.put(session),
    counted: slice.counted + 2,
  };
};

const updated = (slice: AgentsSlice, { data }: Of<'agents.updated'>): AgentsSlice => {
  const agent = slice.agents.get(data.agent);
  if (agent === undefined) return slice;
  return {
    ...slice,
    agents: slice.agents.put({
      ...agent,
      capabilities: data.capabilities ?? agent.capabilities,
      metadata: data.metadata ?? agent.metadata,
      wipLimit: data.wipLimit ?? agent.wipLimit,
    }),
  };
};

const expired = (slice: AgentsSlice, { data }: Of<'agents.session_expired'>): AgentsSlice => {
  const session = slice.sessions.get(data.session);
  if (session === undefined) return slice;
  const agent = slice.agents.get(session.agent);
  return {
    ...slice,
    sessions: slice.sessions.remove(session.id),
    agents:
      agent === undefined
        ? slice.agents
        : slice.agents.put({ ...agent, lastSeen: Math.max(agent.lastSeen, session.lastSeen) }),
  };
};
