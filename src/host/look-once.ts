import { existsSync } from 'node:fs';
import { type Outcome, ok } from '../kernel/errors.ts';
import type { Settings } from './configuration/settings.ts';
import { hasBoardInFiles, keptStorePath } from './kept-store.ts';
import { calledSo, farWorkspaces, workspacesOf } from './far-workspaces.ts';
import { type ConnectOptions, type ConnectedOnce, askFor, connectOnce } from './open-once.ts';
import type { ShownWorkspace } from './shown-workspaces.ts';
import type { Wanted } from './workspace-resolution/resolve.ts';
import { type Meant, type WorkspaceList, lookUpWorkspace } from './workspace-resolution/settle.ts';

/** A hub for whoever only looks: nothing is made, not even a data directory. Undefined where there is nothing yet. */
export const connectToLook = async (
  settings: Settings,
  options: ConnectOptions,
): Promise<Outcome<ConnectedOnce | undefined>> => {
  const { dataDir, store, url } = settings;
  const isNowhere = url === undefined && store.kind === 'sqlite' && !hasBoardInFiles(dataDir);
  if (isNowhere && !existsSync(keptStorePath(dataDir))) return ok(undefined);
  const connected = await connectOnce(settings, { ...options, looks: true });
  return !connected.ok && connected.code === 'journal_missing' && connected.details['empty'] === true
    ? ok(undefined)
    : connected;
};

/** Which workspace calls go to, or would go to. */
export const meantAt = (hub: ConnectedOnce | undefined, wanted: Wanted): Promise<Outcome<Meant>> =>
  lookUpWorkspace(wanted, listOf(hub));

const listOf = (hub: ConnectedOnce | undefined): WorkspaceList =>
  hub === undefined
    ? farWorkspaces(async () => ok({ items: [] }), undefined)
    : farWorkspaces(askFor(hub.hub), hub.id);

export interface Looked extends Meant {
  /** As the hub lists it, if it is there. */
  readonly shown: ShownWorkspace | undefined;
  /** All that the hub has. */
  readonly all: readonly ShownWorkspace[];
  /** Of a running hub. */
  readonly url: string | undefined;
}

/** Finds out which workspace calls go to and what is known of it, and makes nothing. */
export const lookOnce = async (
  settings: Settings,
  wanted: Wanted,
  options: ConnectOptions,
): Promise<Outcome<Looked>> => {
  const connected = await connectToLook(settings, options);
  if (!connected.ok) return connected;
  const hub = connected.value;
  const meant = await meantAt(hub, wanted);
  const all = hub === undefined ? ok([]) : await workspacesOf(askFor(hub.hub));
  await hub?.close();
  if (!meant.ok) return meant;
  if (!all.ok) return all;
  return ok({ ...meant.value, shown: calledSo(all.value, meant.value.name), all: all.value, url: hub?.url });
};
