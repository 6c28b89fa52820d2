import { z } from 'zod';
import { isoTime } from '../../kernel/instants.ts';
import type { Instant } from '../../kernel/instants.ts';
import { type Agent, type AgentsSlice, agentTier, sessionsOf } from './model.ts';

export const tierSchema = z.enum(['active', 'idle', 'stale', 'abandoned']);

export const agentOutput = z.strictObject({
  name: z.string(),
  tier: tierSchema.describe(
    'by time since the last call: active < 5 min, idle < 1 h, stale < 24 h, abandoned',
  ),
  last_seen: z.string(),
  capabilities: z.array(z.string()),
  metadata: z.record(z.string(), z.string()),
  wip_limit: z.number(),
  sessions: z.number().describe('live sessions'),
});

export type AgentOutput = z.infer<typeof agentOutput>;

/** An agent as others see it. Session handles are not shown: they would let one agent act as another. */
export const viewAgent = (slice: AgentsSlice, agent: Agent, now: Instant): AgentOutput => {
  const sessions = sessionsOf(slice, agent.name);
  return {
    name: agent.name,
    tier: agentTier(slice, agent, now),
    last_seen: isoTime(Math.max(agent.lastSeen, ...sessions.map(({ lastSeen }) => lastSeen))),
    capabilities: [...agent.capabilities],
    metadata: { ...agent.metadata },
    wip_limit: agent.wipLimit,
    sessions: sessions.filter(({ endedAt }) => endedAt === undefined).length,
  };
};
