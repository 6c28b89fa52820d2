import { z } from 'zod';
import { entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { leasesIntent } from '../decide/index.ts';
import { tokenSchema } from '../model/fence.ts';
import type { LeasesEvent } from '../model/events.ts';
import { branchSchema, checkWork, locksOf, namesSchema } from './fields.ts';

const is = entryGuard<LeasesEvent>();

export const lockRelease = defineOperation({
  name: 'lock_release',
  journal: 'workspace',
  category: 'leases',
  summary: 'Give locks back; without names, all that you hold.',
  description:
    'Give a lock back when you are done; without name all of yours. The next in the queue gets it.',
  short: { omits: ['token', 'branch', 'all'], adds: 'Also takes token, branch, all (whatever its count).' },
  positional: 'name',
  role: 'worker',
  rate: 'general',
  errors: ['session_required', 'not_holder', 'stale_epoch'],
  destructive: false,
  idempotent: false,
  examples: [
    { title: 'One lock', input: { name: 'pytest' } },
    { title: 'All of mine', input: {} },
  ],
  input: z
    .strictObject({
      name: namesSchema.optional(),
      token: tokenSchema.optional().describe('of your grant, to be sure; with one name'),
      all: z.boolean().optional().describe('however often it was acquired'),
      branch: branchSchema,
    })
    .superRefine(checkWork)
    .refine(({ name, token }) => token === undefined || typeof name === 'string' || name?.length === 1, {
      message: 'a token belongs to one name',
    }),
  output: z.strictObject({
    released: z.array(z.string()),
    kept: z.array(z.strictObject({ name: z.string(), count: z.number() })).describe('acquired more often'),
  }),
  toCommand: ({ name, branch, token, all }) =>
    leasesIntent({
      type: 'release',
      names: name === undefined ? undefined : locksOf({ name, branch }),
      token,
      all: all ?? false,
    }),
  answer: ({ entries }) => {
    const locks = entries.flatMap((entry) => (is(entry, 'leases.released') ? entry.data.locks : []));
    return ok({
      released: locks.filter(({ count }) => count === 0).map(({ lock }) => lock),
      kept: locks.filter(({ count }) => count > 0).map(({ lock, count }) => ({ name: lock, count })),
    });
  },
});
