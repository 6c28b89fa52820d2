import { defineArea } from '../../kernel/area.ts';
import type { Instant } from '../../kernel/instants.ts';
import { attention, news } from './attention.ts';
import { concerns, voids } from './concerns.ts';
import type { LeasesCommand } from './decide/commands.ts';
import { decide } from './decide/index.ts';
import { evolve } from './evolve.ts';
import { fence } from './guards.ts';
import { type LeasesEvent, leaseEvents } from './model/events.ts';
import { type FileLocks, addFileLock, noFileLocks } from './model/file-locks.ts';
import { type LeasesSlice, isFile, lapsesAt, leasesIn, onlyPartition, ticketsOf } from './model/lease.ts';
import { leaveQueue, releaseExpired } from './policies.ts';
import { bulk, load, save } from './saved.ts';

const settle = (slice: LeasesSlice): LeasesSlice => {
  const leases = slice.leases.settle();
  const waits = slice.waits.settle();
  return {
    ...slice,
    leases,
    waits,
    tickets: slice.tickets.settle(),
    aliases: slice.aliases.settle(),
    losses: slice.losses.settle(),
    heldFiles: slice.heldFiles ?? filesOf(leases.values()),
    awaitedFiles: slice.awaitedFiles ?? filesOf(waits.values()),
  };
};

const filesOf = (all: Iterable<{ readonly segments: readonly string[] }>): FileLocks => {
  const patterns = new Set<string>();
  for (const one of all) if (isFile(one)) patterns.add(one.segments[1] ?? '');
  return [...patterns].reduce(addFileLock, noFileLocks);
};

/** LE27: asked before every batch; only the first of each order is looked at. */
const due = (slice: LeasesSlice, now: Instant): readonly LeasesCommand[] => {
  const lease = slice.leases.first('expiry', onlyPartition);
  const ticket = slice.tickets.first('until', onlyPartition);
  const first = Math.min(
    (lease && lapsesAt(lease)) ?? Number.POSITIVE_INFINITY,
    ticket?.until ?? Number.POSITIVE_INFINITY,
  );
  return first <= now ? [{ type: 'lapse' }] : [];
};

export const leasesArea = defineArea<'leases', 'agents' | 'messages', LeasesCommand, LeasesEvent>({
  name: 'leases',
  stateVersion: 4,
  reads: ['agents', 'messages'],
  events: leaseEvents,
  decide,
  evolve,
  guards: [fence],
  policies: [leaveQueue, releaseExpired],
  due,
  attention,
  news,
  holds: (slice, agent, session) =>
    leasesIn(slice, session).some(({ holder }) => holder === agent) ||
    ticketsOf(slice, session).some((ticket) => ticket.agent === agent),
  concerns,
  voids,
  bulk,
  settle,
  save,
  load,
});
