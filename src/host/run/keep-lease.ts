import type { Clock } from '../../engine/clock.ts';

/** What came of one try to renew. `unknown`: nobody answered, or nobody who could say. */
export type Renewal =
  | { readonly kind: 'renewed' }
  | { readonly kind: 'lost' | 'unknown'; readonly why: string };

export interface Lease {
  readonly ttlMs: number;
  /** On the clock of this process, before the call was sent that granted it: it lasts at least a ttl from then. */
  readonly grantedAt: number;
  /** How long before its end it counts as lost: whoever works under it needs that time to stop. */
  readonly marginMs: number;
}

export interface Keeping {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly renew: (signal: AbortSignal) => Promise<Renewal>;
  /** Told when a try has failed after one that had not. */
  readonly troubled: (why: string) => void;
  /** Aborted when the lease is not needed any more. */
  readonly stop: AbortSignal;
}

/** After a third of the ttl, so that two tries may fail. */
const renewalsPerTtl = 3;
const retryMsMax = 1_000;

/**
 * Renews a lease until it is not needed any more, and then resolves to undefined; or to why it is lost. It is lost when
 * a renewal is refused, and when its ttl is about to end without one, measured here: whoever is cut off must have
 * stopped before others can hold it.
 */
export const keepLease = async (
  { ttlMs, grantedAt, marginMs }: Lease,
  { clock, renew, troubled, stop }: Keeping,
): Promise<string | undefined> => {
  let until = grantedAt + ttlMs - marginMs;
  let next = grantedAt + ttlMs / renewalsPerTtl;
  let trouble: string | undefined;
  while (!stop.aborted) {
    await reached(Math.min(next, until), clock, stop);
    if (stop.aborted) return undefined;
    const begun = clock.monotonic();
    if (begun >= until) return `it could not be renewed in time (${trouble ?? 'this process was stopped'})`;
    const renewal = await answerBefore(until, renew, { clock, stop });
    if (renewal?.kind === 'lost') return stop.aborted ? undefined : renewal.why;
    if (renewal?.kind === 'renewed') {
      trouble = undefined;
      until = begun + ttlMs - marginMs;
      next = begun + ttlMs / renewalsPerTtl;
      continue;
    }
    const why = renewal?.why ?? 'nobody has answered';
    if (trouble === undefined && !stop.aborted) troubled(why);
    trouble = why;
    next = clock.monotonic() + Math.min(retryMsMax, ttlMs / 10);
  }
  return undefined;
};

type Timing = Pick<Keeping, 'clock' | 'stop'>;

/** Resolves when the clock has come this far, or at the stop. */
const reached = (at: number, clock: Timing['clock'], stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const leftMs = at - clock.monotonic();
    if (leftMs <= 0 || stop.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      cancel();
      stop.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(leftMs, end);
    stop.addEventListener('abort', end);
  });

/** What comes of a try, if that is known before it is of no use any more. */
const answerBefore = async (
  until: number,
  renew: Keeping['renew'],
  { clock, stop }: Timing,
): Promise<Renewal | undefined> => {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, stop]);
  const renewal = await Promise.race([
    renew(signal),
    reached(until, clock, signal).then((): undefined => undefined),
  ]);
  over.abort();
  return renewal;
};
