import { z } from 'zod';
import { entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { accessIntent } from '../decide/index.ts';
import { type AccessEvent, principalNameSchema } from '../model.ts';

const is = entryGuard<AccessEvent>();

export const principalRemove = defineOperation({
  name: 'principal_remove',
  journal: 'hub',
  category: 'access',
  summary: 'Let somebody in no longer: its tokens are void at once.',
  description:
    'Removes a principal and revokes its tokens. What it has done stays in the journal, and so does its name: nobody else can be added under it.',
  positional: 'name',
  role: 'admin',
  person: true,
  rate: 'general',
  errors: ['forbidden', 'not_found'],
  destructive: true,
  idempotent: false,
  examples: [{ title: 'Somebody has left', input: { name: 'bea' } }],
  input: z.strictObject({ name: principalNameSchema }),
  output: z.strictObject({ name: z.string(), revoked: z.array(z.string()).describe('ids of tokens') }),
  toCommand: ({ name }) => accessIntent({ type: 'remove_principal', name }),
  answer: ({ entries }, _slices, { input: { name } }) =>
    ok({
      name,
      revoked: entries.flatMap((entry) => (is(entry, 'access.token_revoked') ? [entry.data.id] : [])),
    }),
});
