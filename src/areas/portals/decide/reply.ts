import { ok, refuse } from '../../../kernel/errors.ts';
import { endOf, otherSide, pendingOf, requestKey } from '../model/portal.ts';
import {
  type Board,
  type CloseCommand,
  type ExpireCommand,
  type PortalsDecision,
  type ReplyCommand,
  partyOf,
} from './commands.ts';
import { closedPortal, endedRequest } from './refusals.ts';

/** PO5 to PO7 */
export const reply = (board: Board, command: ReplyCommand): PortalsDecision => {
  const party = partyOf(board.portals, command.portal, board.context.actor.agent);
  if (!party.ok) return party;
  const { portal, agent } = party.value;
  const request = board.portals.requests.get(requestKey(portal.id, command.request));
  const named = { portal: portal.id, request: command.request };
  if (request === undefined) {
    return refuse(
      'not_found',
      `There is no request ${command.request} in ${portal.id}. portal_read names those that wait for an answer.`,
      named,
    );
  }
  if (request.to !== agent) {
    return refuse(
      'forbidden',
      `Request ${command.request} of ${portal.id} is your own; ${request.to} is to answer it.`,
      { ...named, to: request.to },
    );
  }
  const end = endOf(request);
  if (end !== undefined) return endedRequest(board, request, end);
  const about = { portal: portal.id, request: request.number, to: request.from };
  switch (command.reply.kind) {
    case 'accept':
      return ok(request.state.kind === 'accepted' ? [] : [{ type: 'portals.accepted', data: about }]);
    case 'result':
    case 'failure': {
      const { kind: outcome, text } = command.reply;
      return ok([{ type: 'portals.answered', data: { ...about, outcome, text } }]);
    }
  }
};

/** PO9 */
export const close = (board: Board, command: CloseCommand): PortalsDecision => {
  const party = partyOf(board.portals, command.portal, board.context.actor.agent);
  if (!party.ok) return party;
  const { portal, side } = party.value;
  if (portal.state.kind === 'closed') return closedPortal(board, portal, portal.state);
  const fails = pendingOf(board.portals, portal.id).map(({ number }) => number);
  const { reason } = command;
  return ok([
    {
      type: 'portals.closed',
      data: {
        portal: portal.id,
        to: portal[otherSide(side)].agent,
        ...(reason !== undefined && { reason }),
        ...(fails.length > 0 && { fails }),
      },
    },
  ]);
};

/** PO8 */
export const expire = ({ portals: slice }: Board, command: ExpireCommand): PortalsDecision => {
  const portal = slice.portals.get(command.portal);
  const requests = command.requests.filter((number) => {
    const request = slice.requests.get(requestKey(command.portal, number));
    return request !== undefined && endOf(request) === undefined;
  });
  if (portal === undefined || requests.length === 0) return ok([]);
  const sides = [portal.opener.agent, portal.invited.agent];
  return ok([{ type: 'portals.expired', data: { portal: portal.id, sides, requests } }]);
};
