import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { markOf } from '../../../kernel/json.ts';
import { startOf } from '../../../kernel/list-cursor.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import {
  type Agent,
  type AgentsSlice,
  agentNameSchema,
  agentTier,
  capabilitySchema,
  onlyPartition,
  sessionsOf,
} from '../model.ts';
import { agentOutput, tierSchema, viewAgent } from '../view.ts';

const limitDefault = 50;
const limitMax = 200;

export const agentList = defineOperation({
  name: 'agent_list',
  journal: 'workspace',
  category: 'agents',
  summary: 'Who is here, how lively they are and what they can do.',
  description: 'See who else works here, what they can do and how lively they are.',
  leavesOut: {
    unless: ['all', 'tier'],
    remark: 'Agents without a live session are not listed; --all lists them.',
  },
  short: {
    omits: ['name', 'all', 'limit', 'cursor'],
    adds: 'Also takes name (beginning), all, limit, cursor.',
  },
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
    capability: capabilitySchema.optional().meta({ title: 'only who can do this' }),
    tier: tierSchema.optional().meta({ title: 'only who is this lively' }),
    name: agentNameSchema.optional().describe('begins with'),
    all: z.boolean().optional().describe('also who has no live session'),
    limit: z.int().min(1).max(limitMax).default(limitDefault).meta({ title: 'how many to show' }),
    cursor: z.string().max(200).optional().describe('next_cursor of the page before; repeat its filters'),
  }),
  output: z.strictObject({
    items: z.array(agentOutput),
    total: z.number(),
    next_cursor: z.string().nullable(),
  }),
  // AG20
  query: ({ agents: slice }, { cursor, limit, ...filter }, { now, history }) => {
    const filters = markOf(filter);
    const begin = startOf(cursor, { history, filters });
    if (!begin.ok) return begin;
    const after = begin.value;
    const onlyLive = filter.all !== true && filter.tier === undefined;
    const items = [];
    let total = 0;
    let last = 0;
    let more = false;
    for (const agent of slice.agents.scan('all', onlyPartition)) {
      if (filter.capability !== undefined && !agent.capabilities.includes(filter.capability)) continue;
      if (filter.name !== undefined && !agent.name.startsWith(filter.name)) continue;
      if (filter.tier !== undefined && agentTier(slice, agent, now) !== filter.tier) continue;
      if (onlyLive && !isLive(slice, agent)) continue;
      total += 1;
      if (agent.number <= after) continue;
      if (items.length === limit) {
        more = true;
        continue;
      }
      items.push(viewAgent(slice, agent, now));
      last = agent.number;
    }
    return ok({ items, total, next_cursor: more ? `${history}:${filters}:${last}` : null });
  },
});

const isLive = (slice: AgentsSlice, { name }: Agent): boolean =>
  sessionsOf(slice, name).some(({ endedAt }) => endedAt === undefined);
