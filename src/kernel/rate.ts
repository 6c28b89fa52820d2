import type { Role } from './entry.ts';

/** Calls of one class share a limit of their own. `broadcast` is what reaches everybody at once. */
export const rateClasses = ['read', 'general', 'task', 'broadcast'] as const;

export type RateClass = (typeof rateClasses)[number];

export const isRateClass = (word: unknown): word is RateClass => rateClasses.some((rate) => rate === word);

/** Limits are of any time as long as this. */
export const windowSeconds = 60;

/** How a principal stands with one class. */
export interface RateReading {
  readonly rate: RateClass;
  /** Calls within any minute, burst included; undefined = as many as it likes. */
  readonly limit: number | undefined;
  /** Of these, how many count at present, over all hubs. Not counted where there is no limit. */
  readonly used: number;
  /** After how many milliseconds without another call nothing counts any more. */
  readonly clearInMs: number;
}

/** What a query is told of a principal's calls. */
export interface Usage {
  readonly principal: string;
  readonly role: Role;
  /** The profile that holds as long as none was set while running. */
  readonly configured: string;
  readonly readings: readonly RateReading[];
}
