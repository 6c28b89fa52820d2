import { ok } from '../../src/kernel/errors.ts';
import type { Secret } from '../../src/host/secrets/secret.ts';

/** A secret of the configuration that was said as it is. */
export const plainSecret = (text: string): Secret => ({
  place: 'A test',
  runsProgram: false,
  text: async () => ok(text),
  again: async () => ok(text),
});
