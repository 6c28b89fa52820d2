import { z } from 'zod';
import { entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { leasesIntent } from '../decide/index.ts';
import type { LeasesEvent } from '../model/events.ts';
import { branchSchema, checkWork, lockOf, reasonSchema } from './fields.ts';
import { nameSchema } from '../model/fence.ts';

const is = entryGuard<LeasesEvent>();

export const lockBreak = defineOperation({
  name: 'lock_break',
  journal: 'workspace',
  category: 'leases',
  summary: 'Ask the holder of a lock to give it up, or take it away.',
  description:
    'Asks the holder, who is told who you are and why. With ask false the lock is taken away and its token void: allowed once the session that holds it has ended or been silent for an hour, and to people always. It goes to whoever waits for it first.',
  positional: 'name',
  role: 'worker',
  rate: 'general',
  errors: ['not_found', 'held', 'invalid_state'],
  destructive: true,
  idempotent: false,
  examples: [{ title: 'Ask for it', input: { name: 'pytest', reason: 'The release waits for the tests' } }],
  input: z
    .strictObject({
      name: nameSchema,
      reason: reasonSchema.meta({ title: 'why; the holder is told' }),
      ask: z.boolean().optional().meta({
        description: 'only ask; default true',
        title: 'asks the holder; --no-ask takes the lock away',
      }),
      branch: branchSchema,
    })
    .superRefine(checkWork),
  output: z.strictObject({
    name: z.string(),
    asked: z.array(z.string()).describe('agents'),
    broken: z
      .array(z.strictObject({ holder: z.string(), token: z.number().optional() }))
      .describe('void from now on'),
  }),
  toCommand: ({ name, branch, reason, ask }) =>
    leasesIntent({
      type: 'break',
      name: lockOf({ name, branch }),
      ask: ask ?? true,
      reason,
    }),
  answer: ({ entries }, _slices, { input }) => {
    let name = lockOf(input);
    const asked: string[] = [];
    const broken: { holder: string; token?: number }[] = [];
    for (const entry of entries) {
      if (is(entry, 'leases.asked')) asked.push(...new Set(entry.data.holders.map(({ agent }) => agent)));
      if (is(entry, 'leases.broken'))
        broken.push(
          ...entry.data.holders.map(({ agent, epoch, ticket }) => ({
            holder: agent,
            // LE47: what was only offered had no valid token yet.
            ...(ticket === undefined && { token: epoch }),
          })),
        );
      if (is(entry, 'leases.asked') || is(entry, 'leases.broken')) name = entry.data.lock;
    }
    return ok({ name, asked, broken });
  },
});
