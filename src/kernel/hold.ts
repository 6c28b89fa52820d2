import type { Instant } from './instants.ts';
import { dayMs, hourMs, minuteMs } from './instants.ts';

/** A session that has not called for this long is idle, then stale, then abandoned. */
export const activeMs = 5 * minuteMs;
export const idleMs = hourMs;
export const abandonMs = dayMs;
/** After its session has ended, a hold waits this long for the same agent to come back. */
export const graceMs = 2 * minuteMs;

export type Tier = 'active' | 'idle' | 'stale' | 'abandoned';

/** The tier is computed from (last seen, now) and never stored. */
export const tierAt = (lastSeen: Instant, now: Instant): Tier => {
  const silentMs = now - lastSeen;
  if (silentMs < activeMs) return 'active';
  if (silentMs < idleMs) return 'idle';
  return silentMs < abandonMs ? 'stale' : 'abandoned';
};

/** What a session is, as far as its holds are concerned. */
export interface Liveness {
  readonly lastSeen: Instant;
  readonly endedAt: Instant | undefined;
}

/**
 * A hold is a lease. `epoch` is the sequence number of the granting entry, and so the fencing token and the lease id.
 * Up to `contestableAt` nobody else may take it; from `expiresAt` on it is gone.
 */
export interface Hold {
  readonly holder: string;
  readonly session: string;
  readonly epoch: number;
  readonly contestableAt: Instant;
  readonly expiresAt: Instant;
}

/** What is stored of a hold that is bound to a session: its instants follow from the session. */
export type SessionHold = Pick<Hold, 'holder' | 'session' | 'epoch'>;

/** A hold bound to a session: contestable when the session goes stale, gone when it is abandoned or its grace is over. */
export const holdOfSession = (held: SessionHold, session: Liveness): Hold => ({
  holder: held.holder,
  session: held.session,
  epoch: held.epoch,
  contestableAt: session.endedAt ?? session.lastSeen + idleMs,
  expiresAt: sessionExpiresAt(session),
});

/** When a session is gone for good, and with it whatever it holds. */
export const sessionExpiresAt = (session: Liveness): Instant =>
  session.endedAt === undefined ? session.lastSeen + abandonMs : session.endedAt + graceMs;
