import type { Role } from '../../kernel/entry.ts';
import type { Instant } from '../../kernel/instants.ts';
import type { RateClass } from '../../kernel/rate.ts';

/** Calls a minute, or as many as one likes. */
export type PerMinute = number | 'unlimited';

export const profileNames = ['laptop', 'shared'] as const;

export type ProfileName = (typeof profileNames)[number];

interface Profile {
  readonly perMinute: Readonly<Record<RateClass, PerMinute>>;
  /** How many more are accepted within a minute. */
  readonly burst: number;
}

/**
 * `laptop` stops what has run wild, and nothing that works: no program reaches it that waits for its answers. `shared`
 * is for a server with users who do not know each other.
 */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  laptop: {
    perMinute: { read: 'unlimited', general: 1_000_000, task: 1_000_000, broadcast: 60_000 },
    burst: 0,
  },
  shared: { perMinute: { read: 600, general: 10, task: 30, broadcast: 15 }, burst: 5 },
};

export const roleFactors: Readonly<Record<Role, number>> = { reader: 0.5, worker: 1, approver: 1, admin: 2 };

export const perMinuteMax = 10_000_000;
export const burstMax = 1_000_000;

/** What was said while running; the rest is as the hub was started. */
export interface RateSetting {
  readonly profile: ProfileName | undefined;
  readonly classes: Readonly<Partial<Record<RateClass, PerMinute>>>;
  readonly burst: number | undefined;
  /** When it was last changed, and by whom. */
  readonly changed: { readonly at: Instant; readonly by: string } | undefined;
}

export const initialRates: RateSetting = {
  profile: undefined,
  classes: {},
  burst: undefined,
  changed: undefined,
};

/** AC24: what holds for a worker, before the burst. */
export const perMinuteOf = (
  { profile, classes }: RateSetting,
  configured: ProfileName,
  rate: RateClass,
): PerMinute => classes[rate] ?? profiles[profile ?? configured].perMinute[rate];

const burstOf = ({ profile, burst }: RateSetting, configured: ProfileName): number =>
  burst ?? profiles[profile ?? configured].burst;

export interface WhoseLimit {
  readonly configured: ProfileName;
  readonly rate: RateClass;
  readonly role: Role;
}

/** AC24: how many calls within any minute; undefined = as many as one likes. */
export const limitOf = (setting: RateSetting, { configured, rate, role }: WhoseLimit): number | undefined => {
  const perMinute = perMinuteOf(setting, configured, rate);
  return perMinute === 'unlimited'
    ? undefined
    : Math.max(1, Math.floor(perMinute * roleFactors[role])) + burstOf(setting, configured);
};

/** Where the number of a class comes from. */
export type RateSource = 'set' | 'profile_set' | 'profile_configured';

export const sourceOf = ({ profile, classes }: RateSetting, rate: RateClass): RateSource => {
  if (classes[rate] !== undefined) return 'set';
  return profile === undefined ? 'profile_configured' : 'profile_set';
};
