import { dayMs, minuteMs, secondMs } from '../../../kernel/instants.ts';

declare module '../../../kernel/rule-settings.ts' {
  interface RuleSettings {
    readonly leases: LeaseSettings;
  }
}

/** LE27: for how long a lease may last without being renewed, and does when nothing is said. */
export interface LeaseSettings {
  readonly ttlMsDefault: number;
  readonly ttlMsMin: number;
  readonly ttlMsMax: number;
}

export const leaseSettings: LeaseSettings = {
  ttlMsDefault: 5 * minuteMs,
  ttlMsMin: 5 * secondMs,
  ttlMsMax: dayMs,
};
