import { mainWorkspace } from '../../areas/workspaces/names.ts';
import type { Log } from '../../engine/log.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import type { Identity } from './identity.ts';
import { type LocalRepository, type Wanted, saidOfNone } from './resolve.ts';

/** The list of workspaces, of a hub or of the journals themselves. */
export interface WorkspaceList {
  /** Of the hub: names that it gave hold there. Undefined where it does not say it. */
  readonly id: string | undefined;
  /** What the workspace of this name is called now; `workspace_unknown` when there is none. */
  readonly known: (name: string) => Promise<Outcome<string>>;
  /** What the workspace of this repository is called, if there is one. */
  readonly ofRepository: (identity: Identity) => Promise<Outcome<string | undefined>>;
  /** Adds a workspace unless it is there, or there is another one of this repository; what it is called. */
  readonly ensure: (name: string, identity?: Identity) => Promise<Outcome<string>>;
}

/** Makes sure that the workspace which is wanted is there; what it is called. */
export const settleWorkspace = async (
  wanted: Wanted,
  list: WorkspaceList,
  log: Log,
): Promise<Outcome<string>> => {
  switch (wanted.by) {
    case 'configuration':
    case 'default':
      return list.ensure(wanted.name);
    case 'git config':
      return wanted.name === mainWorkspace ? list.ensure(wanted.name) : saidWorkspace(wanted, list);
    case 'repository': {
      const { repository } = wanted;
      const noted = await notedWorkspace(repository, list);
      if (!noted.ok) return noted;
      if (noted.value !== undefined) return ok(noted.value);
      const identity = await repository.identify();
      const name = await list.ensure(identity.suggested, identity);
      if (!name.ok || list.id === undefined) return name;
      const written = await repository.note(list.id, name.value);
      // It is found by its origin again; only that takes longer, and a new origin would be another repository.
      if (!written.ok) log.warn(written.message);
      return name;
    }
  }
};

/** The workspace that calls go to, or would go to. */
export interface Meant {
  /** One that is not there yet may get another, if this is taken. */
  readonly name: string;
  readonly there: boolean;
  /** Whether the git config notes it for the hub that was asked. */
  readonly noted: boolean;
}

/** Which workspace would be settled on. Nothing is made, and nothing noted. */
export const lookUpWorkspace = async (wanted: Wanted, list: WorkspaceList): Promise<Outcome<Meant>> => {
  if (wanted.by === 'repository') {
    const { repository } = wanted;
    const noted = await notedWorkspace(repository, list);
    if (!noted.ok) return noted;
    if (noted.value !== undefined) return ok({ name: noted.value, there: true, noted: true });
    const identity = await repository.identify();
    const name = await list.ofRepository(identity);
    return name.ok
      ? ok({ name: name.value ?? identity.suggested, there: name.value !== undefined, noted: false })
      : name;
  }
  const known = await (wanted.by === 'git config' && wanted.name !== mainWorkspace
    ? saidWorkspace(wanted, list)
    : list.known(wanted.name));
  if (known.ok) return ok({ name: known.value, there: true, noted: false });
  return known.code === 'workspace_unknown' && wanted.name === mainWorkspace
    ? ok({ name: mainWorkspace, there: false, noted: false })
    : known;
};

const saidWorkspace = async (
  said: Extract<Wanted, { readonly by: 'git config' }>,
  list: WorkspaceList,
): Promise<Outcome<string>> => {
  const known = await list.known(said.name);
  return known.ok || known.code !== 'workspace_unknown' ? known : saidOfNone(said);
};

/** Undefined where nothing is noted, or what is noted is gone: an older backup was put back. */
const notedWorkspace = async (
  repository: LocalRepository,
  list: WorkspaceList,
): Promise<Outcome<string | undefined>> => {
  const noted = repository.notedFor(list.id);
  if (noted === undefined) return ok(undefined);
  const known = await list.known(noted);
  return known.ok || known.code !== 'workspace_unknown' ? known : ok(undefined);
};
