import { z } from 'zod';
import { isoTime } from '../../kernel/instants.ts';
import type { Instant } from '../../kernel/instants.ts';
import { type AccessSlice, type Principal, type Token, kinds, roles, standingIn } from './model.ts';

/** A token as answers show it: never its hash. */
export const tokenShape = {
  id: z.string(),
  principal: z.string(),
  kind: z.enum(kinds),
  role: z.enum(roles),
  standing: z.enum(['good', 'expired', 'revoked', 'principal_removed']),
  label: z.string().optional(),
  workspaces: z.array(z.string()),
  categories: z.array(z.string()),
  for_agent: z.string().optional().describe('the only one that it speaks for'),
  expires_at: z.string().optional(),
  last_used_at: z.string().optional(),
  created_at: z.string(),
  created_by: z.string(),
  revoked_at: z.string().optional(),
};

export const viewToken = (slice: AccessSlice, token: Token, now: Instant) => ({
  id: token.id,
  principal: token.principal,
  kind: token.kind,
  role: token.role,
  standing: standingIn(slice, token, now),
  ...(token.label !== '' && { label: token.label }),
  workspaces: [...token.workspaces],
  categories: [...token.categories],
  ...(token.agent !== undefined && { for_agent: token.agent }),
  ...(token.expiresAt !== undefined && { expires_at: isoTime(token.expiresAt) }),
  ...(token.lastUsedAt !== undefined && { last_used_at: isoTime(token.lastUsedAt) }),
  created_at: isoTime(token.createdAt),
  created_by: token.createdBy,
  ...(token.revokedAt !== undefined && { revoked_at: isoTime(token.revokedAt) }),
});

export const principalShape = {
  name: z.string(),
  kind: z.enum(kinds),
  role: z.enum(roles),
  note: z.string().optional(),
  created_at: z.string().optional().describe('absent: there from the start'),
  created_by: z.string(),
};

export const viewPrincipal = ({ name, kind, role, note, createdAt, createdBy, number }: Principal) => ({
  name,
  kind,
  role,
  ...(note !== '' && { note }),
  ...(number > 0 && { created_at: isoTime(createdAt) }),
  created_by: createdBy,
});
