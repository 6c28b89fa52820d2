import { ok } from '../../../kernel/errors.ts';
import type { Use } from '../model.ts';
import type { AccessCommand, AccessDecision, Desk } from './commands.ts';
import { ownToken } from './refresh.ts';

type RevokeCommand = Extract<AccessCommand, { readonly type: 'revoke_token' }>;

/** AC13 */
export const revokeToken = (desk: Desk, { id, reason }: RevokeCommand): AccessDecision => {
  const token = ownToken(desk, id);
  if (!token.ok) return token;
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
