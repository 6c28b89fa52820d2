import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { onlyPartition, workspaceOfRepository } from '../model.ts';
import { namesRepository, repositoryOf, repositoryShape, withoutOrigin } from './repository.ts';
import { viewWorkspace, workspaceShape } from './view.ts';

export const workspaceList = defineOperation({
  name: 'workspace_list',
  journal: 'hub',
  category: 'workspaces',
  summary: 'The workspaces of this hub.',
  description:
    'See which workspaces exist. Each has its own board; calls that name none go to the one that the hub or your process was started for. With the origin of a repository only that of this is listed, if there is one.',
  role: 'reader',
  rate: 'read',
  errors: [],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'All workspaces', input: {} },
    { title: 'That of a repository', input: { origin: 'https://git.example/web/shop.git' } },
  ],
  input: z.strictObject(repositoryShape).refine(namesRepository, withoutOrigin),
  output: z.strictObject({ items: z.array(z.strictObject(workspaceShape)) }),
  query: ({ workspaces }, input) => {
    const repository = repositoryOf(input);
    const found =
      repository === undefined
        ? [...workspaces.workspaces.scan('all', onlyPartition)]
        : [workspaceOfRepository(workspaces, repository)].filter((workspace) => workspace !== undefined);
    return ok({ items: found.map(viewWorkspace) });
  },
});
