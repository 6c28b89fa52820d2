import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { secondMs } from '../../kernel/instants.ts';
import type { KeyName } from './keys.ts';

/** For how long a lock may be held without being renewed, and is when nothing is said; milliseconds. */
export interface LockTtls {
  readonly ttlMsDefault: number;
  readonly ttlMsMin: number;
  readonly ttlMsMax: number;
}

export const usualLockTtls: LockTtls = {
  ttlMsDefault: 300 * secondMs,
  ttlMsMin: 5 * secondMs,
  ttlMsMax: 86_400 * secondMs,
};

/** The three values, if they stand in their order. */
export const lockTtlsOf = (values: ReadonlyMap<KeyName, string>): Outcome<LockTtls> => {
  const [least, usual, most] = (['lock-ttl-min', 'lock-ttl', 'lock-ttl-max'] as const).map((name) =>
    Number(values.get(name)),
  );
  if (least === undefined || usual === undefined || most === undefined || least > usual || usual > most) {
    return refuse(
      'invalid_input',
      `lock-ttl-min, lock-ttl and lock-ttl-max have to stand in that order, and are ${least}, ${usual} and ${most} seconds. Change one of them.`,
    );
  }
  return ok({ ttlMsDefault: usual * secondMs, ttlMsMin: least * secondMs, ttlMsMax: most * secondMs });
};
