import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { onlyPartition } from '../model.ts';
import { viewWorkspace, workspaceShape } from './view.ts';

export const workspaceList = defineOperation({
  name: 'workspace_list',
  journal: 'hub',
  category: 'workspaces',
  summary: 'The workspaces of this hub.',
  description:
    'See which workspaces exist. Each has its own board; calls that name none go to the one that the hub or your process was started for.',
  role: 'reader',
  rate: 'read',
  errors: [],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'All workspaces', input: {} }],
  input: z.strictObject({}),
  output: z.strictObject({ items: z.array(z.strictObject(workspaceShape)) }),
  query: ({ workspaces }) =>
    ok({ items: [...workspaces.workspaces.scan('all', onlyPartition)].map(viewWorkspace) }),
});
