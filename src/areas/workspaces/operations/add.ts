import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { ok } from '../../../kernel/errors.ts';
import { lineSchema } from '../../../kernel/ids.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { workspacesIntent } from '../decide.ts';
import { findWorkspace, titleCharactersMax, workspaceOfRepository } from '../model.ts';
import { workspaceNameSchema } from '../model.ts';
import { namesRepository, repositoryOf, repositoryShape, withoutOrigin } from './repository.ts';
import { viewWorkspace, workspaceShape } from './view.ts';

export const workspaceAdd = defineOperation({
  name: 'workspace_add',
  journal: 'hub',
  category: 'workspaces',
  summary: 'Add a workspace with a board of its own.',
  description:
    'Add a workspace: a board with its own tasks and agents. Other calls go there by --workspace, the header Signalbox-Workspace, or ?workspace= in the address of MCP. With the origin of a repository it answers with the workspace of that, and adds one only when there is none; a name that is taken gets a number then.',
  positional: 'name',
  role: 'admin',
  rate: 'general',
  errors: ['exists', 'limit_exceeded'],
  destructive: false,
  idempotent: false,
  examples: [
    { title: 'One for the shop', input: { name: 'shop', title: 'The web shop' } },
    { title: 'That of a repository', input: { name: 'shop', origin: 'https://git.example/web/shop.git' } },
  ],
  input: z
    .strictObject({
      name: workspaceNameSchema,
      title: lineSchema('A title', titleCharactersMax).optional().meta({ title: 'what it is for' }),
      ...repositoryShape,
    })
    .refine(namesRepository, withoutOrigin),
  output: z.strictObject(workspaceShape),
  toCommand: (input) =>
    workspacesIntent({
      type: 'register',
      name: input.name,
      title: input.title ?? input.name,
      repository: repositoryOf(input),
    }),
  answer: (_done, { workspaces }, { input }) => {
    const repository = repositoryOf(input);
    const found =
      repository === undefined
        ? findWorkspace(workspaces, input.name)
        : workspaceOfRepository(workspaces, repository);
    return ok(viewWorkspace(present(found, 'an added workspace exists')));
  },
});
