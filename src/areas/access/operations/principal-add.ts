import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { ok } from '../../../kernel/errors.ts';
import { textSchema } from '../../../kernel/ids.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { accessIntent } from '../decide/index.ts';
import { kinds, noteCharactersMax, principalNameSchema, roles } from '../model.ts';
import { principalShape, viewPrincipal } from '../view.ts';

export const principalAdd = defineOperation({
  name: 'principal_add',
  journal: 'hub',
  category: 'access',
  summary: 'Add a person, a service or an agent with tokens of its own.',
  description:
    'Adds somebody who answers for what is done with its tokens. Its agents are its own: nobody else speaks for them. Give it a token with token_create.',
  positional: 'name',
  role: 'admin',
  person: true,
  rate: 'general',
  errors: ['exists', 'limit_exceeded'],
  destructive: false,
  idempotent: false,
  examples: [
    { title: 'A colleague', input: { name: 'bea', kind: 'person', role: 'approver' } },
    { title: 'A build server', input: { name: 'ci', kind: 'service', role: 'worker' } },
  ],
  input: z.strictObject({
    name: principalNameSchema,
    kind: z.enum(kinds).describe('only a person decides what needs one'),
    role: z.enum(roles).describe('the most that its tokens can have'),
    note: textSchema('A note', noteCharactersMax).optional(),
  }),
  output: z.strictObject(principalShape),
  toCommand: ({ name, kind, role, note }) => accessIntent({ type: 'add_principal', name, kind, role, note }),
  answer: (_done, { access }, { input: { name } }) =>
    ok(viewPrincipal(present(access.principals.get(name), 'an added principal is known'))),
});
