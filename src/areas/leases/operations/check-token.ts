import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { heldUnder, nameSchema, tokenSchema } from '../model/fence.ts';
import { lapsesAt, resolved } from '../model/lease.ts';
import { modeSchema, branchSchema, checkWork, lockOf } from './fields.ts';
import { viewLock } from '../view.ts';

export const lockCheckToken = defineOperation({
  name: 'lock_check_token',
  journal: 'workspace',
  category: 'leases',
  summary: 'Whether a token of a lock is still current.',
  description:
    'For whoever guards something that locks stand for: let a change through only if the token that comes with it is valid. What nobody checks, a lock only makes less likely to be touched by two.',
  positional: 'name',
  role: 'reader',
  rate: 'read',
  errors: [],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'Is it still current', input: { name: 'pytest', token: 17 } }],
  input: z
    .strictObject({
      name: nameSchema,
      token: tokenSchema.meta({ title: 'token to check' }),
      branch: branchSchema,
    })
    .superRefine(checkWork),
  output: z.strictObject({
    name: z.string(),
    valid: z.boolean(),
    holder: z.string().optional(),
    mode: modeSchema.optional(),
    expires_at: z.string().optional(),
    remaining_ms: z.number().optional(),
  }),
  query: ({ leases, agents }, { name, branch, token }, facts) => {
    const lock = resolved(leases, lockOf({ name, branch }));
    const lease = heldUnder(leases, lock, token);
    // What is over is so from then on, also before a call or a tick has written it down.
    if (lease === undefined || (lapsesAt(lease) ?? facts.now + 1) <= facts.now)
      return ok({ name: lock, valid: false });
    const { expires_at, remaining_ms } = viewLock({ agents, facts }, lease);
    return ok({
      name: lock,
      valid: true,
      holder: lease.holder,
      mode: lease.mode,
      ...(expires_at !== undefined && { expires_at }),
      ...(remaining_ms !== undefined && { remaining_ms }),
    });
  },
});
