import type { CommandShape, Guard } from '../../kernel/area.ts';
import { refuse } from '../../kernel/errors.ts';
import type { ClaimCommand } from './decide/index.ts';
import { holdIn } from './model/task.ts';

const isClaim = (command: CommandShape): command is ClaimCommand => command.type === 'claim';

/** How many of the tasks that it holds an agent is told, of which there may be hundreds. */
const namedMax = 10;

/** TA25 */
export const wipLimit: Guard = {
  name: 'tasks.wip_limit',
  watches: ['tasks.claim'],
  meaning: 'An agent claims no further task while it has as many in progress or in review as its WIP limit.',
  check: ({ agents, tasks }, { actor }, command) => {
    const agent = actor.agent === undefined ? undefined : agents.agents.get(actor.agent);
    if (agent === undefined) return undefined;
    const total = tasks.tasks.count('holder', agent.name);
    if (total < agent.wipLimit) return undefined;
    const named = isClaim(command) && command.id !== undefined ? tasks.tasks.get(command.id) : undefined;
    // Coming back to what is its own already makes it no more.
    if (named !== undefined && holdIn(named.state)?.holder === agent.name) return undefined;
    const held = [...Iterator.from(tasks.tasks.scan('holder', agent.name)).take(namedMax)];
    const more = total > held.length ? ` and ${total - held.length} more` : '';
    const words = held.map(({ id, state }) => `${id} (${state.status})`).join(', ');
    return refuse(
      'wip_limit',
      `${agent.name} holds ${total} tasks, and its WIP limit is ${agent.wipLimit}: ${words}${more}. Finish one with task_done, give one back with task_release, or raise wip_limit with agent_update.`,
      { limit: agent.wipLimit, held: held.map(({ id }) => id), held_total: total },
    );
  },
};
