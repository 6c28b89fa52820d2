import { definePolicy } from '../../kernel/area.ts';
import type { AgentsEvent } from '../agents/model.ts';
import { tasksHeldIn } from './model/task.ts';
import { tasksIntent } from './decide/index.ts';

/** TA48 */
export const releaseExpired = definePolicy<AgentsEvent, 'agents.session_expired'>({
  name: 'tasks.release_expired',
  after: 'agents.session_expired',
  meaning: 'What an expired session held is released.',
  bestEffort: false,
  react: ({ data: { agent, session } }, { tasks }) =>
    tasksHeldIn(tasks, agent, session).length === 0 ? [] : [tasksIntent({ type: 'expire', agent, session })],
});
