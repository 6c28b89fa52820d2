import { randomUUID } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Log } from '../engine/log.ts';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { secondMs } from '../kernel/instants.ts';
import type { Caller } from '../kernel/operation.ts';
import type { HubAddress } from '../surfaces/http/address.ts';
import { type RemoteHub, connectHub } from '../surfaces/http/client.ts';
import { connectFound } from './found-hub.ts';
import { readHubFile } from './hub-file.ts';
import type { LocalHub } from './local-hub.ts';
import { openHub, ownerPrincipal } from './open-hub.ts';
import { type Settings, workspaceOf } from './configuration/settings.ts';
import type { Line, Source } from './steady-hub.ts';

/** How long a hub whose address is given may be gone. Nobody else can answer. */
const namedPatienceMs = 20 * secondMs;

/** How long the hub of the data directory may be gone before this process opens the journals: time for a restart. */
const foundPatienceMs = 5 * secondMs;

/** The hub at this address, which is the only one that will do. */
export const hubAt = (url: HubAddress, workspace: string): Source => ({
  name: `The hub at ${url.origin}`,
  patienceMs: namedPatienceMs,
  look: async () => {
    const hub = await connectHub(url.href);
    return hub.ok ? farLine(hub.value, workspace) : hub;
  },
});

/** What opening the journals needs besides the settings. */
export interface OpenOptions {
  readonly catalogue: Catalogue;
  readonly log: Log;
}

/** The hub that serves the data directory, wherever it listens, and the journals themselves when there is none. */
export const hubNearby = (settings: Settings, { catalogue, log }: OpenOptions): Source => {
  let lastUrl: string | undefined;
  return {
    name: 'The hub of this data directory',
    patienceMs: foundPatienceMs,
    look: async () => {
      const file = await readHubFile(settings.dataDir);
      lastUrl = file?.url ?? lastUrl;
      const hub = file === undefined ? undefined : await connectFound(file);
      return hub === undefined ? noHub : farLine(hub, workspaceOf(settings));
    },
    instead: async () => {
      if (lastUrl !== undefined) log.warn(`the hub at ${lastUrl} is gone; opening the journals instead`);
      const opened = await openHub(settings, { catalogue, log, ticksFirst: false });
      return opened.ok ? ok(ownLine(opened.value.hub)) : opened;
    },
  };
};

const noHub = refuse(
  'stopping',
  'No hub serves this data directory now. Nothing was stored. Call again in a moment.',
);

/** A hub elsewhere, once it has the workspace of this process. */
const farLine = async (hub: RemoteHub, workspace: string): Promise<Outcome<Line>> => {
  const added = await hub.attempt({
    operation: 'workspace_add',
    input: { name: workspace },
    caller: ownCaller,
    workspace: undefined,
    requestId: randomUUID(),
    signal: undefined,
  });
  if (added.kind === 'away') return away(hub, added.reason);
  if (!added.outcome.ok && added.outcome.code !== 'exists') {
    hub.close();
    return added.outcome;
  }
  return ok({
    id: hub.id,
    attempt: (call) => hub.attempt(call),
    disconnect: (caller, name) => hub.tryDisconnect(caller, name),
    openChanges: (name, listener) => hub.openChanges(name, listener),
    health: () => hub.health(),
    close: async () => hub.close(),
  });
};

const away = (hub: RemoteHub, reason: string): Outcome<Line> => {
  hub.close();
  return refuse(
    'stopping',
    `The hub at ${hub.url} went away while it was asked (${reason}). Nothing was stored. Call again in a moment.`,
    { url: hub.url, reason },
  );
};

const ownCaller: Caller = {
  principal: ownerPrincipal,
  role: 'admin',
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
};

/** The hub in this process, which does not go away before the process does. */
const ownLine = (hub: LocalHub): Line => ({
  id: hub.id,
  attempt: async (call) => ({ kind: 'answered', outcome: await hub.call(call) }),
  disconnect: async (caller, workspace) => {
    await hub.disconnect(caller, workspace);
    return true;
  },
  openChanges: async (workspace, listener) => {
    const listening = await hub.changes(workspace, listener);
    if (!listening.ok) return listening;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const close = (): void => {
      listening.value();
      resolve();
    };
    return ok({ ended, close });
  },
  health: () => hub.health(),
  close: () => hub.close(),
});
