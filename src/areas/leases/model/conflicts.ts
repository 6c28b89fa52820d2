import type { Seq } from '../../../kernel/entry.ts';
import { filesMeet, includesFile, meeting } from './file-locks.ts';
import {
  type Claim,
  type Lease,
  type LeasesSlice,
  type PathOrder,
  type Wait,
  isFile,
  leaseOf,
  leasesIn,
  pathPartition,
} from './lease.ts';
import { type Mode, modesInTheWay } from './modes.ts';
import { fileKind, segmentsOf, wholesOf } from './names.ts';

/** A part of an order in which everything conflicts with a claim. */
export interface Spot {
  readonly order: PathOrder;
  readonly mode: Mode;
  readonly partition: string;
  /** Of file locks: the pattern that lies here. */
  readonly path?: string;
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
    for (const other of meeting(index, path)) {
      for (const spot of nodes([fileKind, other], 2, modesInTheWay(mode, 'here')))
        yield { ...spot, path: other };
    }
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
export const waitsInTheWay = (
  slice: LeasesSlice,
  claim: Claim,
  from: { readonly session: string | undefined; readonly before: Seq },
): Generator<Wait> => waitsAt(slice, spotsOf(slice, claim, 'waits'), from);

function* waitsAt(
  slice: LeasesSlice,
  spots: Iterable<Spot>,
  { session, before }: { readonly session: string | undefined; readonly before: Seq },
): Generator<Wait> {
  for (const { order, partition } of spots) {
    for (const wait of slice.waits.scan(order, partition)) {
      if (wait.ticket >= before) break;
      if (wait.session !== session) yield wait;
    }
  }
}

/** What a claim means for a session that may hold the lock already. */
export type Step = 'fresh' | 'again' | 'downgrade' | 'upgrade';

/** Who asks, and what it is offered, if that counts as well: it will have it in a moment. */
export interface Asking {
  readonly session: string;
  readonly offers?: readonly Lease[];
}

const none: readonly Lease[] = [];

export const stepOf = (slice: LeasesSlice, { session, offers = none }: Asking, claim: Claim): Step => {
  const { lock, mode } = claim;
  const held = leaseOf(slice, session, lock)?.mode;
  const offered = offers.filter((one) => one.lock === lock).map((one) => one.mode);
  const own = offered.includes('exclusive') ? 'exclusive' : (held ?? offered[0]);
  if (own === undefined) return 'fresh';
  if (own === mode) return 'again';
  return mode === 'shared' ? 'downgrade' : 'upgrade';
};

const suffices = (has: Claim, { mode }: Claim): boolean => has.mode === 'exclusive' || mode === 'shared';

/** Whether who has the one has the other with it: the same lock, or a part. */
export const includes = (has: Claim, claim: Claim): boolean => {
  if (!suffices(has, claim)) return false;
  if (has.lock === claim.lock) return true;
  const [kind, path = ''] = segmentsOf(claim.lock);
  const [otherKind, other = ''] = segmentsOf(has.lock);
  if (kind !== otherKind) return false;
  return kind === fileKind
    ? includesFile(other, path)
    : [...wholesOf(segmentsOf(claim.lock))].includes(has.lock);
};

/** LE21: what a session has of a whole, if that includes the claim: who waits for the part, waits for it already. */
const wholeOver = (
  slice: LeasesSlice,
  { session, offers = none }: Asking,
  claim: Claim,
): Claim | undefined => {
  const offered = offers.find((one) => includes(one, claim));
  if (offered !== undefined) return offered;
  const segments = segmentsOf(claim.lock);
  if (segments[0] === fileKind)
    return leasesIn(slice, session).find(
      (one) => one.state.kind === 'held' && isFile(one) && includes(one, claim),
    );
  for (const whole of wholesOf(segments)) {
    const held = leaseOf(slice, session, whole);
    if (held !== undefined && suffices(held, claim)) return held;
  }
  return undefined;
};

/**
 * LE18, LE20, LE21: where those lie who keep a session from a claim because they have waited longer. Nowhere, where it has
 * all of it already: as the lock itself, or as a part of what it has. Where it makes exclusive what it shares, whoever
 * waits to have the lock alone waits for it anyhow; whoever waits to share it would wait for one more session.
 */
export function* waitSpotsOf(slice: LeasesSlice, asking: Asking, claim: Claim): Generator<Spot> {
  const step = stepOf(slice, asking, claim);
  if (step === 'again' || step === 'downgrade') return;
  const under = wholeOver(slice, asking, claim);
  // Of names in a tree, whatever is in the way of the part is in the way of the whole.
  if (under !== undefined && segmentsOf(claim.lock)[0] !== fileKind) return;
  for (const spot of spotsOf(slice, claim, 'waits')) {
    const passed =
      under === undefined
        ? step === 'upgrade' && spot.mode === 'exclusive'
        : spot.path !== undefined && filesMeet(spot.path, segmentsOf(under.lock)[1] ?? '');
    if (!passed) yield spot;
  }
}

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
  from: { readonly session: string; readonly before: Seq },
): Generator<Blocker> {
  const step = stepOf(slice, from, claim);
  if (step === 'again' || step === 'downgrade') return;
  yield* holdsInTheWay(slice, claim, from.session);
  yield* waitsAt(slice, waitSpotsOf(slice, from, claim), from);
}

/** How many requests wait for a lock, a part of it or a whole that it is a part of. */
export const waitingFor = (slice: LeasesSlice, lock: string): number => {
  const waits = waitsInTheWay(slice, { lock, mode: 'exclusive' }, { session: undefined, before: last });
  return new Set([...waits].map(({ ticket }) => ticket)).size;
};
