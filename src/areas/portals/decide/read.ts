import { ok } from '../../../kernel/errors.ts';
import { pageBehind } from '../model/portal.ts';
import { type Board, type PortalsDecision, type ReadCommand, partyOf } from './commands.ts';

/** PO11: what was shown is marked as read, if any of it is new and nothing before it was left out. */
export const read = (board: Board, command: ReadCommand): PortalsDecision => {
  const party = partyOf(board.portals, command.portal, board.context.actor.agent);
  if (!party.ok) return party;
  const { portal, side } = party.value;
  const { readSeq } = portal[side];
  const after = command.since ?? readSeq;
  const upTo = pageBehind(portal, after, command.limit).items.at(-1)?.seq ?? 0;
  if (after > readSeq || upTo <= readSeq) return ok([]);
  return ok([{ type: 'portals.read', data: { portal: portal.id, after, upTo } }]);
};
