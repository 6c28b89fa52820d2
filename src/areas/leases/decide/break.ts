import { actsAsPerson, roleAtLeast } from '../../../kernel/entry.ts';
import { type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { idleMs } from '../../../kernel/hold.ts';
import { isoTime } from '../../../kernel/instants.ts';
import { quoted } from '../../../kernel/text.ts';
import { sessionTier } from '../../agents/model.ts';
import { withFailed } from '../model/changes.ts';
import { type Lease, leasesOn, resolved } from '../model/lease.ts';
import { segmentsOf } from '../model/names.ts';
import type { BreakCommand, LeasesDecision, Yard } from './commands.ts';
import { handOver, lostOf } from './hand-over.ts';
import { leaseWords } from './refusals.ts';
import { endingOf } from './lapse.ts';
import { freedBy } from './release.ts';

/** LE32 to LE35 */
export const breakLock = (yard: Yard, command: BreakCommand): LeasesDecision => {
  const { name, ask, reason } = command;
  const { leases, context } = yard;
  const lock = resolved(leases, name);
  const on = [...leasesOn(leases, segmentsOf(lock))].filter(({ state }) => state.kind !== 'delayed');
  const others = on.filter(({ session }) => session !== context.actor.session);
  if (others.length === 0) return nobodyElse(lock, on);
  if (ask) return ok([{ type: 'leases.asked', data: { lock, reason, holders: others.map(endingOf) } }]);
  for (const lease of others) {
    const refusal = refuseBreak(yard, lease);
    if (refusal !== undefined) return refusal;
  }
  const broken = others.map((lease) => ({ ...endingOf(lease), epoch: lease.epoch }));
  const after = others.reduce((next, lease) => withFailed(next, lease, context.now), leases);
  const lost = others.flatMap((lease) => lostOf(freedBy(lease), lease.session));
  return ok([
    { type: 'leases.broken', data: { lock, reason, holders: broken } },
    ...handOver(after, others.flatMap(freedBy), { now: context.now, lost }),
  ]);
};

const nobodyElse = (lock: string, own: readonly Lease[]): Refusal =>
  own.length > 0
    ? refuse('invalid_state', `Only you hold ${lock}. Give it back with lock_release.`, { lock })
    : refuse(
        'not_found',
        `Nobody holds ${lock}. If something else is in its way, lock_list with this name shows what.`,
        { lock },
      );

const refuseBreak = (yard: Yard, lease: Lease): Refusal | undefined => {
  const { agents, context } = yard;
  const tier = sessionTier(agents, lease.session, context.now);
  const { actor } = context;
  // A person who speaks for an agent is bound by what binds that.
  if (actsAsPerson(actor) && roleAtLeast(actor.role, 'approver')) return undefined;
  const own = lease.holder === actor.agent;
  const held = leaseWords(yard, lease);
  const ask = `lock_break {"name":${quoted(lease.lock)},"reason":"..."}`;
  const details = { lock: lease.lock, holder: lease.holder, tier };
  switch (tier) {
    case 'active':
      return refuse(
        'held',
        `${held}, and that session is active. Ask for it: ${ask}. Or queue for it with wait_ms, or let a person break it.`,
        details,
      );
    case 'idle': {
      if (own) return undefined;
      const lastSeen = agents.sessions.get(lease.session)?.lastSeen ?? context.now;
      return refuse(
        'held',
        `${held}. Warning: it is idle, not gone, and may be at work in the middle of this. It can be broken from ${isoTime(lastSeen + idleMs)} if it stays silent; until then ask for it (${ask}), or let a person break it.`,
        details,
      );
    }
    case 'stale':
    case 'abandoned':
    case 'ended':
      return undefined;
  }
};
