import { z } from 'zod';
import { present } from '../../kernel/assert.ts';
import { type Actor, type Entry, entryGuard } from '../../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { type Tier, tierAt } from '../../kernel/hold.ts';
import { lineSchema, nameSchema } from '../../kernel/ids.ts';
import type { Instant } from '../../kernel/instants.ts';
import type { Caller, Joins } from '../../kernel/operation.ts';
import { type Table, table } from '../../kernel/table.ts';

declare module '../../kernel/slices.ts' {
  interface Slices {
    readonly agents: AgentsSlice;
  }
}

export const capabilitiesMax = 32;
export const metadataMembersMax = 32;
export const metadataValueCharactersMax = 500;
export const agentsMax = 10_000;
export const sessionsPerAgentMax = 50;
export const wipLimitDefault = 5;
export const wipLimitMax = 500;
/** How many sessions one `see` command may name. */
export const seenSessionsMax = 10_000;

export const agentNameSchema = nameSchema('An agent name');
export const capabilitySchema = nameSchema('A capability');

/** What an agent says about itself: well-known members are worktree, branch, model and client; others are free. */
export const metadataSchema = z
  .record(nameSchema('A metadata member'), lineSchema('A metadata value', metadataValueCharactersMax))
  .refine((metadata) => Object.keys(metadata).length <= metadataMembersMax, {
    message: `at most ${metadataMembersMax} metadata members`,
  });

export type Metadata = Readonly<Record<string, string>>;

export interface Agent {
  readonly name: string;
  readonly principal: string;
  readonly capabilities: readonly string[];
  readonly metadata: Metadata;
  /** How many tasks it may have in progress or in review at once. */
  readonly wipLimit: number;
  readonly joinedAt: Instant;
  /** The entry of its latest `start`, and of the one before that: what it lost in between it has not been told. */
  readonly startedSeq: number;
  readonly toldSeq: number;
  /** Order of joining; breaks ties. */
  readonly number: number;
  readonly lastSeen: Instant;
}

/** A session lives until it has ended; an ended one stays for the time of grace and can be resumed. */
export interface Session {
  readonly id: string;
  readonly agent: string;
  readonly principal: string;
  /** Stands for the session when a call has no handle: the stdio process, a legacy MCP session, an id from `_meta`. */
  readonly connection: string | undefined;
  readonly client: string | undefined;
  readonly startedAt: Instant;
  readonly lastSeen: Instant;
  readonly endedAt: Instant | undefined;
  readonly number: number;
}

export interface AgentsSlice {
  readonly agents: Table<Agent, 'all'>;
  readonly sessions: Table<Session, 'agent' | 'connection' | 'expiry'>;
  /** Numbers given to agents and sessions so far. */
  readonly counted: number;
}

export const onlyPartition = 'all';

export const initialAgents: AgentsSlice = {
  agents: table<Agent, 'all'>({
    key: (agent) => agent.name,
    orders: { all: { partition: () => onlyPartition, rank: (agent) => [agent.number, 0] } },
  }),
  sessions: table<Session, 'agent' | 'connection' | 'expiry'>({
    key: (session) => session.id,
    orders: {
      agent: { partition: (session) => session.agent, rank: (session) => [session.number, 0] },
      connection: {
        partition: (session) => (session.connection === undefined ? undefined : connectionKey(session)),
        rank: (session) => [session.number, 0],
      },
      // Live and ended sessions expire by different clocks, so each kind is sorted by its own.
      expiry: {
        partition: (session) => (session.endedAt === undefined ? 'live' : 'ended'),
        rank: (session) => [session.endedAt ?? session.lastSeen, session.number],
      },
    },
  }),
  counted: 0,
};

const connectionKey = (session: Pick<Session, 'principal' | 'connection'>): string =>
  `${session.principal} ${session.connection ?? ''}`;

/** The latest session that this connection opened, live or ended. */
export const sessionOfConnection = (
  slice: AgentsSlice,
  principal: string,
  connection: string | undefined,
): Session | undefined => {
  if (connection === undefined) return undefined;
  let latest: Session | undefined;
  for (const session of slice.sessions.scan('connection', connectionKey({ principal, connection })))
    latest = session;
  return latest;
};

/** Sessions of an agent, oldest first, ended ones in their time of grace included. */
export const sessionsOf = (slice: AgentsSlice, agent: string): Session[] => [
  ...slice.sessions.scan('agent', agent),
];

/** How lively a session is; one that has ended is `ended`, whenever it was last seen. */
export type SessionTier = Tier | 'ended';

export const sessionTier = (slice: AgentsSlice, id: string, now: Instant): SessionTier => {
  const session = slice.sessions.get(id);
  return session === undefined || session.endedAt !== undefined ? 'ended' : tierAt(session.lastSeen, now);
};

/** When an agent was last seen, in whichever session. */
export const seenAt = (slice: AgentsSlice, agent: Agent): Instant => {
  let { lastSeen } = agent;
  for (const session of slice.sessions.scan('agent', agent.name))
    lastSeen = Math.max(lastSeen, session.lastSeen);
  return lastSeen;
};

/** An agent is as lively as its liveliest session; without one it goes by when it was last seen. */
export const agentTier = (slice: AgentsSlice, agent: Agent, now: Instant): Tier =>
  tierAt(seenAt(slice, agent), now);

/**
 * Who a call speaks for. The session is the handle that the call names, else the one of its connection; without
 * either the call may still say which of its principal's agents speaks, but then it cannot hold anything.
 */
export const identify = (slices: { readonly agents: AgentsSlice }, caller: Caller): Outcome<Actor> => {
  const slice = slices.agents;
  const session = sessionOf(slice, caller);
  if (!session.ok) return session;
  const named = caller.agent;
  const agent = named === undefined ? undefined : slice.agents.get(named);
  if (named !== undefined && agent === undefined) {
    return refuse(
      'agent_unknown',
      `No agent is called "${named}" here. Call start with agent "${named}" to join.`,
      {
        agent: named,
      },
    );
  }
  if (agent !== undefined && agent.principal !== caller.principal) {
    return refuse(
      'forbidden',
      `Agent "${agent.name}" belongs to somebody else. Call start to get your own name.`,
    );
  }
  const spoken = session.value?.agent;
  if (spoken !== undefined && named !== undefined && spoken !== named) {
    return refuse(
      'forbidden',
      `This session is that of agent "${spoken}", not of "${named}". Leave the agent name out, or start a session as "${named}".`,
    );
  }
  const only = caller.scope?.agent;
  if (only !== undefined && (spoken ?? named ?? only) !== only) return heldTo(only);
  return ok({
    principal: caller.principal,
    role: caller.role,
    kind: caller.kind,
    token: caller.token,
    ...(caller.scope !== undefined && { scope: caller.scope }),
    ...(caller.until !== undefined && { until: caller.until }),
    agent: spoken ?? named,
    session: session.value?.id,
  });
};

/** AG21 */
export const heldTo = (agent: string): Refusal =>
  refuse(
    'forbidden',
    `Your token speaks for agent "${agent}" only. Leave the agent name out, or use a token that is for the other.`,
    { agent },
  );

const sessionOf = (slice: AgentsSlice, caller: Caller): Outcome<Session | undefined> => {
  if (caller.session === undefined) {
    const known = sessionOfConnection(slice, caller.principal, caller.connection);
    return ok(known?.endedAt === undefined ? known : undefined);
  }
  const session = slice.sessions.get(caller.session);
  // A handle of another principal is answered like one that never existed: handles cannot be probed.
  if (session === undefined || session.principal !== caller.principal || session.endedAt !== undefined) {
    return refuse(
      'session_ended',
      'This session is unknown or has ended. Call start, and pass on the session it returns.',
    );
  }
  return ok(session);
};

export type AgentsEvent =
  | {
      readonly type: 'agents.started';
      readonly data: {
        readonly agent: string;
        readonly session: string;
        readonly resumed: boolean;
        readonly connection?: string;
        readonly client?: string;
        readonly capabilities?: readonly string[];
        readonly metadata?: Metadata;
        readonly wipLimit?: number;
      };
    }
  | {
      readonly type: 'agents.updated';
      readonly data: {
        readonly agent: string;
        readonly capabilities?: readonly string[];
        readonly metadata?: Metadata;
        readonly wipLimit?: number;
      };
    }
  | {
      /** The session is over; its holds wait for the time of grace. */
      readonly type: 'agents.session_ended';
      readonly data: {
        readonly agent: string;
        readonly session: string;
        readonly reason: 'left' | 'disconnected';
      };
    }
  | {
      /** The session can no longer be resumed; whatever it held is free. */
      readonly type: 'agents.session_expired';
      readonly data: {
        readonly agent: string;
        readonly session: string;
        /** Not time has ended it, but another start of its agent, which had as many sessions as it may have. */
        readonly reason?: 'displaced';
      };
    }
  | {
      /** These sessions have called since the entry before. Written once a minute by each process. */
      readonly type: 'agents.seen';
      readonly data: { readonly sessions: readonly string[] };
    };

/** What a call says when it needs a session and has none. */
export const sessionRequired = refuse(
  'session_required',
  'Only a session can hold something, and this call has none. Call start, and pass on the session it returns: as the argument session, or over plain HTTP in the header Signalbox-Session.',
);

const is = entryGuard<AgentsEvent>();

/** What a start wrote about who has started. */
export const startedIn = (entries: readonly Entry[]) =>
  present(
    entries.find((one) => is(one, 'agents.started')),
    'a start writes that it started',
  ).data;

export const joinedBy: Joins = (entries) => {
  const { agent, session } = startedIn(entries);
  return { agent, session };
};
