import { type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { ownerPrincipal } from '../../../kernel/names.ts';
import { type AccessEvent, findPrincipal, isReserved, onlyPartition, principalsMax } from '../model.ts';
import type { AccessDecision, AddCommand, Desk } from './commands.ts';

/** AC1, AC2 */
export const addPrincipal = ({ slice }: Desk, { name, kind, role, note }: AddCommand): AccessDecision => {
  const known = findPrincipal(slice, name);
  if (known !== undefined) {
    return refuse(
      'exists',
      `There is already a principal "${name}", a ${known.kind} with the role ${known.role}. Choose another name, or remove it first.`,
      { principal: name },
    );
  }
  if (slice.principals.has(name)) {
    return refuse(
      'exists',
      `"${name}" was a principal before and was removed. Names are not given again: what was its own, such as agents and their mail, would go to another. Choose another name.`,
      { principal: name, removed: true },
    );
  }
  if (isReserved(name))
    return refuse('invalid_input', `"${name}" is reserved. Choose another name for the principal.`);
  let present = 0;
  for (const { removedAt } of slice.principals.scan('all', onlyPartition))
    if (removedAt === undefined) present += 1;
  if (present >= principalsMax) {
    return refuse(
      'limit_exceeded',
      `There are already ${principalsMax} principals, which is the limit. Remove one with principal_remove.`,
    );
  }
  return ok([
    { type: 'access.principal_added', data: { name, kind, role, ...(note !== undefined && { note }) } },
  ]);
};

/** AC3: its tokens are revoked one by one, so that the journal says of each since when it is void. */
export const removePrincipal = ({ slice }: Desk, name: string): AccessDecision => {
  if (name === ownerPrincipal) {
    return refuse(
      'forbidden',
      'The owner cannot be removed: nobody could let anybody in any more. Revoke its tokens with token_revoke instead.',
    );
  }
  if (findPrincipal(slice, name) === undefined) return unknownPrincipal(name);
  const revoked = [...slice.tokens.scan('principal', name)]
    .filter(({ revokedAt }) => revokedAt === undefined)
    .map(({ id }): AccessEvent => ({ type: 'access.token_revoked', data: { id } }));
  return ok([{ type: 'access.principal_removed', data: { name } }, ...revoked]);
};

export const unknownPrincipal = (name: string): Refusal =>
  refuse(
    'not_found',
    `There is no principal "${name}". Call principal_list to see all, or principal_add to add it.`,
    { principal: name },
  );
