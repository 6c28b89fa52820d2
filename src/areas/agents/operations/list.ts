import { z } from 'zod';
import { ok, refuse } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { agentNameSchema, agentTier, capabilitySchema, onlyPartition } from '../model.ts';
import { agentOutput, tierSchema, viewAgent } from '../view.ts';

const limitDefault = 50;
const limitMax = 200;

export const agentList = defineOperation({
  name: 'agent_list',
  journal: 'workspace',
  category: 'agents',
  summary: 'Who is here, how lively they are and what they can do.',
  description:
    'See who else works here and what they can do. Filter by capability, tier or name. In order of joining, 50 at a time.',
  role: 'reader',
  rate: 'read',
  errors: ['history_changed'],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'Everybody', input: {} },
    { title: 'Who could review now', input: { capability: 'review', tier: 'active' } },
  ],
  input: z.strictObject({
    capability: capabilitySchema.optional(),
    tier: tierSchema.optional(),
    name: agentNameSchema.optional().describe('begins with'),
    limit: z.int().min(1).max(limitMax).default(limitDefault),
    cursor: z.string().max(200).optional().describe('next_cursor of the page before'),
  }),
  output: z.strictObject({
    items: z.array(agentOutput),
    total: z.number(),
    next_cursor: z.string().nullable(),
  }),
  query: ({ agents: slice }, input, { now, history }) => {
    const after = cursorNumber(input.cursor, history);
    if (after === undefined) {
      return refuse(
        'history_changed',
        'This cursor belongs to another history. List again without a cursor.',
      );
    }
    const items = [];
    let total = 0;
    let last = 0;
    let more = false;
    for (const agent of slice.agents.scan('all', onlyPartition)) {
      if (input.capability !== undefined && !agent.capabilities.includes(input.capability)) continue;
      if (input.name !== undefined && !agent.name.startsWith(input.name)) continue;
      if (input.tier !== undefined && agentTier(slice, agent, now) !== input.tier) continue;
      total += 1;
      if (agent.number <= after) continue;
      if (items.length === input.limit) {
        more = true;
        continue;
      }
      items.push(viewAgent(slice, agent, now));
      last = agent.number;
    }
    return ok({ items, total, next_cursor: more ? `${history}:${last}` : null });
  },
});

/** The number of the last agent shown; undefined when the cursor is of another history. */
const cursorNumber = (cursor: string | undefined, history: string): number | undefined => {
  if (cursor === undefined) return 0;
  const after = cursor.startsWith(`${history}:`) ? Number(cursor.slice(history.length + 1)) : Number.NaN;
  return Number.isSafeInteger(after) ? after : undefined;
};
