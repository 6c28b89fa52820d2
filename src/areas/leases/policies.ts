import { definePolicy } from '../../kernel/area.ts';
import type { AgentsEvent } from '../agents/model.ts';
import { leasesIntent } from './decide/index.ts';
import { leasesIn, ticketsOf } from './model/lease.ts';

/** LE23 */
export const leaveQueue = definePolicy<AgentsEvent, 'agents.session_ended'>({
  name: 'leases.leave_queue',
  after: 'agents.session_ended',
  meaning: 'The requests of a session that has ended wait no longer.',
  bestEffort: false,
  react: ({ data: { agent, session } }, { leases }) =>
    ticketsOf(leases, session).length === 0
      ? []
      : [leasesIntent({ type: 'end_session', agent, session, holds: false })],
});

/** LE29 */
export const releaseExpired = definePolicy<AgentsEvent, 'agents.session_expired'>({
  name: 'leases.release_expired',
  after: 'agents.session_expired',
  meaning: 'The locks of an expired session are released.',
  bestEffort: false,
  react: ({ data: { agent, session } }, { leases }) =>
    ticketsOf(leases, session).length === 0 && leasesIn(leases, session).length === 0
      ? []
      : [leasesIntent({ type: 'end_session', agent, session, holds: true })],
});
