import { z } from 'zod';
import { isoTime } from '../../../kernel/instants.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { everything, kinds, roles } from '../model.ts';
import { asksSchema } from './fields.ts';

export const authStatus = defineOperation({
  name: 'auth_status',
  journal: 'hub',
  category: 'access',
  summary: 'Who you are here, and what you may do.',
  description:
    'Tells whether the hub asks who calls, in whose name you call, as what, with which role, and what your token is for and until when, if you have one. Operations that need a person are refused to agents and services, whatever their role.',
  role: 'reader',
  ofSelf: true,
  rate: 'read',
  errors: [],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'Who am I', input: {} }],
  input: z.strictObject({}),
  output: z.strictObject({
    asks: asksSchema,
    principal: z.string(),
    kind: z.enum(kinds),
    role: z.enum(roles),
    token: z.string().optional().describe('id of the one that you use'),
    label: z.string().optional(),
    workspaces: z.array(z.string()),
    categories: z.array(z.string()),
    for_agent: z.string().optional().describe('the only one that you speak for'),
    expires_at: z.string().optional(),
  }),
  query: ({ access }, _input, { actor, settings }) => {
    const { principal, kind, role, token: id, scope } = actor;
    const token = id === undefined ? undefined : access.tokens.get(id);
    return ok({
      asks: !settings.access.isOpen(),
      principal,
      kind,
      role,
      ...(id !== undefined && { token: id }),
      ...(token !== undefined && token.label !== '' && { label: token.label }),
      workspaces: [...(token?.workspaces ?? scope?.workspaces ?? [everything])],
      categories: [...(token?.categories ?? scope?.categories ?? [everything])],
      ...(token?.agent !== undefined && { for_agent: token.agent }),
      ...(token?.expiresAt !== undefined && { expires_at: isoTime(token.expiresAt) }),
    });
  },
});
