import type { Catalogue } from '../catalogue/catalogue.ts';
import { systemClock } from '../engine/clock.ts';
import type { Log } from '../engine/log.ts';
import type { Store } from '../journal/store.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import { openSqliteStore } from '../stores/sqlite/sqlite-store.ts';
import { prepareDataDirectory } from './data-directory.ts';
import { LocalHub } from './local-hub.ts';
import { type Settings, workspaceOf } from './configuration/settings.ts';
import { version } from './version.ts';
import { Workspaces } from './workspaces.ts';

/** Until there are tokens, whoever reaches this process is its owner. */
export const ownerPrincipal = 'owner';

export interface OpenedHub {
  readonly hub: LocalHub;
  /** The journal that lists the workspaces. */
  readonly journal: Store;
  /** The workspace of calls that name none. */
  readonly workspace: string;
}

/** Opens the journals of the data directory and the workspace that calls go to. */
export const openHub = async (
  settings: Settings,
  {
    catalogue,
    log,
    ticksFirst,
  }: { readonly catalogue: Catalogue; readonly log: Log; readonly ticksFirst: boolean },
): Promise<Outcome<OpenedHub>> => {
  const { dataDir, cacheDir } = settings;
  const workspace = workspaceOf(settings);
  const prepared = await prepareDataDirectory(dataDir);
  if (!prepared.ok) return prepared;
  const workspaces = await Workspaces.open({
    dataDir,
    cacheDir,
    openStore: (path, create) => openSqliteStore({ path, create }),
    clock: systemClock,
    log,
    ticksFirst,
  });
  if (!workspaces.ok) return workspaces;
  const ensured = await workspaces.value.ensure(workspace);
  const opened = ensured.ok ? await workspaces.value.get(workspace) : ensured;
  if (!opened.ok) {
    await workspaces.value.close();
    return opened;
  }
  const hub = new LocalHub({
    workspaces: workspaces.value,
    find: catalogue.find,
    defaultWorkspace: workspace,
    version,
    store: 'sqlite',
  });
  return ok({ hub, journal: workspaces.value.hub.store, workspace });
};
