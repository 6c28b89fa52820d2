import { mainWorkspace } from '../../areas/workspaces/names.ts';
import type { Log } from '../../engine/log.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import type { Identity } from './identity.ts';
import type { Wanted } from './resolve.ts';

/** The list of workspaces, of a hub or of the journals themselves. */
export interface WorkspaceList {
  /** What the workspace of this name is called now, if there is one. */
  readonly known: (name: string) => Promise<Outcome<string | undefined>>;
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
      return list.ensure(wanted.name);
    case 'default':
      return list.ensure(wanted.name);
    case 'git config': {
      const { name, repository } = wanted;
      const known = await list.known(name);
      if (!known.ok) return known;
      if (known.value !== undefined) return ok(known.value);
      // Remembered from other data than these. Whoever has the same repository meets here as well.
      return name === mainWorkspace ? list.ensure(name) : list.ensure(name, await repository.identify());
    }
    case 'repository': {
      const { repository } = wanted;
      const identity = await repository.identify();
      const name = await list.ensure(identity.suggested, identity);
      if (!name.ok) return name;
      const remembered = await repository.remember(name.value);
      // It is found by its origin again; only that takes longer, and a new origin would be another repository.
      if (!remembered.ok) log.warn(remembered.message);
      return name;
    }
  }
};
