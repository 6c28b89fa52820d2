import { z } from 'zod';
import { entryGuard } from '../../../kernel/entry.ts';
import { ok, refuse } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { leasesIntent } from '../decide/index.ts';
import { nameSchema, tokenSchema } from '../model/fence.ts';
import type { LeasesEvent } from '../model/events.ts';
import { leaseOf, resolved } from '../model/lease.ts';
import { lockOutput, viewLock } from '../view.ts';
import { branchSchema, checkWork, lockOf, ttlOf, ttlSchema } from './fields.ts';

const is = entryGuard<LeasesEvent>();

export const lockRenew = defineOperation({
  name: 'lock_renew',
  journal: 'workspace',
  category: 'leases',
  summary: 'Prolong a lock that you hold.',
  description:
    'Call before remaining_ms is over to hold on to a lock: it then lasts a whole ttl from now. Nothing else renews it, but acquiring it again.',
  positional: 'name',
  forPrograms: ['count', 'expires_at'],
  role: 'worker',
  rate: 'general',
  errors: ['session_required', 'not_holder', 'stale_epoch'],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'For another ten minutes', input: { name: 'pytest', ttl: 600 } }],
  input: z
    .strictObject({
      name: nameSchema,
      token: tokenSchema.optional().describe('of your grant, to be sure'),
      ttl: ttlSchema.optional().describe('a longer one from now on, in seconds, or session'),
      branch: branchSchema,
    })
    .superRefine(checkWork),
  output: lockOutput,
  toCommand: ({ name, branch, token, ttl }) =>
    leasesIntent({
      type: 'renew',
      name: lockOf({ name, branch }),
      token,
      ttl: ttlOf(ttl),
    }),
  answer: ({ entries }, { leases, agents }, facts) => {
    const renewed = entries.find((entry) => is(entry, 'leases.renewed'));
    const lock = resolved(leases, lockOf(facts.input));
    const session = renewed?.data.session ?? facts.actor.session ?? '';
    const lease = leaseOf(leases, session, renewed?.data.lock ?? lock);
    return lease === undefined
      ? refuse('not_holder', `${lock} was renewed, and you have lost it since. Acquire it again.`, { lock })
      : ok(viewLock({ agents, facts }, lease));
  },
});
