import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { isoTime } from '../../../kernel/instants.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { leasesIntent } from '../decide/index.ts';
import { onlyPartition } from '../model/lease.ts';
import { targetSchema } from './fields.ts';

export const lockAlias = defineOperation({
  name: 'lock_alias',
  journal: 'workspace',
  category: 'leases',
  summary: 'Let two names mean one lock, take that back, or see which do.',
  description:
    'When one piece of work has two names, such as issue:115 and wave:5c.1: whoever locks the name then locks the target. Target null takes it back; without target it shows what is set. Possible while nobody holds either.',
  positional: 'name',
  role: 'worker',
  rate: 'general',
  errors: ['not_found', 'held', 'invalid_state', 'limit_exceeded'],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'One piece of work', input: { name: 'issue:115', target: 'wave:7.1' } },
    { title: 'All of them', input: {} },
  ],
  input: z
    .strictObject({
      name: targetSchema.optional(),
      target: targetSchema.nullable().optional().describe('null takes it back'),
    })
    .refine(({ name, target }) => target === undefined || name !== undefined, {
      message: 'give the name that the target is for',
    }),
  output: z.strictObject({
    aliases: z.array(
      z.strictObject({ name: z.string(), target: z.string(), by: z.string(), at: z.string() }),
    ),
  }),
  toCommand: ({ name, target }) => leasesIntent({ type: 'alias', name, target }),
  answer: (_done, { leases }, { input }) => {
    const all = [...leases.aliases.scan('all', onlyPartition)];
    const shown = all.filter(({ alias }) => input.name === undefined || alias === input.name);
    return ok({
      aliases: shown.map(({ alias, target, by, at }) => ({ name: alias, target, by, at: isoTime(at) })),
    });
  },
});
