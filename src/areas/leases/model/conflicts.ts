import type { Seq } from '../../../kernel/entry.ts';
import { meeting } from './file-locks.ts';
import {
  type Claim,
  type Lease,
  type LeasesSlice,
  type PathOrder,
  type Wait,
  leaseOf,
  pathPartition,
} from './lease.ts';
import { type Mode, modes, modesInTheWay } from './modes.ts';
import { fileKind, segmentsOf, wholesOf } from './names.ts';

/** A part of an order in which everything conflicts with a claim. */
export interface Spot {
  readonly order: PathOrder;
  readonly mode: Mode;
  readonly partition: string;
}

const belowOrders: readonly (PathOrder | undefined)[] = [
  undefined,
  undefined,
  'below2',
  'below3',
  'below4',
  'below5',
  'below6',
];

/** LE7: where whatever conflicts with a claim lies, among holds or among those who wait. */
export function* spotsOf(
  slice: LeasesSlice,
  { lock, mode }: Claim,
  among: 'leases' | 'waits',
): Generator<Spot> {
  const segments = segmentsOf(lock);
  const [kind, path = ''] = segments;
  if (kind === fileKind) {
    const index = among === 'leases' ? slice.heldFiles : slice.awaitedFiles;
    if (index === undefined) return;
    for (const other of meeting(index, path)) yield* nodes([fileKind, other], 2, modesInTheWay(mode, 'here'));
    return;
  }
  yield* nodes(segments, segments.length, modesInTheWay(mode, 'here'));
  for (let depth = segments.length - 1; depth >= 2; depth -= 1)
    yield* nodes(segments, depth, modesInTheWay(mode, 'above'));
  const order = belowOrders[segments.length];
  if (order === undefined) return;
  for (const other of modesInTheWay(mode, 'below'))
    yield { order, mode: other, partition: pathPartition(segments, segments.length, other) };
}

function* nodes(segments: readonly string[], depth: number, among: readonly Mode[]): Generator<Spot> {
  for (const mode of among) yield { order: 'node', mode, partition: pathPartition(segments, depth, mode) };
}

/** The holds of other sessions that a claim conflicts with; nobody's own when `session` is undefined. */
export function* holdsInTheWay(
  slice: LeasesSlice,
  claim: Claim,
  session: string | undefined,
): Generator<Lease> {
  for (const { order, partition } of spotsOf(slice, claim, 'leases')) {
    for (const lease of slice.leases.scan(order, partition)) if (lease.session !== session) yield lease;
  }
}

/** Those who wait for what a claim conflicts with, in other sessions, and since before ticket `before`. */
export function* waitsInTheWay(
  slice: LeasesSlice,
  claim: Claim,
  { session, before }: { readonly session: string | undefined; readonly before: Seq },
): Generator<Wait> {
  for (const { order, partition } of spotsOf(slice, claim, 'waits')) {
    for (const wait of slice.waits.scan(order, partition)) {
      if (wait.ticket >= before) break;
      if (wait.session !== session) yield wait;
    }
  }
}

/** What a claim means for a session that may hold the lock already. */
export type Step = 'fresh' | 'again' | 'downgrade' | 'upgrade';

export const stepOf = (slice: LeasesSlice, session: string, { lock, mode }: Claim): Step => {
  const own = leaseOf(slice, session, lock);
  if (own === undefined) return 'fresh';
  if (own.mode === mode) return 'again';
  return mode === 'shared' ? 'downgrade' : 'upgrade';
};

/**
 * LE18, LE21: in which modes others who wait are in the way of a claim. In none where the session has all of it already, as
 * the lock itself or as a part of a whole that it holds alone. Where it makes exclusive what it shares, whoever waits to
 * have the lock alone waits for it anyhow; whoever waits to share it would wait for one more session.
 */
export const yieldsToWaits = (slice: LeasesSlice, session: string, claim: Claim): readonly Mode[] => {
  const step = stepOf(slice, session, claim);
  if (step === 'again' || step === 'downgrade') return [];
  for (const whole of wholesOf(segmentsOf(claim.lock)))
    if (leaseOf(slice, session, whole)?.mode === 'exclusive') return [];
  return step === 'fresh' ? modes : ['shared'];
};

export type Blocker = Lease | Wait;

export const isLease = (blocker: Blocker): blocker is Lease => 'epoch' in blocker;

/** Behind everything that waits. */
export const last: Seq = Number.MAX_SAFE_INTEGER;

/**
 * LE10, LE18, LE20: everything that keeps a session from a claim, holds first. What it holds already it may have again;
 * to make it exclusive, it has to be the only holder.
 */
export function* blockersOf(
  slice: LeasesSlice,
  claim: Claim,
  { session, before }: { readonly session: string; readonly before: Seq },
): Generator<Blocker> {
  const step = stepOf(slice, session, claim);
  if (step === 'again' || step === 'downgrade') return;
  yield* holdsInTheWay(slice, claim, session);
  const modesBefore = yieldsToWaits(slice, session, claim);
  if (modesBefore.length === 0) return;
  for (const wait of waitsInTheWay(slice, claim, { session, before }))
    if (modesBefore.includes(wait.mode)) yield wait;
}

/** How many requests wait for a lock, a part of it or a whole that it is a part of. */
export const waitingFor = (slice: LeasesSlice, lock: string): number => {
  const waits = waitsInTheWay(slice, { lock, mode: 'exclusive' }, { session: undefined, before: last });
  return new Set([...waits].map(({ ticket }) => ticket)).size;
};
