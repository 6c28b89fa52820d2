import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Log } from '../engine/log.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import type { Hub } from '../surfaces/hub.ts';
import { hubAddress } from '../surfaces/http/client.ts';
import { type Settings, workspaceOf } from './configuration/settings.ts';
import { hubAt, hubNearby } from './hub-sources.ts';
import { SteadyHub } from './steady-hub.ts';
import { version } from './version.ts';

export interface OpenedOnce {
  readonly hub: Hub;
  readonly workspace: string;
  readonly close: () => Promise<void>;
}

/** A hub for one command: the running one when there is one, else the journals. */
export const openOnce = async (
  settings: Settings,
  opening: { readonly catalogue: Catalogue; readonly log: Log },
): Promise<Outcome<OpenedOnce>> => {
  const { url } = settings;
  const address = url === undefined ? undefined : hubAddress(url);
  if (address?.ok === false) return address;
  const workspace = workspaceOf(settings);
  const writes = (name: string): boolean => {
    const operation = opening.catalogue.find(name);
    return !operation.ok || operation.value.kind === 'command';
  };
  const source = address === undefined ? hubNearby(settings, opening) : hubAt(address.value, workspace);
  // The failure is the answer; it need not stand in the log as well.
  const log: Log = { ...opening.log, warn: () => {} };
  const hub = new SteadyHub({ source, version, writes, log });
  await hub.connect();
  const { failure } = hub;
  if (failure === undefined) return ok({ hub, workspace, close: () => hub.close() });
  await hub.close();
  return failure;
};
