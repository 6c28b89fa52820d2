import { isRecord } from '../kernel/json.ts';
import { gitIn } from './workspace-resolution/git.ts';
import type { Place } from './workspace-resolution/resolve.ts';

/** The branch that a folder's repository is on; undefined where there is none: outside of one, or on a bare commit. */
export const currentBranch = async ({ cwd, env }: Place): Promise<string | undefined> => {
  const { status, out } = await gitIn(cwd, env)('symbolic-ref', '--quiet', '--short', 'HEAD');
  return status === 0 && out !== '' ? out : undefined;
};

/** The lock that is called after the caller's branch. */
const work = 'work';

const category = 'leases';

/** Whether a call is about the lock `work` and leaves open which branch is meant. */
const wantsBranch = (input: Readonly<Record<string, unknown>>): boolean => {
  const { name, branch } = input;
  const names: readonly unknown[] = Array.isArray(name) ? name : [name];
  return (
    branch === undefined && names.some((one) => typeof one === 'string' && one.trim().toLowerCase() === work)
  );
};

/**
 * The input of an operation, with the branch of this process's own repository where the lock `work` is named and no
 * branch is. Where there is no branch nothing is filled in, and the operation says what to pass.
 */
export const withBranch = async (
  input: unknown,
  operation: { readonly category: string } | undefined,
  branchHere: () => Promise<string | undefined>,
): Promise<unknown> => {
  if (operation?.category !== category || !isRecord(input) || !wantsBranch(input)) return input;
  const branch = await branchHere();
  return branch === undefined ? input : { ...input, branch };
};
