import { ok } from '../kernel/errors.ts';
import type { Secret } from '../host/secrets/secret.ts';

/** A secret of the configuration that was said as it is. */
export const plainSecret = (text: string): Secret => ({
  place: 'A test',
  runsProgram: false,
  text: async () => ok(text),
});
