import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { secondMs } from '../../../kernel/instants.ts';
import type { Ttl } from '../model/lease.ts';
import type { LeaseSettings } from '../model/settings.ts';

/** LE27: the ttl that was asked for, or that of the settings; those say also what it may be. */
export const ttlFor = (settings: LeaseSettings, asked: Ttl | undefined): Outcome<Ttl> => {
  const { ttlMsDefault, ttlMsMin, ttlMsMax } = settings;
  if (asked === undefined || asked === 'session') return ok(asked ?? ttlMsDefault);
  return asked >= ttlMsMin && asked <= ttlMsMax
    ? ok(asked)
    : refuse(
        'invalid_input',
        `A ttl here is ${ttlMsMin / secondMs} to ${ttlMsMax / secondMs} seconds, or "session"; ${asked / secondMs} is not. Choose one of these, and renew in time with lock_renew.`,
        { min: ttlMsMin / secondMs, max: ttlMsMax / secondMs },
      );
};
