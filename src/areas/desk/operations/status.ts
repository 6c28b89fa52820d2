import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { agentTier } from '../../agents/model.ts';
import { unreadOf } from '../../messages/model/index.ts';
import { countOf, readyCount } from '../../tasks/model/index.ts';

const count = z.number();

export const status = defineOperation({
  name: 'status',
  journal: 'workspace',
  category: 'workspaces',
  summary: 'How the workspace stands, in numbers.',
  description:
    'See at a glance how much is open, ready, held, blocked and done, and how many agents are active. task_list and agent_list name them.',
  role: 'reader',
  rate: 'read',
  errors: [],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'How the workspace stands', input: {} }],
  input: z.strictObject({}),
  output: z.strictObject({
    workspace: z.string(),
    tasks: z.strictObject({
      todo: count,
      ready: count.describe('of todo: claimable'),
      in_progress: count,
      in_review: count,
      blocked: count,
      done: count,
      cancelled: count,
    }),
    unread_messages: count.describe('yours'),
    agents: z.strictObject({ active: count, idle: count, stale: count, abandoned: count }),
  }),
  query: ({ tasks, agents, messages }, _input, facts) => {
    const { now, workspace, actor } = facts;
    const tiers = { active: 0, idle: 0, stale: 0, abandoned: 0 };
    for (const agent of agents.agents.values()) tiers[agentTier(agents, agent, now)] += 1;
    return ok({
      workspace,
      tasks: {
        todo: countOf(tasks, 'todo'),
        ready: readyCount(tasks),
        in_progress: countOf(tasks, 'in_progress'),
        in_review: countOf(tasks, 'in_review'),
        blocked: countOf(tasks, 'blocked'),
        done: countOf(tasks, 'done'),
        cancelled: countOf(tasks, 'cancelled'),
      },
      unread_messages: actor.agent === undefined ? 0 : unreadOf(messages, actor.agent, facts).size,
      agents: tiers,
    });
  },
});
