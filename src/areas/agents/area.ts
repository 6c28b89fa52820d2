import { type SavedRow, defineArea } from '../../kernel/area.ts';
import { never, present } from '../../kernel/assert.ts';
import { sessionExpiresAt } from '../../kernel/hold.ts';
import type { Instant } from '../../kernel/instants.ts';
import { type AgentsCommand, decide } from './decide.ts';
import { evolve } from './evolve.ts';
import { type Agent, type AgentsEvent, type AgentsSlice, type Session, initialAgents } from './model.ts';

type Part =
  | { readonly part: 'agent'; readonly row: Agent }
  | { readonly part: 'session'; readonly row: Session }
  | { readonly part: 'counted'; readonly row: number };

export const agentsArea = defineArea<'agents', never, AgentsCommand, AgentsEvent>({
  name: 'agents',
  stateVersion: 1,
  reads: [],
  events: {
    'agents.started': {
      version: 1,
      personal: ['metadata'],
      personalOf: 'agent',
      searchable: ['capabilities', 'metadata'],
      meaning: 'An agent joined, came back or opened another session.',
    },
    'agents.updated': {
      version: 1,
      personal: ['metadata'],
      personalOf: 'agent',
      searchable: ['capabilities', 'metadata'],
      meaning: 'An agent changed what it says of itself.',
    },
    'agents.session_ended': {
      version: 1,
      personal: [],
      meaning: 'A session ended; its holds are in their time of grace.',
    },
    'agents.session_expired': { version: 1, personal: [], meaning: 'A session is gone for good.' },
    'agents.seen': {
      version: 1,
      personal: [],
      meaning: 'These sessions have called within the last minute.',
    },
  },
  decide,
  evolve,
  due,
  concerns: (entry) => {
    switch (entry.type) {
      case 'agents.started':
      case 'agents.updated':
      case 'agents.session_ended':
      case 'agents.session_expired':
        return ['agents', `agent:${entry.data.agent}`];
      case 'agents.seen':
        return ['agents'];
      default:
        return never(entry);
    }
  },
  findable: (entry) => (entry.type === 'agents.seen' ? undefined : { ref: entry.data.agent }),
  bulk: (slice) => ({ ...slice, agents: slice.agents.bulk(), sessions: slice.sessions.bulk() }),
  settle: (slice) => ({ ...slice, agents: slice.agents.settle(), sessions: slice.sessions.settle() }),
  save,
  load,
});

/** AG12. The sessions that have expired; each order is sorted by the instant that decides. */
function due(slice: AgentsSlice, now: Instant): AgentsCommand[] {
  const commands: AgentsCommand[] = [];
  for (const kind of ['ended', 'live']) {
    for (const session of slice.sessions.scan('expiry', kind)) {
      if (sessionExpiresAt(session) > now) break;
      commands.push({ type: 'expire', session: session.id });
    }
  }
  return commands;
}

function* save(slice: AgentsSlice): Iterable<Part> {
  for (const row of slice.agents.values()) yield { part: 'agent', row };
  for (const row of slice.sessions.values()) yield { part: 'session', row };
  yield { part: 'counted', row: slice.counted };
}

function load(rows: Iterable<SavedRow>): AgentsSlice {
  let { agents, sessions, counted } = initialAgents;
  agents = agents.bulk();
  sessions = sessions.bulk();
  for (const saved of rows) {
    const { part, row } = present(asPart(saved), 'a snapshot holds the parts that its version writes');
    if (part === 'agent') agents = agents.put(row);
    // JSON knows no `undefined`; a loaded session has the same members as a folded one.
    else if (part === 'session')
      sessions = sessions.put({
        ...row,
        connection: row.connection,
        client: row.client,
        endedAt: row.endedAt,
      });
    else counted = row;
  }
  return { agents, sessions, counted };
}

const asPart = (saved: SavedRow): Part | undefined => (isPart(saved) ? saved : undefined);

const isPart = (saved: SavedRow): saved is Part => ['agent', 'session', 'counted'].includes(saved.part);
