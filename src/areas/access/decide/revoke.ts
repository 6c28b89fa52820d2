import { actsAsPerson } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { type Use, isWithin } from '../model.ts';
import type { AccessDecision, Desk, RevokeCommand } from './commands.ts';
import { ownToken, unknownToken } from './refresh.ts';
import { refuseOthers } from './widening.ts';

/** AC7, AC13, AC18, AC33 */
export const revokeToken = (desk: Desk, { id, reason, scope }: RevokeCommand): AccessDecision => {
  const { actor } = desk.context;
  const foreign = refuseOthers(desk, 'token_revoke', { id, scope });
  if (foreign !== undefined) return foreign;
  const token = ownToken(desk, id);
  if (!token.ok) return token;
  if (!actsAsPerson(actor) && actor.token !== id) return unknownToken(id);
  if (!isWithin(desk.context.world.workspaces, token.value, scope)) return unknownToken(id);
  return ok(
    token.value.revokedAt === undefined
      ? [{ type: 'access.token_revoked', data: { id, ...(reason !== undefined && { reason }) } }]
      : [],
  );
};

/** AC14 */
export const useTokens = ({ slice, context }: Desk, uses: readonly Use[]): AccessDecision => {
  const latest = new Map<string, number>();
  for (const { id, at } of uses) {
    const token = slice.tokens.get(id);
    const seen = Math.min(at, context.now);
    const before = Math.max(latest.get(id) ?? 0, token?.lastUsedAt ?? 0);
    if (token !== undefined && seen > before) latest.set(id, seen);
  }
  const tokens = Array.from(latest, ([id, at]) => ({ id, at }));
  return ok(tokens.length === 0 ? [] : [{ type: 'access.used', data: { tokens } }]);
};
