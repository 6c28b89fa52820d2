import { operations } from '../areas/index.ts';
import { Catalogue } from '../catalogue/catalogue.ts';
import type { Log } from '../engine/log.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import type { Caller } from '../kernel/operation.ts';
import { type RemoteHub, connectHub } from '../surfaces/http/client.ts';
import type { Hub } from '../surfaces/hub.ts';
import { mcpOverStdio } from '../surfaces/mcp/over-stdio.ts';
import { connectFound } from './found-hub.ts';
import { readHubFile } from './hub-file.ts';
import { openHub, ownerPrincipal } from './open-hub.ts';
import type { Settings } from './settings.ts';
import { stopSignal } from './stop-signal.ts';

interface Served {
  readonly hub: Hub;
  readonly catalogue: Catalogue;
  readonly close: () => Promise<void>;
}

/** Serves one client on stdin and stdout: through the running hub when there is one, else from the journal itself. */
export const serveStdio = async (settings: Settings, log: Log): Promise<Outcome<true>> => {
  const mode =
    settings.mode === undefined ? undefined : new Catalogue(operations).exposure.parse(settings.mode);
  if (mode?.ok === false) return mode;
  const served = await hubFor(settings, log);
  if (!served.ok) return served;
  const { hub, catalogue, close } = served.value;
  const surface = mcpOverStdio({
    hub,
    catalogue,
    log,
    principal: ownerPrincipal,
    workspace: settings.workspace,
    agent: settings.agent,
    mode: settings.mode,
    input: process.stdin,
    output: process.stdout,
  });
  void stopSignal().then(() => surface.close());
  await surface.done;
  await close();
  return ok(true);
};

const hubFor = async (settings: Settings, log: Log): Promise<Outcome<Served>> => {
  if (settings.url !== undefined) {
    const hub = await connectHub(settings.url);
    return hub.ok ? forwarding(hub.value, settings.workspace) : hub;
  }
  const file = await readHubFile(settings.dataDir);
  if (file !== undefined) {
    const hub = await connectFound(file);
    if (hub !== undefined) return forwarding(hub, settings.workspace);
    log.warn(`the hub at ${file.url} is gone; opening the journals instead`);
  }
  const catalogue = new Catalogue(operations);
  const opened = await openHub(settings, { catalogue, log, ticksFirst: false });
  if (!opened.ok) return opened;
  const { hub } = opened.value;
  return ok({ hub, catalogue, close: () => hub.close() });
};

/** Calls go to a hub elsewhere, which is asked to have the workspace of this process. */
const forwarding = async (hub: RemoteHub, workspace: string): Promise<Outcome<Served>> => {
  const added = await hub.call({
    operation: 'workspace_add',
    input: { name: workspace },
    caller: ownCaller,
    workspace: undefined,
    requestId: undefined,
    signal: undefined,
  });
  if (!added.ok && added.code !== 'exists') return added;
  return ok({ hub, catalogue: new Catalogue(operations), close: async () => hub.close() });
};

const ownCaller: Caller = {
  principal: ownerPrincipal,
  role: 'admin',
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
};
