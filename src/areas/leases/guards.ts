import type { CommandShape, Guard } from '../../kernel/area.ts';
import { staleToken } from './decide/refusals.ts';
import { type Fence, heldUnder } from './model/fence.ts';
import { resolved } from './model/lease.ts';

interface Fenced extends CommandShape {
  readonly fence?: Fence | undefined;
}

const isFenced = (command: CommandShape): command is Fenced => 'fence' in command;

/** LE40 */
export const fence: Guard = {
  name: 'leases.fence',
  watches: ['tasks.update', 'tasks.done', 'tasks.release'],
  meaning: 'A call that names the token of a lock is refused once another token, or none, is current.',
  check: ({ leases, agents }, { actor, now }, command) => {
    const named = isFenced(command) ? command.fence : undefined;
    if (named === undefined || heldUnder(leases, named.lock, named.token) !== undefined) return undefined;
    const yard = { leases, agents, context: { actor, now } };
    return staleToken(yard, resolved(leases, named.lock), named.token);
  },
};
