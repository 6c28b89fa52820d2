import type { SavedRow } from '../../kernel/area.ts';
import { present } from '../../kernel/assert.ts';
import { withTicket } from './model/changes.ts';
import {
  type AgentLosses,
  type Alias,
  type Lease,
  type LeasesSlice,
  type Ticket,
  initialLeases,
} from './model/lease.ts';

type Part =
  | { readonly part: 'lease'; readonly row: Lease }
  | { readonly part: 'ticket'; readonly row: Ticket }
  | { readonly part: 'alias'; readonly row: Alias }
  | { readonly part: 'losses'; readonly row: AgentLosses }
  | { readonly part: 'counted'; readonly row: number };

const parts: readonly string[] = [
  'lease',
  'ticket',
  'alias',
  'losses',
  'counted',
] satisfies readonly Part['part'][];

export function* save(slice: LeasesSlice): Iterable<Part> {
  for (const row of slice.leases.values()) yield { part: 'lease', row };
  for (const row of slice.tickets.values()) yield { part: 'ticket', row };
  for (const row of slice.aliases.values()) yield { part: 'alias', row };
  for (const row of slice.losses.values()) yield { part: 'losses', row };
  yield { part: 'counted', row: slice.counted };
}

export const bulk = (slice: LeasesSlice): LeasesSlice => ({
  ...slice,
  leases: slice.leases.bulk(),
  tickets: slice.tickets.bulk(),
  waits: slice.waits.bulk(),
  aliases: slice.aliases.bulk(),
  losses: slice.losses.bulk(),
  heldFiles: undefined,
  awaitedFiles: undefined,
});

/** The slice in bulk form, as replay goes on with it. What waits for what follows from the tickets. */
export const load = (rows: Iterable<SavedRow>): LeasesSlice => {
  let next = bulk(initialLeases);
  for (const saved of rows) {
    const { part, row } = present(asPart(saved), 'a snapshot holds the parts that its version writes');
    if (part === 'lease') next = { ...next, leases: next.leases.put(restored(row)) };
    // JSON knows no `undefined`; a loaded record has the same members as a folded one.
    else if (part === 'ticket') next = withTicket(next, { ...row, purpose: row.purpose });
    else if (part === 'alias') next = { ...next, aliases: next.aliases.put(row) };
    else if (part === 'losses') next = { ...next, losses: next.losses.put(restoredLosses(row)) };
    else next = { ...next, counted: row };
  }
  return next;
};

const restored = (row: Lease): Lease => ({
  ...row,
  purpose: row.purpose,
  state: row.state.kind === 'held' ? { kind: 'held', expiresAt: row.state.expiresAt } : row.state,
});

const restoredLosses = ({ agent, losses, refused }: AgentLosses): AgentLosses => ({
  agent,
  refused,
  losses: losses.map((loss) => ({ ...loss, by: loss.by, reason: loss.reason })),
});

const asPart = (saved: SavedRow): Part | undefined => (isPart(saved) ? saved : undefined);

const isPart = (saved: SavedRow): saved is Part => parts.includes(saved.part);
