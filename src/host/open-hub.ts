import type { ProfileName } from '../areas/access/limits.ts';
import type { AccessSettings } from '../areas/access/model.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { systemClock } from '../engine/clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';
import type { Store } from '../journal/store.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import type { Denials } from './access/denials.ts';
import { prepareDataDirectory } from './data-directory.ts';
import { type FindOperation, LocalHub } from './local-hub.ts';
import type { Settings } from './configuration/settings.ts';
import { openKeyring } from './encryption/open-keyring.ts';
import {
  type KeptStore,
  besideFiles,
  boardMissing,
  demandKeptStore,
  hasBoard,
  hasBoardInFiles,
  keepStore,
} from './kept-store.ts';
import { openStorage } from './storage.ts';
import type { Meter } from './metrics/meter.ts';
import { version } from './version.ts';
import type { Place } from './workspace-resolution/resolve.ts';
import { settleWorkspace } from './workspace-resolution/settle.ts';
import { wantedWorkspace } from './workspace-resolution/wanted.ts';
import { Workspaces } from './workspaces.ts';

export { ownerPrincipal } from './owner.ts';

export interface OpenedHub {
  readonly hub: LocalHub;
  /** The journal that lists the workspaces, and what works on it. */
  readonly journal: Store;
  readonly engine: Engine;
  /** The workspace of calls that name none. */
  readonly workspace: string;
  /** Where the journals are. */
  readonly place: string;
  /** What is not as it should be on the way there, though it works. */
  readonly warning: string | undefined;
  /** The id of the key that what is new is encrypted with; undefined: nothing is. */
  readonly encryptionKey: string | undefined;
}

export interface OpenHubOptions {
  readonly catalogue: Catalogue;
  readonly log: Log;
  readonly ticksFirst: boolean;
  readonly denials?: Denials;
  /** What measures the work of this process; nothing when absent. */
  readonly meter?: Meter;
  /** Where the workspace is looked for; this process when absent. */
  readonly place?: Place;
  /** What rules know of who may come in; when absent, this process has no way in for others. */
  readonly access?: AccessSettings;
}

/** Opens the journals of the data directory and the workspace that calls go to. */
export const openHub = async (
  settings: Settings,
  { catalogue, log, ticksFirst, denials, meter, place, access }: OpenHubOptions,
): Promise<Outcome<OpenedHub>> => {
  const wanted = await wantedWorkspace(settings, log, place);
  if (!wanted.ok) return wanted;
  const opened = await openJournals(settings, { log, ticksFirst, meter, ...(access && { access }) });
  if (!opened.ok) return opened;
  const workspaces = opened.value;
  const name = await settleWorkspace(wanted.value, workspaces, log);
  const workspace = name.ok ? await workspaces.get(name.value) : name;
  if (!workspace.ok) {
    await workspaces.close();
    return workspace;
  }
  const hub = hubOver(workspaces, {
    find: catalogue.find,
    workspace: workspace.value.name,
    rates: settings.rateLimits,
    denials,
    meter,
  });
  const { store: journal, engine } = workspaces.hub;
  const { place: kept, warning } = workspaces.storage;
  denials?.open(engine);
  return ok({
    hub,
    journal,
    engine,
    workspace: workspace.value.name,
    place: kept,
    warning,
    encryptionKey: workspaces.encryptionKey,
  });
};

export interface OpenJournalsOptions extends Pick<OpenHubOptions, 'log' | 'ticksFirst' | 'access'> {
  readonly brief?: boolean;
  /** For what only reads: a database that has no board yet is left without, and nothing is noted. */
  readonly looks?: boolean;
  readonly meter?: Meter | undefined;
}

/** The list of workspaces in the data directory, which is made when it is not there. */
export const openJournals = async (
  settings: Settings,
  { access = { mayBeOpen: !settings.auth, isOpen: () => false }, looks = false, ...how }: OpenJournalsOptions,
): Promise<Outcome<Workspaces>> => {
  const prepared = await prepareDataDirectory(settings.dataDir);
  if (!prepared.ok) return prepared;
  const kept = await demandKeptStore(settings);
  if (!kept.ok) return kept;
  const keys = await openKeyring(settings.encryptionKey, how.log);
  if (!keys.ok) return keys;
  const mustExist = settings.store.kind !== 'sqlite' && (looks || hasBoard(settings, kept.value));
  const storage = await openStorage(settings, { mayPrepare: !mustExist });
  const opened = storage.ok
    ? await Workspaces.open({
        storage: storage.value,
        cacheDir: settings.cacheDir,
        clock: systemClock,
        rules: { leases: settings.lockTtls, access },
        keyring: keys.value?.ring,
        onClose: keys.value?.close,
        mustExist,
        ...how,
      })
    : storage;
  if (opened.ok) {
    if (!looks)
      await noteBoard(settings, { place: opened.value.storage.place, kept: kept.value, log: how.log });
    return opened;
  }
  keys.value?.close();
  if (storage.ok) await storage.value.close();
  return boardMissing(opened, settings, kept.value);
};

interface Noting {
  readonly place: string;
  readonly kept: KeptStore | undefined;
  readonly log: Log;
}

const noteBoard = async (settings: Settings, { place, kept, log }: Noting): Promise<void> => {
  const noted = await keepStore(settings, place, kept);
  if (!noted.ok) log.warn(noted.message);
  if (kept === undefined && settings.store.kind !== 'sqlite' && hasBoardInFiles(settings.dataDir))
    log.warn(besideFiles(settings, place));
};

interface HubOverOptions {
  readonly find: FindOperation;
  readonly workspace: string;
  readonly rates: ProfileName;
  readonly denials?: Denials | undefined;
  readonly meter?: Meter | undefined;
}

/** The hub in this process that answers from these journals. */
export const hubOver = (
  workspaces: Workspaces,
  { find, workspace, rates, denials, meter }: HubOverOptions,
): LocalHub =>
  new LocalHub({
    workspaces,
    find,
    defaultWorkspace: workspace,
    version,
    store: workspaces.storage.kind,
    rates,
    denials,
    meter,
  });
