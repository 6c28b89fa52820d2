import { type AreaDefinition, type Context, type Decision, intents } from '../../kernel/area.ts';
import { assert, never } from '../../kernel/assert.ts';
import { roleAtLeast } from '../../kernel/entry.ts';
import { type Refusal, ok, refuse } from '../../kernel/errors.ts';
import {
  type Agent,
  type AgentsEvent,
  type AgentsSlice,
  type Metadata,
  type Session,
  agentsMax,
  heldTo,
  metadataMembersMax,
  sessionOfConnection,
  sessionsOf,
  sessionsPerAgentMax,
} from './model.ts';

/** What an agent can say of itself. */
interface Profile {
  readonly capabilities?: readonly string[] | undefined;
  readonly wipLimit?: number | undefined;
}

export interface StartCommand extends Profile {
  readonly type: 'start';
  readonly agent: string | undefined;
  /** The only agent that whoever starts may be. */
  readonly boundTo?: string | undefined;
  readonly handle: string | undefined;
  readonly connection: string | undefined;
  readonly client: string | undefined;
  readonly metadata?: Metadata | undefined;
}

interface UpdateCommand extends Profile {
  readonly type: 'update';
  /** Null removes a member. */
  readonly metadata?: Readonly<Record<string, string | null>> | undefined;
}

export type AgentsCommand =
  | StartCommand
  | UpdateCommand
  | { readonly type: 'leave' }
  /** `boundTo`: the only agent whose session it may end. */
  | { readonly type: 'disconnect'; readonly connection: string; readonly boundTo?: string | undefined }
  | { readonly type: 'see'; readonly sessions: readonly string[] }
  | { readonly type: 'expire'; readonly session: string };

type Decide = AreaDefinition<'agents', never, AgentsCommand, AgentsEvent>['decide'];

export const decide: Decide = (slice, command, context) => {
  switch (command.type) {
    case 'start':
      return start(slice, command, context);
    case 'update':
      return update(slice, command, context);
    case 'leave':
      return leave(slice, context);
    case 'disconnect':
      return disconnect(slice, command, context);
    case 'see':
      return see(slice, command.sessions);
    case 'expire':
      return expire(slice, command.session);
    default:
      return never(command);
  }
};

export const agentsIntent = intents<'agents', never, AgentsCommand, AgentsEvent>('agents', decide);

const start = (slice: AgentsSlice, command: StartCommand, context: Context): Decision<AgentsEvent> => {
  const { principal } = context.actor;
  const found = sessionToResume(slice, command, principal);
  if (found !== undefined && 'ok' in found) return found;
  const { boundTo } = command;
  const name = found?.agent ?? command.agent ?? boundTo ?? freeName(slice, command.client, principal);
  if (boundTo !== undefined && name !== boundTo) return heldTo(boundTo);
  const agent = slice.agents.get(name);
  const refusal = refusalToStart(slice, { agent, name, principal });
  if (refusal !== undefined) return refusal;
  const room = found === undefined ? roomFor(slice, name, context) : ok([]);
  if (!room.ok) return room;
  const { connection, client, capabilities, metadata, wipLimit } = command;
  return ok([
    ...room.value,
    {
      type: 'agents.started',
      data: {
        agent: name,
        session: found?.id ?? `s-${context.ulid(0)}`,
        resumed: found !== undefined,
        ...(connection !== undefined && { connection }),
        ...(client !== undefined && { client }),
        ...(capabilities !== undefined && { capabilities }),
        ...(metadata !== undefined && { metadata }),
        ...(wipLimit !== undefined && { wipLimit }),
      },
    },
  ]);
};

/** AG5 to AG8: the session that this start goes on with, if there is one. */
const sessionToResume = (
  slice: AgentsSlice,
  { handle, agent, connection }: StartCommand,
  principal: string,
): Session | Refusal | undefined => {
  if (handle !== undefined) {
    const session = slice.sessions.get(handle);
    if (session === undefined || session.principal !== principal) {
      return refuse(
        'session_ended',
        'This session is unknown or has expired. Call start without it for a new one.',
      );
    }
    return agent === undefined || agent === session.agent
      ? session
      : refuse(
          'forbidden',
          `This session is that of agent "${session.agent}", not of "${agent}". Leave one of the two out.`,
        );
  }
  const own = sessionOfConnection(slice, principal, connection);
  if (own !== undefined && (own.agent === agent || (agent === undefined && own.endedAt === undefined)))
    return own;
  if (agent === undefined || slice.agents.get(agent)?.principal !== principal) return undefined;
  return sessionsOf(slice, agent)
    .filter(({ endedAt }) => endedAt !== undefined)
    .toSorted((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))
    .at(-1);
};

const refusalToStart = (
  slice: AgentsSlice,
  { agent, name, principal }: { agent: Agent | undefined; name: string; principal: string },
): Refusal | undefined => {
  if (agent === undefined && slice.agents.size >= agentsMax) {
    return refuse(
      'limit_exceeded',
      `This workspace already has ${agentsMax} agents, which is the limit. Start as one of them.`,
    );
  }
  if (agent !== undefined && agent.principal !== principal) {
    return refuse('forbidden', `Agent "${name}" belongs to somebody else. Start under another name.`, {
      agent: name,
    });
  }
  return undefined;
};

/**
 * AG19. Whoever calls without handles opens sessions that nobody uses again. They are not given the time of grace: a
 * start under the agent's name would resume the session that has just made room for it.
 */
const roomFor = (slice: AgentsSlice, agent: string, { holds }: Context): Decision<AgentsEvent> => {
  if (slice.sessions.count('agent', agent) < sessionsPerAgentMax) return ok([]);
  let silent: Session | undefined;
  for (const session of sessionsOf(slice, agent)) {
    const earlier = silent === undefined || session.lastSeen < silent.lastSeen;
    if (earlier && !holds(agent, session.id)) silent = session;
  }
  if (silent !== undefined) {
    const data = { agent, session: silent.id, reason: 'displaced' } as const;
    return ok([{ type: 'agents.session_expired', data }]);
  }
  return refuse(
    'limit_exceeded',
    `Agent "${agent}" already has ${sessionsPerAgentMax} sessions, which is the limit, and all of them hold something. Leave some of them with agent_leave, or start under another name.`,
    { agent },
  );
};

/** AG2. A name that somebody else owns counts as taken. */
const freeName = (slice: AgentsSlice, client: string | undefined, principal: string): string => {
  const base = baseName(client);
  // One more than there may be agents, so that one of the names is nobody's; whether there is room is asked later.
  for (let n = 1; n <= agentsMax + 1; n += 1) {
    const name = `${base}-${n}`;
    const agent = slice.agents.get(name);
    const live = sessionsOf(slice, name).some(({ endedAt }) => endedAt === undefined);
    if (!live && (agent === undefined || agent.principal === principal)) return name;
  }
  assert(false, 'of more names than there may be agents one is free');
};

const baseCharactersMax = 40;

/** The client's name in the characters that a name may have. */
const baseName = (client: string | undefined): string => {
  const words = (client ?? '').toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.join('-').slice(0, baseCharactersMax).replace(/-$/, '') || 'agent';
};

const update = (slice: AgentsSlice, command: UpdateCommand, { actor }: Context): Decision<AgentsEvent> => {
  const agent = actor.agent === undefined ? undefined : slice.agents.get(actor.agent);
  if (agent === undefined) {
    return refuse(
      'session_required',
      'It is not clear which agent to update. Call start first, or name the agent.',
    );
  }
  const metadata = merged(agent.metadata, command.metadata ?? {});
  if (Object.keys(metadata).length > metadataMembersMax) {
    return refuse(
      'limit_exceeded',
      `An agent has at most ${metadataMembersMax} metadata members. Remove some by setting them to null.`,
    );
  }
  const { capabilities, wipLimit } = command;
  return ok([
    {
      type: 'agents.updated',
      data: {
        agent: agent.name,
        ...(capabilities !== undefined && { capabilities }),
        ...(command.metadata !== undefined && { metadata }),
        ...(wipLimit !== undefined && { wipLimit }),
      },
    },
  ]);
};

const merged = (old: Metadata, changes: Readonly<Record<string, string | null>>): Metadata => {
  const members = new Map(Object.entries(old));
  for (const [member, value] of Object.entries(changes)) {
    if (value === null) members.delete(member);
    else members.set(member, value);
  }
  return Object.fromEntries(members);
};

const leave = (slice: AgentsSlice, { actor }: Context): Decision<AgentsEvent> => {
  if (actor.session === undefined) {
    return refuse('session_required', 'There is no session to leave. Pass the session that start returned.');
  }
  return endSession(slice.sessions.get(actor.session), 'left');
};

/** AC51 */
const disconnect = (
  slice: AgentsSlice,
  { connection, boundTo }: Extract<AgentsCommand, { readonly type: 'disconnect' }>,
  { actor }: Context,
): Decision<AgentsEvent> => {
  const session = sessionOfConnection(slice, actor.principal, connection);
  if (session === undefined || session.endedAt !== undefined) return ok([]);
  if (!roleAtLeast(actor.role, 'worker'))
    return refuse('forbidden', `A session is ended by who has the role worker; you have ${actor.role}.`);
  return boundTo !== undefined && session.agent !== boundTo
    ? heldTo(boundTo)
    : endSession(session, 'disconnected');
};

const endSession = (session: Session | undefined, reason: 'left' | 'disconnected'): Decision<AgentsEvent> =>
  session === undefined || session.endedAt !== undefined
    ? ok([])
    : ok([{ type: 'agents.session_ended', data: { agent: session.agent, session: session.id, reason } }]);

const see = (slice: AgentsSlice, named: readonly string[]): Decision<AgentsEvent> => {
  const sessions = named.filter(
    (id) => slice.sessions.get(id)?.endedAt === undefined && slice.sessions.has(id),
  );
  return ok(sessions.length === 0 ? [] : [{ type: 'agents.seen', data: { sessions } }]);
};

const expire = (slice: AgentsSlice, id: string): Decision<AgentsEvent> => {
  const session = slice.sessions.get(id);
  return ok(
    session === undefined
      ? []
      : [{ type: 'agents.session_expired', data: { agent: session.agent, session: id } }],
  );
};
