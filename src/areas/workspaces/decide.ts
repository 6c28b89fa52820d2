import { type AreaDefinition, type Decision, intents } from '../../kernel/area.ts';
import { never } from '../../kernel/assert.ts';
import { type Refusal, ok, refuse } from '../../kernel/errors.ts';
import {
  type Repository,
  type WorkspacesEvent,
  type WorkspacesSlice,
  findWorkspace,
  formerNamesMax,
  holderOf,
  workspaceOfRepository,
  workspacesMax,
} from './model.ts';
import { freeName, reservedNames } from './names.ts';

export type WorkspacesCommand =
  | Registering
  | { readonly type: 'rename'; readonly name: string; readonly to: string }
  | { readonly type: 'attach'; readonly name: string; readonly journal: string }
  | { readonly type: 'set_mode'; readonly name: string; readonly mode: string }
  | SettingQuota;

interface SettingQuota {
  readonly type: 'set_quota';
  readonly name: string;
  /** Absent = as it is, null = no limit. */
  readonly bytesMax?: number | null;
  readonly writesPerMinute?: number | null;
}

interface Registering {
  readonly type: 'register';
  readonly name: string;
  readonly title: string;
  /** Whose workspace it is to be; one that is there already will do, and the name is only wished for. */
  readonly repository?: Repository | undefined;
}

type Decide = AreaDefinition<'workspaces', never, WorkspacesCommand, WorkspacesEvent>['decide'];

export const decide: Decide = (slice, command) => {
  switch (command.type) {
    case 'register':
      return command.repository === undefined
        ? register(slice, command)
        : findOrRegister(slice, { ...command, repository: command.repository });
    case 'rename':
      return rename(slice, command.name, command.to);
    case 'attach':
      return attach(slice, command.name, command.journal);
    case 'set_mode':
      return setMode(slice, command.name, command.mode);
    case 'set_quota':
      return setQuota(slice, command);
    default:
      return never(command);
  }
};

export const workspacesIntent = intents<'workspaces', never, WorkspacesCommand, WorkspacesEvent>(
  'workspaces',
  decide,
);

const register = (slice: WorkspacesSlice, { name, title }: Registering): Decision<WorkspacesEvent> => {
  const known = holderOf(slice, name);
  if (known !== undefined) {
    return refuse(
      'exists',
      known.name.toLowerCase() === name.toLowerCase()
        ? `There is already a workspace "${known.name}". Use it, or choose another name.`
        : `"${name}" is a former name of the workspace "${known.name}", and still means it. Use it, or choose another name.`,
      { workspace: known.name },
    );
  }
  if (isReserved(name)) return reserved(name);
  if (slice.workspaces.size >= workspacesMax) return tooMany();
  return ok([{ type: 'workspaces.registered', data: { name, title } }]);
};

const findOrRegister = (
  slice: WorkspacesSlice,
  { name, title, repository }: Registering & { readonly repository: Repository },
): Decision<WorkspacesEvent> => {
  const { origin, rootCommit } = repository;
  const place = (of: string): WorkspacesEvent => ({
    type: 'workspaces.placed',
    data: { name: of, origin, ...(rootCommit !== undefined && { rootCommit }) },
  });
  const known = workspaceOfRepository(slice, repository);
  if (known !== undefined) {
    const news = rootCommit !== undefined && known.repository?.rootCommit === undefined;
    return ok(news ? [place(known.name)] : []);
  }
  if (slice.workspaces.size >= workspacesMax) return tooMany();
  const free = freeName(name, (lower) => slice.names.has(lower));
  const wished = title === name ? free : title;
  return ok([{ type: 'workspaces.registered', data: { name: free, title: wished } }, place(free)]);
};

const rename = (slice: WorkspacesSlice, name: string, to: string): Decision<WorkspacesEvent> => {
  const workspace = findWorkspace(slice, name);
  if (workspace === undefined) return unknownWorkspace(name);
  if (workspace.name === to) return ok([]);
  const holder = holderOf(slice, to);
  if (holder !== undefined && holder.file !== workspace.file) {
    return refuse(
      'exists',
      `The name "${to}" belongs to the workspace "${holder.name}". Choose another name.`,
      { workspace: holder.name },
    );
  }
  if (isReserved(to)) return reserved(to);
  if (!workspace.formerNames.includes(to) && workspace.formerNames.length >= formerNamesMax) {
    return refuse(
      'limit_exceeded',
      `Workspace "${workspace.name}" has had ${formerNamesMax} other names, which is the limit, because all of them go on meaning it. Keep its name, or take one that it had.`,
    );
  }
  return ok([{ type: 'workspaces.renamed', data: { name: workspace.name, to } }]);
};

const isReserved = (name: string): boolean => reservedNames.includes(name.toLowerCase());

const reserved = (name: string): Refusal =>
  refuse('invalid_input', `"${name}" is reserved. Choose another name for the workspace.`);

const tooMany = (): Refusal =>
  refuse(
    'limit_exceeded',
    `There are already ${workspacesMax} workspaces, which is the limit. Use one of them.`,
  );

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

/** WO14 */
const setQuota = (slice: WorkspacesSlice, command: SettingQuota): Decision<WorkspacesEvent> => {
  const workspace = findWorkspace(slice, command.name);
  if (workspace === undefined) return unknownWorkspace(command.name);
  const { name, quota } = workspace;
  const changed = (limit: number | null | undefined, before: number | undefined): number | undefined =>
    limit === undefined ? before : (limit ?? undefined);
  const bytesMax = changed(command.bytesMax, quota.bytesMax);
  const writesPerMinute = changed(command.writesPerMinute, quota.writesPerMinute);
  if (bytesMax === quota.bytesMax && writesPerMinute === quota.writesPerMinute) return ok([]);
  return ok([
    {
      type: 'workspaces.quota_set',
      data: {
        name,
        ...(bytesMax !== undefined && { bytesMax }),
        ...(writesPerMinute !== undefined && { writesPerMinute }),
      },
    },
  ]);
};

export const unknownWorkspace = (name: string): Refusal =>
  refuse(
    'workspace_unknown',
    `There is no workspace "${name}". Call workspace_list to see all, or workspace_add to add it.`,
    { workspace: name },
  );
