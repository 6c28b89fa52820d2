import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { accessIntent } from '../decide/index.ts';
import { unknownToken } from '../decide/refresh.ts';
import { tokenShape, viewToken } from '../view.ts';
import { reasonSchema, tokenIdSchema } from './fields.ts';

export const tokenRevoke = defineOperation({
  name: 'token_revoke',
  journal: 'hub',
  category: 'access',
  summary: 'Make a token void, for good.',
  description:
    'Ends a token of yours at once, the one that you use included; admins end anybody’s. Any other than the one that you use needs a person. It cannot be taken back: make another with token_create.',
  positional: 'id',
  role: 'reader',
  personAtTimes: true,
  ofSelf: true,
  rate: 'general',
  errors: ['not_found'],
  destructive: true,
  idempotent: true,
  examples: [{ title: 'Lost', input: { id: 'tk_8zq4k2m9ab', reason: 'The laptop was lost' } }],
  input: z.strictObject({
    id: tokenIdSchema,
    reason: reasonSchema.optional().meta({ title: 'why; it is in the journal' }),
  }),
  output: z.strictObject(tokenShape),
  toCommand: ({ id, reason }, { scope }) => accessIntent({ type: 'revoke_token', id, reason, scope }),
  answer: (_done, { access }, { input: { id }, now }) => {
    const token = access.tokens.get(id);
    return token === undefined ? unknownToken(id) : ok(viewToken(access, token, now));
  },
});
