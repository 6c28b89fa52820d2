import { type Hold, type SessionHold, type Tier, holdOfSession, tierAt } from '../../../kernel/hold.ts';
import type { Instant } from '../../../kernel/instants.ts';
import type { AgentsSlice } from '../../agents/model.ts';

/** A hold with the instants that follow from its session. Without its session a hold is up for anybody. */
export const holdNow = (agents: AgentsSlice, held: SessionHold): Hold => {
  const session = agents.sessions.get(held.session);
  return session === undefined
    ? { ...held, contestableAt: 0, expiresAt: 0 }
    : holdOfSession(held, { lastSeen: session.lastSeen, endedAt: session.endedAt });
};

/** How lively the session of a hold is; one that has ended is `ended`, whenever it was last seen. */
export type SessionTier = Tier | 'ended';

export const sessionTier = (agents: AgentsSlice, held: SessionHold, now: Instant): SessionTier => {
  const session = agents.sessions.get(held.session);
  return session === undefined || session.endedAt !== undefined ? 'ended' : tierAt(session.lastSeen, now);
};
