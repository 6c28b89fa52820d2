import { nameSchema } from '../../kernel/ids.ts';
import type { Instant } from '../../kernel/instants.ts';
import { type Table, table } from '../../kernel/table.ts';

declare module '../../kernel/slices.ts' {
  interface Slices {
    readonly workspaces: WorkspacesSlice;
  }
}

export const workspacesMax = 1_000;
export const titleCharactersMax = 200;
export const modeCharactersMax = 200;

export const workspaceNameSchema = nameSchema('A workspace name');

/** The journal named `hub` is not a workspace, and the hub's own files stand beside the workspaces'. */
export const reservedNames: readonly string[] = ['hub'];

export interface Workspace {
  readonly name: string;
  readonly title: string;
  /** The id of its journal, known since that was first opened; another journal under its name is not it. */
  readonly journal: string | undefined;
  /** Which part of the catalogue its clients are shown unless they name another, when somebody has set one. */
  readonly mode: string | undefined;
  readonly createdAt: Instant;
  readonly number: number;
}

/** Only the hub's journal has rows in it. */
export interface WorkspacesSlice {
  readonly workspaces: Table<Workspace, 'all'>;
}

export const onlyPartition = 'all';

export const initialWorkspaces: WorkspacesSlice = {
  workspaces: table<Workspace, 'all'>({
    key: (workspace) => workspace.name.toLowerCase(),
    orders: { all: { partition: () => onlyPartition, rank: ({ number }) => [number, 0] } },
  }),
};

/** Names differ in more than case, because files are named after them. */
export const findWorkspace = (slice: WorkspacesSlice, name: string): Workspace | undefined => {
  const found = slice.workspaces.get(name.toLowerCase());
  return found?.name === name ? found : undefined;
};

export type WorkspacesEvent =
  | {
      readonly type: 'workspaces.registered';
      readonly data: { readonly name: string; readonly title: string };
    }
  | {
      readonly type: 'workspaces.attached';
      readonly data: { readonly name: string; readonly journal: string };
    }
  | {
      readonly type: 'workspaces.mode_set';
      readonly data: { readonly name: string; readonly mode: string };
    };
