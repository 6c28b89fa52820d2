import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { accessIntent } from '../decide/index.ts';
import { unknownToken } from '../decide/refresh.ts';
import { viewToken } from '../view.ts';
import { lifeSchema, shownShape, shownTexts, shownToken, tokenIdSchema } from './fields.ts';

export const tokenRefresh = defineOperation({
  name: 'token_refresh',
  journal: 'hub',
  category: 'access',
  summary: 'Give a token a new secret; the old one is void at once.',
  description:
    'Replaces a token that was lost, is about to expire, or may be known to others. It keeps its id and what it is for. The token that you use lasts as long again at most, and for a program no longer than a day; any other needs a person, and lasts no longer than the token that you call with.',
  positional: 'id',
  ...shownTexts,
  role: 'reader',
  personAtTimes: true,
  ofSelf: true,
  rate: 'general',
  errors: ['forbidden', 'not_found', 'invalid_state'],
  destructive: true,
  idempotent: false,
  secret: true,
  examples: [{ title: 'Another secret', input: { id: 'tk_8zq4k2m9ab' } }],
  input: z.strictObject({
    id: tokenIdSchema,
    expires: lifeSchema.optional().describe('seconds from now, or never; default as long again as it lasted'),
  }),
  output: z.strictObject(shownShape),
  toCommand: ({ id, expires }, { scope }, { hash }) =>
    accessIntent({ type: 'refresh_token', id, expires, hash, scope }),
  answer: (_done, { access }, { input: { id }, secret, now }) => {
    const token = access.tokens.get(id);
    return token === undefined
      ? unknownToken(id)
      : ok({ ...shownToken(secret, id), ...viewToken(access, token, now) });
  },
});
