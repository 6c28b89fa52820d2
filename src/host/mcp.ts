import type { Log } from '../engine/log.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import type { HubCall } from '../surfaces/hub.ts';
import { hubAddress } from '../surfaces/http/address.ts';
import { mcpOverStdio } from '../surfaces/mcp/over-stdio.ts';
import { currentBranch, withBranch } from './current-branch.ts';
import { type OpenOptions, hubAt, hubNearby } from './hub-sources.ts';
import { ownerPrincipal } from './owner.ts';
import type { Settings } from './configuration/settings.ts';
import { thisProcess, wantedWorkspace } from './workspace-resolution/wanted.ts';
import { type Source, SteadyHub } from './steady-hub.ts';
import { stopSignal } from './stop-signal.ts';
import { version } from './version.ts';
import { wholeCatalogue } from './whole-catalogue.ts';

/**
 * Serves one client on stdin and stdout: through the running hub when there is one, else from the journals. The client
 * is answered at once; its calls wait until it is clear who serves them.
 */
export const serveStdio = async (settings: Settings, log: Log): Promise<Outcome<true>> => {
  const catalogue = wholeCatalogue();
  const mode = settings.mode === undefined ? undefined : catalogue.exposure.parse(settings.mode);
  if (mode?.ok === false) return mode;
  const source = sourceOf(settings, { catalogue, log });
  if (!source.ok) return source;
  const writes = (name: string): boolean => {
    const operation = catalogue.find(name);
    return operation.ok && operation.value.kind === 'command';
  };
  const inputOf = async ({ operation, input }: Pick<HubCall, 'operation' | 'input'>): Promise<unknown> => {
    const found = catalogue.find(operation);
    return withBranch(input, found.ok ? found.value : undefined, () => currentBranch(thisProcess()));
  };
  const hub = new SteadyHub({ source: source.value, version, writes, inputOf, log });
  const surface = mcpOverStdio({
    hub,
    catalogue,
    log,
    principal: ownerPrincipal,
    // Without one, calls go to that of the repository; which it is, is known when there is a hub.
    workspace: settings.workspace,
    agent: settings.agent,
    mode: settings.mode,
    input: process.stdin,
    output: process.stdout,
  });
  void stopSignal().then(() => surface.close());
  void hub.connect();
  await surface.done;
  await hub.close();
  return hub.failure ?? ok(true);
};

const sourceOf = (settings: Settings, opening: OpenOptions): Outcome<Source> => {
  const { url } = settings;
  if (url === undefined) return ok(hubNearby(settings, opening));
  const address = hubAddress(url);
  return address.ok
    ? ok(
        hubAt(address.value, settings, {
          want: () => wantedWorkspace(settings, opening.log),
          log: opening.log,
        }),
      )
    : address;
};
