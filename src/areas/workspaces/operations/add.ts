import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { ok } from '../../../kernel/errors.ts';
import { lineSchema } from '../../../kernel/ids.ts';
import { isoTime } from '../../../kernel/instants.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { workspacesIntent } from '../decide.ts';
import { findWorkspace, titleCharactersMax, workspaceNameSchema } from '../model.ts';

export const workspaceAdd = defineOperation({
  name: 'workspace_add',
  journal: 'hub',
  category: 'workspaces',
  summary: 'Add a workspace with a board of its own.',
  description: 'Add a workspace: a board with its own tasks and agents. Other calls name it to work there.',
  positional: 'name',
  role: 'admin',
  rate: 'general',
  errors: ['exists', 'limit_exceeded'],
  destructive: false,
  idempotent: false,
  examples: [{ title: 'One for the shop', input: { name: 'shop', title: 'The web shop' } }],
  input: z.strictObject({
    name: workspaceNameSchema,
    title: lineSchema('A title', titleCharactersMax).optional(),
  }),
  output: z.strictObject({ name: z.string(), title: z.string(), created_at: z.string() }),
  toCommand: ({ name, title }) => workspacesIntent({ type: 'register', name, title: title ?? name }),
  answer: (_done, { workspaces }, { input }) => {
    const { name, title, createdAt } = present(
      findWorkspace(workspaces, input.name),
      'an added workspace exists',
    );
    return ok({ name, title, created_at: isoTime(createdAt) });
  },
});
