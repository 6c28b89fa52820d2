import { type AreaDefinition, type Decision, intents } from '../../kernel/area.ts';
import { never } from '../../kernel/assert.ts';
import { type Refusal, ok, refuse } from '../../kernel/errors.ts';
import {
  type WorkspacesEvent,
  type WorkspacesSlice,
  findWorkspace,
  reservedNames,
  workspacesMax,
} from './model.ts';

export type WorkspacesCommand =
  | { readonly type: 'register'; readonly name: string; readonly title: string }
  | { readonly type: 'attach'; readonly name: string; readonly journal: string }
  | { readonly type: 'set_mode'; readonly name: string; readonly mode: string };

type Decide = AreaDefinition<'workspaces', never, WorkspacesCommand, WorkspacesEvent>['decide'];

export const decide: Decide = (slice, command) => {
  switch (command.type) {
    case 'register':
      return register(slice, command.name, command.title);
    case 'attach':
      return attach(slice, command.name, command.journal);
    case 'set_mode':
      return setMode(slice, command.name, command.mode);
    default:
      return never(command);
  }
};

export const workspacesIntent = intents<'workspaces', never, WorkspacesCommand, WorkspacesEvent>(
  'workspaces',
  decide,
);

const register = (
  { workspaces }: WorkspacesSlice,
  name: string,
  title: string,
): Decision<WorkspacesEvent> => {
  const known = workspaces.get(name.toLowerCase());
  if (known !== undefined) {
    return refuse('exists', `There is already a workspace "${known.name}". Use it, or choose another name.`, {
      workspace: known.name,
    });
  }
  if (reservedNames.includes(name.toLowerCase())) {
    return refuse('invalid_input', `"${name}" is reserved. Choose another name for the workspace.`);
  }
  if (workspaces.size >= workspacesMax) {
    return refuse(
      'limit_exceeded',
      `There are already ${workspacesMax} workspaces, which is the limit. Use one of them.`,
    );
  }
  return ok([{ type: 'workspaces.registered', data: { name, title } }]);
};

const attach = (slice: WorkspacesSlice, name: string, journal: string): Decision<WorkspacesEvent> => {
  const workspace = findWorkspace(slice, name);
  if (workspace === undefined) return unknownWorkspace(name);
  if (workspace.journal === journal) return ok([]);
  if (workspace.journal !== undefined) {
    return refuse(
      'journal_missing',
      `Workspace "${name}" has journal ${workspace.journal}, but ${journal} stands in its place. Nothing was changed. Put the right file back, or restore a backup.`,
      { expected: workspace.journal, found: journal },
    );
  }
  return ok([{ type: 'workspaces.attached', data: { name, journal } }]);
};

const setMode = (slice: WorkspacesSlice, name: string, mode: string): Decision<WorkspacesEvent> => {
  const workspace = findWorkspace(slice, name);
  if (workspace === undefined) return unknownWorkspace(name);
  return ok(workspace.mode === mode ? [] : [{ type: 'workspaces.mode_set', data: { name, mode } }]);
};

export const unknownWorkspace = (name: string): Refusal =>
  refuse(
    'workspace_unknown',
    `There is no workspace "${name}". Call workspace_list to see all, or workspace_add to add it.`,
    { workspace: name },
  );
