import { ok } from '../../../kernel/errors.ts';
import { type RateClass, rateClasses } from '../../../kernel/rate.ts';
import type { PerMinute, RateSetting } from '../limits.ts';
import type { AccessDecision, Desk, LimitsCommand } from './commands.ts';

/** AC27 */
export const changeLimits = ({ slice }: Desk, command: LimitsCommand): AccessDecision => {
  const { rates } = slice;
  const profile = command.profile === 'configured' ? undefined : (command.profile ?? rates.profile);
  const kept = command.profile === undefined ? rates : { classes: {}, burst: undefined };
  const classes = classesAfter(kept.classes, command.classes);
  const burst = command.burst ?? kept.burst;
  if (isSame(rates, { profile, classes, burst })) return ok([]);
  return ok([
    {
      type: 'access.limits_changed',
      data: { ...(profile !== undefined && { profile }), classes, ...(burst !== undefined && { burst }) },
    },
  ]);
};

const classesAfter = (
  before: RateSetting['classes'],
  change: LimitsCommand['classes'],
): RateSetting['classes'] => {
  const after: Partial<Record<RateClass, PerMinute>> = {};
  for (const rate of rateClasses) {
    const wanted = change[rate] ?? before[rate];
    if (wanted !== undefined && wanted !== 'profile') after[rate] = wanted;
  }
  return after;
};

const isSame = (before: RateSetting, after: Pick<RateSetting, 'profile' | 'classes' | 'burst'>): boolean =>
  before.profile === after.profile &&
  before.burst === after.burst &&
  rateClasses.every((rate) => before.classes[rate] === after.classes[rate]);
