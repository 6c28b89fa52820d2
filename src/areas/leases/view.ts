import { z } from 'zod';
import { isoTime } from '../../kernel/instants.ts';
import type { Facts } from '../../kernel/operation.ts';
import { type AgentsSlice, sessionTier } from '../agents/model.ts';
import { expiryOf } from './model/expiry.ts';
import type { Lease, Ticket } from './model/lease.ts';
import { modes } from './model/modes.ts';

const modeOutput = z.enum(modes);

const expiryShape = {
  expires_at: z.string().optional(),
  remaining_ms: z.number().optional().describe('when this was answered'),
};

/** What its holder is told of a lock. */
export const lockOutput = z.strictObject({
  name: z.string(),
  mode: modeOutput,
  token: z.number().describe('of this grant; later grants have higher ones'),
  count: z.number().describe('how often you have to release it'),
  ...expiryShape,
});

interface Seen {
  readonly agents: AgentsSlice;
  readonly facts: Pick<Facts, 'now' | 'actor'>;
}

const viewExpiry = ({ agents, facts }: Seen, lease: Lease) => {
  const at = expiryOf(agents, lease);
  return at === undefined ? {} : { expires_at: isoTime(at), remaining_ms: Math.max(0, at - facts.now) };
};

export const viewLock = (seen: Seen, lease: Lease): z.infer<typeof lockOutput> => {
  const { lock: name, mode, epoch: token, count } = lease;
  return { name, mode, token, count, ...viewExpiry(seen, lease) };
};

/** What everybody is told of it. */
export const itemOutput = z.strictObject({
  ...lockOutput.shape,
  token: lockOutput.shape.token.optional().describe('of this grant, while it is held'),
  state: z.enum(['held', 'offered', 'delayed']),
  holder: z.string(),
  mine: z.boolean().describe('held by this session'),
  tier: z.string().describe('how lively the session is that holds it'),
  since: z.string(),
  purpose: z.string().optional(),
  asked: z.number().optional().describe('how often others have asked for it'),
});

export const viewItem = (seen: Seen, lease: Lease): z.infer<typeof itemOutput> => ({
  name: lease.lock,
  mode: lease.mode,
  // LE47: nobody is shown a token that is not valid.
  ...(lease.state.kind === 'held' && { token: lease.epoch }),
  count: lease.count,
  ...viewExpiry(seen, lease),
  state: lease.state.kind,
  holder: lease.holder,
  mine: lease.session === seen.facts.actor.session,
  tier: sessionTier(seen.agents, lease.session, seen.facts.now),
  since: isoTime(lease.since),
  ...(lease.purpose !== undefined && { purpose: lease.purpose }),
  ...(lease.asks.length > 0 && { asked: lease.asks.length }),
});

export const waiterOutput = z.strictObject({
  agent: z.string(),
  names: z.array(z.string()),
  mode: modeOutput,
  since: z.string(),
  until: z.string(),
  purpose: z.string().optional(),
});

export const viewWaiter = ({
  agent,
  claims,
  since,
  until,
  purpose,
}: Ticket): z.infer<typeof waiterOutput> => ({
  agent,
  names: claims.map(({ lock }) => lock),
  mode: claims[0]?.mode ?? 'exclusive',
  since: isoTime(since),
  until: isoTime(until),
  ...(purpose !== undefined && { purpose }),
});
