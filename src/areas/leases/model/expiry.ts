import { sessionExpiresAt } from '../../../kernel/hold.ts';
import type { Instant } from '../../../kernel/instants.ts';
import type { AgentsSlice } from '../../agents/model.ts';
import type { Lease } from './lease.ts';

/** When a hold ends if nobody does anything: by its ttl, or with its session if that comes first. */
export const expiryOf = (agents: AgentsSlice, { session, state }: Lease): Instant | undefined => {
  const found = agents.sessions.get(session);
  const sessionEnd = found && sessionExpiresAt({ lastSeen: found.lastSeen, endedAt: found.endedAt });
  const own = state.kind === 'held' ? state.expiresAt : state.until;
  if (own === undefined || sessionEnd === undefined) return own ?? sessionEnd;
  return Math.min(own, sessionEnd);
};
