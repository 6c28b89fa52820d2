import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { workspacesIntent } from '../decide.ts';
import { findWorkspace } from '../model.ts';
import { workspaceNameSchema } from '../model.ts';
import { viewWorkspace, workspaceShape } from './view.ts';

export const workspaceRename = defineOperation({
  name: 'workspace_rename',
  journal: 'hub',
  category: 'workspaces',
  summary: 'Give a workspace another name.',
  description:
    'Rename a workspace. The names it had before go on meaning it, so nothing that names it has to change; its board and its journal stay as they are.',
  positional: 'name',
  role: 'admin',
  rate: 'general',
  errors: ['workspace_unknown', 'exists', 'limit_exceeded'],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'A better name', input: { name: 'shop', to: 'web-shop' } }],
  input: z.strictObject({
    name: workspaceNameSchema.describe('any name that it has or had'),
    to: workspaceNameSchema.describe('what it is called from now on'),
  }),
  output: z.strictObject(workspaceShape),
  toCommand: ({ name, to }) => workspacesIntent({ type: 'rename', name, to }),
  answer: (_done, { workspaces }, { input }) =>
    ok(viewWorkspace(present(findWorkspace(workspaces, input.to), 'a renamed workspace exists'))),
});
