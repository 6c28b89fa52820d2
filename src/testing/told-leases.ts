import type { LeasesSlice } from '../areas/leases/model/lease.ts';
import type { FileLocks } from '../areas/leases/model/file-locks.ts';

const leaseOrders = ['node', 'below2', 'below3', 'all', 'expiry', 'holder', 'session'] as const;
const waitOrders = ['node', 'below2', 'below3'] as const;
const ticketOrders = ['all', 'session', 'until'] as const;

/** Everything that a slice says, orders and indexes included, in a form that can be compared. */
export const toldLeases = (slice: LeasesSlice): unknown => ({
  leases: [...slice.leases.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
  leaseOrders: leaseOrders.map((order) =>
    [...slice.leases.partitions(order)]
      .toSorted()
      .map((name) => [name, [...slice.leases.scan(order, name)].map(({ key }) => key)]),
  ),
  tickets: [...slice.tickets.scan('all', 'all')],
  ticketOrders: ticketOrders.map((order) =>
    [...slice.tickets.partitions(order)]
      .toSorted()
      .map((name) => [name, [...slice.tickets.scan(order, name)].map(({ seq }) => seq)]),
  ),
  waitOrders: waitOrders.map((order) =>
    [...slice.waits.partitions(order)]
      .toSorted()
      .map((name) => [name, [...slice.waits.scan(order, name)].map(({ key }) => key)]),
  ),
  aliases: [...slice.aliases.scan('all', 'all')],
  losses: [...slice.losses.values()].toSorted((a, b) => (a.agent < b.agent ? -1 : 1)),
  files: [slice.heldFiles, slice.awaitedFiles].map(patternsIn),
  counted: slice.counted,
});

const patternsIn = (index: FileLocks | undefined): readonly string[] | undefined =>
  index && [...index.values()].flatMap(({ items }) => items.map(({ glob }) => glob.text)).toSorted();
