import { randomUUID } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Log } from '../engine/log.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import { secondMs } from '../kernel/instants.ts';
import type { HubAddress } from '../surfaces/http/address.ts';
import type { RemoteHub } from '../surfaces/http/client.ts';
import { readHubFile } from './hub-file.ts';
import type { LocalHub } from './local-hub.ts';
import { type Ask, farWorkspaces, ownCaller } from './far-workspaces.ts';
import type { Settings } from './configuration/settings.ts';
import { textOfSecret } from './secrets/secret.ts';
import type { Wanted } from './workspace-resolution/resolve.ts';
import { settleWorkspace } from './workspace-resolution/settle.ts';
import { wantedWorkspace } from './workspace-resolution/wanted.ts';
import { tokenFor } from './token-for.ts';
import type { Line, Source } from './steady-hub.ts';

/** How long a hub whose address is given may be gone. Nobody else can answer. */
export const namedPatienceMs = 20 * secondMs;

/** How long the hub of the data directory may be gone before this process opens the journals: time for a restart. */
export const foundPatienceMs = 5 * secondMs;

/** Finds out anew which workspace is wanted: a person may have chosen another one since the last hub. */
type Want = () => Promise<Outcome<Wanted>>;

/** The hub at this address, which is the only one that will do. */
export const hubAt = (
  url: HubAddress,
  settings: Pick<Settings, 'token' | 'dataDir'>,
  { want, log }: { readonly want: Want; readonly log: Log },
): Source => ({
  name: `The hub at ${url.origin}`,
  patienceMs: namedPatienceMs,
  look: async () => {
    const shown = await tokenFor(url.href, settings);
    if (!shown.ok) return shown;
    const { connectHub } = await import('../surfaces/http/client.ts');
    const hub = await connectHub(url.href, { token: shown.value });
    return hub.ok ? farLine(hub.value, want, { log }) : hub;
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
      if (file === undefined) return noHub;
      const token = await textOfSecret(settings.token);
      if (!token.ok) return token;
      const { connectFound } = await import('./found-hub.ts');
      const hub = await connectFound(file, token.value);
      if (hub === undefined) return noHub;
      // The workspace is found, or made, with the rights of whoever can read the file, also when calls have fewer.
      const own =
        token.value === undefined || file.token === undefined
          ? undefined
          : await connectFound(file, undefined);
      const line = await farLine(hub, () => wantedWorkspace(settings, log), { log, settling: own ?? hub });
      own?.close();
      return line;
    },
    instead: async () => {
      if (lastUrl !== undefined) log.warn(`the hub at ${lastUrl} is gone; opening the journals instead`);
      const { openHub } = await import('./open-hub.ts');
      const opened = await openHub(settings, { catalogue, log, ticksFirst: false });
      return opened.ok ? ok(ownLine(opened.value.hub)) : opened;
    },
  };
};

export const noHub = refuse(
  'stopping',
  'No hub serves this data directory now. Nothing was stored. Call again in a moment.',
);

/** A hub elsewhere, once it has the workspace of this process, to which calls go that name none. */
const farLine = async (
  hub: RemoteHub,
  want: Want,
  { log, settling = hub }: { readonly log: Log; readonly settling?: RemoteHub },
): Promise<Outcome<Line>> => {
  const wanted = await want();
  const name = wanted.ok
    ? await settleWorkspace(wanted.value, farWorkspaces(askOnce(settling), hub.id), log)
    : wanted;
  if (!name.ok) {
    hub.close();
    return name;
  }
  return ok(lineTo(hub, name.value));
};

/** A line to a hub elsewhere; calls that name no workspace go to `own`. */
export const lineTo = (hub: RemoteHub, own: string | undefined): Line => ({
  id: hub.id,
  attempt: (call) => hub.attempt({ ...call, workspace: call.workspace ?? own }),
  disconnect: (caller, workspace) => hub.tryDisconnect(caller, workspace ?? own),
  openChanges: (workspace, listener) => hub.openChanges(workspace ?? own, listener),
  health: () => hub.health(),
  close: async () => hub.close(),
});

const askOnce =
  (hub: RemoteHub): Ask =>
  async (operation, input) => {
    const attempt = await hub.attempt({
      operation,
      input,
      caller: ownCaller,
      workspace: undefined,
      requestId: randomUUID(),
      signal: undefined,
    });
    if (attempt.kind === 'away') return away(hub, attempt.reason);
    return attempt.outcome.ok ? ok(attempt.outcome.value.value) : attempt.outcome;
  };

const away = (hub: RemoteHub, reason: string): Refusal =>
  refuse(
    'stopping',
    `The hub at ${hub.url} went away while it was asked (${reason}). Nothing was stored. Call again in a moment.`,
    { url: hub.url, reason },
  );

/** The hub in this process, which does not go away before the process does. */
export const ownLine = (hub: LocalHub): Line => ({
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
