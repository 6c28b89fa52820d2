import type { CommandShape, Guard } from '../../kernel/area.ts';
import { refuse } from '../../kernel/errors.ts';
import type { ClaimCommand } from './decide/index.ts';
import { listed } from './decide/refusals.ts';
import { holdIn, tasksHeldBy } from './model/task.ts';

const isClaim = (command: CommandShape): command is ClaimCommand => command.type === 'claim';

/** TA25 */
export const wipLimit: Guard = {
  name: 'tasks.wip_limit',
  watches: ['tasks.claim'],
  meaning: 'An agent claims no further task while it has as many in progress or in review as its WIP limit.',
  check: ({ agents, tasks }, { actor }, command) => {
    const agent = actor.agent === undefined ? undefined : agents.agents.get(actor.agent);
    if (agent === undefined || tasks.tasks.count('holder', agent.name) < agent.wipLimit) return undefined;
    const named = isClaim(command) && command.id !== undefined ? tasks.tasks.get(command.id) : undefined;
    // Coming back to what is its own already makes it no more.
    if (named !== undefined && holdIn(named.state)?.holder === agent.name) return undefined;
    const held = tasksHeldBy(tasks, agent.name);
    const words = listed(held.map(({ id, state }) => `${id} (${state.status})`));
    return refuse(
      'wip_limit',
      `${agent.name} holds ${held.length} tasks, and its WIP limit is ${agent.wipLimit}: ${words}. Finish one with task_done, give one back with task_release, or raise wip_limit with agent_update.`,
      { limit: agent.wipLimit, held: held.map(({ id }) => id) },
    );
  },
};
