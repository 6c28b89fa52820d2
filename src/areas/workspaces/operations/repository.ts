import { z } from 'zod';
import type { Repository } from '../model.ts';
import { normalisedOrigin, originSchema } from '../origin.ts';

/** How inputs name a repository. */
export const repositoryShape = {
  origin: originSchema.optional().describe('address of a repository; user and password are not kept'),
  root_commit: z
    .string()
    .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'A commit is named by 40 or 64 hexadecimal digits')
    .optional()
    .describe('the first of that repository, if known'),
};

interface Named {
  readonly origin?: string | undefined;
  readonly root_commit?: string | undefined;
}

export const namesRepository = ({ origin, root_commit }: Named): boolean =>
  root_commit === undefined || origin !== undefined;

export const withoutOrigin = {
  path: ['root_commit'],
  message: 'A first commit says nothing without the origin; give both',
};

export const repositoryOf = ({ origin, root_commit }: Named): Repository | undefined =>
  origin === undefined ? undefined : { origin: normalisedOrigin(origin), rootCommit: root_commit };
