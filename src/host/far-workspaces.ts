import { nearestName } from '../kernel/nearest.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import type { Caller } from '../kernel/operation.ts';
import { ownerPrincipal } from './owner.ts';
import type { ShownWorkspace } from './shown-workspaces.ts';
import type { Identity } from './workspace-resolution/identity.ts';
import type { WorkspaceList } from './workspace-resolution/settle.ts';

/** What this process asks of a hub on its own account, which never needs a person. */
export const ownCaller: Caller = {
  principal: ownerPrincipal,
  role: 'admin',
  kind: 'agent',
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
};

/** Calls an operation of a hub as `ownCaller`, for its value. */
export type Ask = (operation: string, input: unknown, workspace?: string) => Promise<Outcome<unknown>>;

/** Loaded only by commands that ask for workspaces; most know already which one they want. */
const checks = () => import('./shown-workspaces.ts');

/** All workspaces of a hub, or that of one repository. */
export const workspacesOf = async (
  ask: Ask,
  identity?: Identity,
): Promise<Outcome<readonly ShownWorkspace[]>> => {
  const answer = await ask('workspace_list', membersOf(identity));
  if (!answer.ok) return answer;
  const items = (await checks()).workspacesIn(answer.value);
  return items === undefined ? strange('workspace_list') : ok(items);
};

const membersOf = (identity: Identity | undefined) => ({
  ...(identity !== undefined && { origin: identity.origin }),
  ...(identity?.rootCommit !== undefined && { root_commit: identity.rootCommit }),
});

/** The one that is called this, or was. */
export const calledSo = (items: readonly ShownWorkspace[], name: string): ShownWorkspace | undefined =>
  items.find((item) => item.name === name || item.former_names.includes(name));

/** All names that workspaces have or had. */
export const namesOf = (items: readonly ShownWorkspace[]): readonly string[] =>
  items.flatMap((item) => [item.name, ...item.former_names]);

const unknownAmong = (items: readonly ShownWorkspace[], name: string): Refusal => {
  const nearest = nearestName(name, namesOf(items));
  const question = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  return refuse(
    'workspace_unknown',
    `There is no workspace "${name}".${question} Call workspace_list to see all, or workspace_add to add it.`,
    { workspace: name, ...(nearest !== undefined && { nearest }) },
  );
};

/** The list of workspaces that the hub with this id has. */
export const farWorkspaces = (ask: Ask, id: string | undefined): WorkspaceList => ({
  id,
  known: async (name) => {
    const items = await workspacesOf(ask);
    if (!items.ok) return items;
    const found = calledSo(items.value, name);
    return found === undefined ? unknownAmong(items.value, name) : ok(found.name);
  },
  ofRepository: async (identity) => {
    const items = await workspacesOf(ask, identity);
    return items.ok ? ok(items.value[0]?.name) : items;
  },
  ensure: async (name, identity) => {
    const added = await ask('workspace_add', { name, ...membersOf(identity) });
    if (!added.ok && added.code === 'forbidden') return asItIs(ask, { name, identity }, added);
    if (!added.ok) {
      const { workspace } = added.details;
      return added.code === 'exists' ? ok(typeof workspace === 'string' ? workspace : name) : added;
    }
    const shown = (await checks()).workspaceIn(added.value);
    return shown === undefined ? strange('workspace_add') : ok(shown.name);
  },
});

/** Who may make no workspaces works in those that are there; who may not even list them is told by each call. */
const asItIs = async (
  ask: Ask,
  { name, identity }: { readonly name: string; readonly identity: Identity | undefined },
  refusal: Refusal,
): Promise<Outcome<string>> => {
  const items = await workspacesOf(ask, identity);
  if (!items.ok) return items.code === 'forbidden' && identity === undefined ? ok(name) : refusal;
  const found = identity === undefined ? calledSo(items.value, name) : items.value[0];
  return found === undefined ? refusal : ok(found.name);
};

const strange = (operation: string): Outcome<never> =>
  refuse(
    'upgrade_required',
    `The hub answers ${operation} in a way that this version does not understand. Use the same version of Signalbox on both sides.`,
  );
