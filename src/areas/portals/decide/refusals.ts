import { never } from '../../../kernel/assert.ts';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { isoTime, spoken } from '../../../kernel/instants.ts';
import type { ClosedState, EndedState, Portal, PortalRequest } from '../model/portal.ts';
import type { Board } from './commands.ts';

const ago = ({ context }: Board, at: number): string => `${spoken(context.now - at)} ago`;

/** PO9 */
export const closedPortal = (board: Board, { id }: Portal, { by, at, seq }: ClosedState): Refusal =>
  refuse(
    'invalid_state',
    `${id} was closed by ${by} ${ago(board, at)}. Open another one with portal_open if there is more to say.`,
    { portal: id, closed_by: by, closed_at: isoTime(at), seq },
  );

/** PO7: says by what the request has ended, and where that can be read. */
export const endedRequest = (
  board: Board,
  { portal, number, to }: PortalRequest,
  state: EndedState,
): Refusal => {
  const what = `Request ${number} of ${portal}`;
  const details = {
    portal,
    request: number,
    status: state.kind,
    seq: state.seq,
    at: isoTime(state.at),
  };
  switch (state.kind) {
    case 'result':
    case 'failure':
      return refuse(
        'invalid_state',
        `${what} was answered by ${to} with a ${state.kind} ${ago(board, state.at)}, in entry ${state.seq}, and each request is answered once. Nothing was stored. What is to be added can be sent with portal_send.`,
        details,
      );
    case 'closed':
      return refuse(
        'invalid_state',
        `${what} has failed, because ${state.by} closed the portal ${ago(board, state.at)}. Nothing was stored.`,
        details,
      );
    case 'expired':
      return refuse(
        'invalid_state',
        `${what} expired ${ago(board, state.at)}, before it was answered. Nothing was stored. Say with portal_send what is still of use.`,
        details,
      );
    default:
      return never(state);
  }
};
