import { type Refusal, errorTable, refuse } from '../kernel/errors.ts';

/**
 * What a call hears that is refused while this process closes. A wait ends early then, with the refusal that it waited on,
 * and that is no longer the reason.
 */
export const whileClosing = (refusal: Refusal): Refusal =>
  errorTable[refusal.code].retryable && refusal.code !== 'outcome_unknown' ? cutShort : refusal;

const cutShort = refuse(
  'stopping',
  'This hub is stopping, and no call waits any longer. Nothing was stored. Call again in a moment.',
);
