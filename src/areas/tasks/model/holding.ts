import { type Hold, type SessionHold, holdOfSession } from '../../../kernel/hold.ts';
import type { AgentsSlice } from '../../agents/model.ts';

/** A hold with the instants that follow from its session. Without its session a hold is up for anybody. */
export const holdNow = (agents: AgentsSlice, held: SessionHold): Hold => {
  const session = agents.sessions.get(held.session);
  return session === undefined
    ? { ...held, contestableAt: 0, expiresAt: 0 }
    : holdOfSession(held, { lastSeen: session.lastSeen, endedAt: session.endedAt });
};
