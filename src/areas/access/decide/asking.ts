import { ok, refuse } from '../../../kernel/errors.ts';
import type { AccessDecision, Desk } from './commands.ts';

/** AC20 */
export const enable = ({ slice }: Desk): AccessDecision =>
  ok(slice.enabled ? [] : [{ type: 'access.enabled', data: {} }]);

/** AC21 */
export const disable = ({ slice, context }: Desk): AccessDecision => {
  if (!context.settings.access.mayBeOpen) {
    return refuse(
      'invalid_state',
      'This hub asks who calls as long as it runs. To let everybody in on this machine, stop it and start it with --insecure-no-auth.',
    );
  }
  return ok(slice.enabled ? [{ type: 'access.disabled', data: {} }] : []);
};
