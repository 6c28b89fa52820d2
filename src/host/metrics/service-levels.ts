import type { ServiceLevel, ServiceLevels } from '../../surfaces/hub.ts';
import type { Lag } from './lag.ts';
import { type RecentCalls, windowSeconds } from './window.ts';

/** Of a hundred calls, how many must be as fast as the level says. */
const part = 0.95;

/**
 * What a hub promises whoever works with it, and why just that. Times are of calls that were not asked to wait, without
 * what the network takes.
 */
export const targets = {
  /** A read is answered from memory after one look at the store: more means that the process or the machine is overloaded. */
  readP95Seconds: 0.05,
  /** A write is one sync to a disk or one round trip to a database, and may have to wait for the batch before. */
  writeP95Seconds: 0.25,
  /** What a client that calls again once does not notice. Refusals that the caller has to mend are no errors. */
  errorPart: 0.001,
  /** Followers gather entries for a second; a person who looks at what they keep does not see five. */
  lagSeconds: 5,
} as const;

export interface StandingNow {
  readonly lags: readonly Lag[];
  /** What is amiss, in words. */
  readonly faults: readonly string[];
}

/** How the service stands against its targets. What nobody has called has nothing against it. */
export const serviceLevelsOf = (recent: RecentCalls, { lags, faults: amiss }: StandingNow): ServiceLevels => {
  const reads = recent.times('read');
  const writes = recent.times('write');
  const { calls, faults } = recent.counts();
  const level = (
    about: Pick<ServiceLevel, 'name' | 'unit' | 'target'>,
    value: number | undefined,
    of: number | undefined,
  ): ServiceLevel => ({
    ...about,
    value: value ?? null,
    holds: value === undefined || value <= about.target,
    ...(of !== undefined && { calls: of }),
  });
  const levels = [
    level({ name: 'read_p95', unit: 's', target: targets.readP95Seconds }, reads.quantile(part), reads.calls),
    level(
      { name: 'write_p95', unit: 's', target: targets.writeP95Seconds },
      writes.quantile(part),
      writes.calls,
    ),
    level(
      { name: 'error_rate', unit: 'part', target: targets.errorPart },
      calls === 0 ? undefined : faults / calls,
      calls,
    ),
    level(
      { name: 'lag', unit: 's', target: targets.lagSeconds },
      Math.max(0, ...lags.map(({ seconds = 0 }) => seconds)),
      undefined,
    ),
  ];
  const holds = amiss.length === 0 && levels.every((each) => each.holds);
  return { holds, window_s: windowSeconds, levels, faults: amiss };
};
