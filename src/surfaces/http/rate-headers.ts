import { isRateClass, windowSeconds } from '../../kernel/rate.ts';
import type { Refusal } from '../../kernel/errors.ts';
import type { RateStanding } from '../hub.ts';

/**
 * The fields of draft-ietf-httpapi-ratelimit-headers and not the older X-RateLimit-*: of those nobody has ever said
 * whether a reset is an instant or a time, nor which of several limits they are about.
 */
const fields = (
  { rate, limit }: Pick<RateStanding, 'rate' | 'limit'>,
  { remaining, seconds }: { readonly remaining: number; readonly seconds: number },
): readonly string[] => [
  'RateLimit-Policy',
  `"${rate}";q=${limit};w=${windowSeconds}`,
  'RateLimit',
  `"${rate}";r=${remaining};t=${seconds}`,
];

/** What an answer says of a limit of which less than half is left. */
export const standingHeaders = (standing: RateStanding): readonly string[] =>
  fields(standing, { remaining: standing.remaining, seconds: standing.clearInS });

/** When to call again, for a call that came too soon. */
export const refusedRateHeaders = ({ code, details }: Refusal): readonly string[] => {
  const { class: rate, limit, retry_after_s: seconds } = details;
  if (code !== 'rate_limited' || typeof seconds !== 'number') return [];
  const retry = ['Retry-After', String(seconds)];
  return isRateClass(rate) && typeof limit === 'number'
    ? [...retry, ...fields({ rate, limit }, { remaining: 0, seconds })]
    : retry;
};
