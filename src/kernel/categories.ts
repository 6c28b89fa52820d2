import { type Scope, mayKnow } from './entry.ts';
import { type Refusal, refuse } from './errors.ts';

/**
 * The folders of tools that operations belong to, by which a token can be held to some of them. `metrics` has no
 * operation: it is for whoever reads what a hub measures of itself.
 */
export const categories = [
  'access',
  'agents',
  'audit',
  'leases',
  'messages',
  'metrics',
  'portals',
  'tasks',
  'tools',
  'workspaces',
] as const;

/** AC18: the refusal of an operation of a category that the caller is not held to. */
export const refuseCategory = (
  { name, category }: { readonly name: string; readonly category: string },
  scope: Scope | undefined,
): Refusal | undefined =>
  mayKnow(scope, category)
    ? undefined
    : refuse(
        'forbidden',
        `${name} belongs to the category ${category}, which your token is not for. Use one that is: token_create makes it.`,
      );
