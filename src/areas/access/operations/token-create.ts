import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { lineSchema } from '../../../kernel/ids.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { agentNameSchema } from '../../agents/model.ts';
import { accessIntent } from '../decide/index.ts';
import { unknownToken } from '../decide/refresh.ts';
import { type AccessEvent, kinds, labelCharactersMax, principalNameSchema, roles } from '../model.ts';
import { viewToken } from '../view.ts';
import {
  categoriesSchema,
  lifeSchema,
  shownShape,
  shownTexts,
  shownToken,
  workspacesSchema,
} from './fields.ts';

const is = entryGuard<AccessEvent>();

export const tokenCreate = defineOperation({
  name: 'token_create',
  journal: 'hub',
  category: 'access',
  summary: 'Make a token that lets a program or a person in.',
  description:
    'Makes a token and shows it, once. It never carries more than you have, nor lasts longer than the token that you call with. With for_agent it speaks for that agent only, as an agent: worker at most unless role is given, and for a day unless expires is.',
  positional: 'label',
  ...shownTexts,
  role: 'worker',
  person: true,
  rate: 'general',
  errors: ['forbidden', 'not_found', 'workspace_unknown', 'limit_exceeded'],
  destructive: false,
  idempotent: false,
  secret: true,
  examples: [
    { title: 'For an agent, for a day', input: { for_agent: 'ada', workspaces: ['shop'] } },
    {
      title: 'For a script that only reads',
      input: { label: 'dashboard', role: 'reader', expires: 'never' },
    },
  ],
  input: z.strictObject({
    label: lineSchema('A label', labelCharactersMax).optional().meta({ title: 'what it is for' }),
    for_agent: agentNameSchema.optional().describe('the only agent that it speaks for'),
    role: z.enum(roles).optional().describe('default yours; worker at most for an agent'),
    workspaces: workspacesSchema.optional().describe('default all of yours'),
    categories: categoriesSchema.optional().describe('of operations; default all of yours'),
    expires: lifeSchema
      .optional()
      .describe('seconds or never; default a day for an agent, else never, and no longer than yours'),
    kind: z.enum(kinds).optional().describe('default agent for an agent, else that of the principal'),
    principal: principalNameSchema.optional().describe('default you; others: admins only'),
  }),
  output: z.strictObject(shownShape),
  toCommand: ({ label = '', for_agent: agent, ...asked }, { scope }, { hash }) =>
    accessIntent({ type: 'create_token', ...asked, label, agent, hash, scope }),
  answer: ({ entries }, { access }, { secret, now }) => {
    const { data } = present(
      entries.find((entry) => is(entry, 'access.token_created')),
      'a token that was made is in an entry',
    );
    const token = access.tokens.get(data.id);
    // AC16: it may be forgotten by the time that the call is repeated.
    if (token === undefined) return unknownToken(data.id);
    return ok({ ...shownToken(secret, token.id), ...viewToken(access, token, now) });
  },
});
