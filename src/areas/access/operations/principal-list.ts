import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { onlyPartition } from '../model.ts';
import { principalShape, viewPrincipal } from '../view.ts';

export const principalList = defineOperation({
  name: 'principal_list',
  journal: 'hub',
  category: 'access',
  summary: 'Who may have tokens, and with which role.',
  description: 'Lists the people, services and agents that have an account here, oldest first.',
  role: 'admin',
  person: true,
  rate: 'read',
  errors: [],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'Everybody', input: {} }],
  input: z.strictObject({}),
  output: z.strictObject({ items: z.array(z.strictObject(principalShape)) }),
  query: ({ access }) => {
    const present = [...access.principals.scan('all', onlyPartition)].filter(
      ({ removedAt }) => removedAt === undefined,
    );
    return ok({ items: present.map(viewPrincipal) });
  },
});
