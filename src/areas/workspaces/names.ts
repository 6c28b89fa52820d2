import { nameSchema } from '../../kernel/ids.ts';

export const workspaceNameSchema = nameSchema('A workspace name');

/** The journal named `hub` is not a workspace, and the hub's own files stand beside the workspaces'. */
export const reservedNames: readonly string[] = ['hub'];

/** Where those meet who are in no repository. A repository that happens to be called that is not meant. */
export const mainWorkspace = 'main';
