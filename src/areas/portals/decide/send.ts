import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { quoted } from '../../../kernel/text.ts';
import type { PortalsEvent } from '../model/events.ts';
import {
  itemsPerPortalMax,
  livePortalsPerAgentMax,
  pendingRequestsPerAgentMax,
  portalsMax,
} from '../model/limits.ts';
import { liveCount, nextForgotten, otherSide } from '../model/portal.ts';
import {
  type Board,
  type OpenCommand,
  type PortalsDecision,
  type SendCommand,
  type Sent,
  partyOf,
  speakerRequired,
} from './commands.ts';
import { closedPortal } from './refusals.ts';

/** PO1, PO4, PO16 */
export const open = (board: Board, command: OpenCommand): PortalsDecision => {
  const { portals: slice, agents, context } = board;
  const { agent } = context.actor;
  const to = command.with;
  if (agent === undefined) return speakerRequired;
  if (to === agent) {
    return refuse('invalid_input', `A portal has two sides, and "${to}" is you. Name another agent.`, {
      agent: to,
    });
  }
  if (!agents.agents.has(to)) {
    return refuse('agent_unknown', `No agent is called "${to}" here. agent_list names those that are.`, {
      agent: to,
    });
  }
  const room = roomForPortal(board, [agent, to]);
  if (!room.ok) return room;
  const number = slice.counted + 1;
  const portal = `P-${number}`;
  const { about, first } = command;
  const opened: PortalsEvent = {
    type: 'portals.opened',
    data: {
      portal,
      number,
      to,
      ...(about !== undefined && { about }),
      ...(room.value !== undefined && { forgets: room.value }),
    },
  };
  if (first === undefined) return ok([opened]);
  const sent = sentEvent(board, { portal, to, requests: 0 }, first);
  return sent.ok ? ok([opened, sent.value]) : sent;
};

/** PO15, PO16: the closed portal that makes room for another one, if it needs room. */
const roomForPortal = (
  { portals: slice, context }: Board,
  agents: readonly string[],
): Outcome<string | undefined> => {
  for (const agent of agents) {
    if (liveCount(slice, agent) < livePortalsPerAgentMax) continue;
    const [who, next] =
      agent === context.actor.agent
        ? ['You have', 'Read those with something new (portal_list), or close some with portal_close.']
        : [`"${agent}" has`, 'Go on in one that is open, if one of them is with you (portal_list).'];
    return refuse(
      'limit_exceeded',
      `${who} ${livePortalsPerAgentMax} portals that are open or not read, which is the limit for an agent. ${next}`,
      { agent, limit: livePortalsPerAgentMax },
    );
  }
  if (slice.portals.size < portalsMax) return ok(undefined);
  const closed = nextForgotten(slice);
  return closed === undefined
    ? refuse(
        'limit_exceeded',
        `This workspace has ${portalsMax} open portals, which is the limit. Close some with portal_close.`,
        { limit: portalsMax },
      )
    : ok(closed.id);
};

export const send = (board: Board, command: SendCommand): PortalsDecision => {
  const party = partyOf(board.portals, command.portal, board.context.actor.agent);
  if (!party.ok) return party;
  const { portal, side } = party.value;
  if (portal.state.kind === 'closed') return closedPortal(board, portal, portal.state);
  if (portal.items.length >= itemsPerPortalMax) {
    return refuse(
      'limit_exceeded',
      `${portal.id} holds ${itemsPerPortalMax} items, which is the limit for what is sent. Close it with portal_close, and open another one with ${quoted(portal[otherSide(side)].agent)}.`,
      { portal: portal.id, limit: itemsPerPortalMax },
    );
  }
  const to = portal[otherSide(side)].agent;
  const sent = sentEvent(board, { portal: portal.id, to, requests: portal.requests }, command);
  return sent.ok ? ok([sent.value]) : sent;
};

interface Where {
  readonly portal: string;
  readonly to: string;
  /** How many requests have been made there. */
  readonly requests: number;
}

const sentEvent = (
  board: Board,
  { portal, to, requests }: Where,
  { text, request }: Sent,
): Outcome<PortalsEvent> => {
  if (request === undefined) return ok({ type: 'portals.said', data: { portal, to, text } });
  const refusal = refuseRequest(board, to);
  if (refusal !== undefined) return refusal;
  const expiresAt = board.context.now + request.expiresInMs;
  return ok({ type: 'portals.requested', data: { portal, to, request: requests + 1, text, expiresAt } });
};

/** PO15 */
const refuseRequest = ({ portals: slice }: Board, to: string): Refusal | undefined =>
  slice.requests.count('to', to) < pendingRequestsPerAgentMax
    ? undefined
    : refuse(
        'limit_exceeded',
        `${pendingRequestsPerAgentMax} requests wait for an answer of "${to}" already, which is the limit. Send it as a message, or ask again when some are answered.`,
        { agent: to, limit: pendingRequestsPerAgentMax },
      );
