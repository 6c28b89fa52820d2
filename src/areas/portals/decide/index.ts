import { intents } from '../../../kernel/area.ts';
import { never } from '../../../kernel/assert.ts';
import type { PortalsEvent } from '../model/events.ts';
import type { Board, DecidePortals, PortalsCommand } from './commands.ts';
import { read } from './read.ts';
import { close, expire, reply } from './reply.ts';
import { open, send } from './send.ts';

export const decide: DecidePortals = (slice, command, context) => {
  const board: Board = { portals: slice, agents: context.world.agents, context };
  switch (command.type) {
    case 'open':
      return open(board, command);
    case 'send':
      return send(board, command);
    case 'reply':
      return reply(board, command);
    case 'read':
      return read(board, command);
    case 'close':
      return close(board, command);
    case 'expire':
      return expire(board, command);
    default:
      return never(command);
  }
};

export const portalsIntent = intents<'portals', 'agents', PortalsCommand, PortalsEvent>('portals', decide);
