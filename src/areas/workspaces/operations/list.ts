import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { isoTime } from '../../../kernel/instants.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { onlyPartition } from '../model.ts';

export const workspaceList = defineOperation({
  name: 'workspace_list',
  journal: 'hub',
  category: 'workspaces',
  summary: 'The workspaces of this hub.',
  description: 'See which workspaces exist. Each has its own board; calls without a workspace go to "main".',
  role: 'reader',
  rate: 'read',
  errors: [],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'All workspaces', input: {} }],
  input: z.strictObject({}),
  output: z.strictObject({
    items: z.array(z.strictObject({ name: z.string(), title: z.string(), created_at: z.string() })),
  }),
  query: ({ workspaces }) =>
    ok({
      items: [...workspaces.workspaces.scan('all', onlyPartition)].map(({ name, title, createdAt }) => ({
        name,
        title,
        created_at: isoTime(createdAt),
      })),
    }),
});
