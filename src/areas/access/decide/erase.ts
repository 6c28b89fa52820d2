import { actsAsPerson, roleAtLeast } from '../../../kernel/entry.ts';
import { ok, refuse } from '../../../kernel/errors.ts';
import type { Erased } from '../model.ts';
import type { AccessDecision, Desk } from './commands.ts';

/** AC54, AC55 */
export const erase = ({ context: { actor } }: Desk, data: Erased): AccessDecision => {
  if (!actsAsPerson(actor) || !roleAtLeast(actor.role, 'admin')) {
    return refuse(
      'forbidden',
      'What somebody wrote is erased only by an admin who acts as a person. Nothing was done. Ask the person you work for.',
      { needs: 'person' },
    );
  }
  return ok(data.keys.length === 0 ? [] : [{ type: 'subject.erased', data }]);
};
