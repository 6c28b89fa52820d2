/* Hubs that the official checks are run against: the real one, and one that serves the fixtures in the same way. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operations } from '../../src/areas/operations.ts';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { stderrLog } from '../../src/host/log.ts';
import { openHub, ownerPrincipal } from '../../src/host/open-hub.ts';
import { readConfiguration } from '../../src/host/configuration/configuration.ts';
import { openGate } from '../../src/host/open-gate.ts';
import { type Outcome, ok } from '../../src/kernel/errors.ts';
import { takeOffice } from '../../src/stores/sqlite/office.ts';
import { type Hub, everything } from '../../src/surfaces/hub.ts';
import { createHttpSurface } from '../../src/surfaces/http/surface.ts';
import { type McpOverHttpOptions, mcpOverHttp } from '../../src/surfaces/mcp/over-http/endpoint.ts';
import { fixtureServer } from './fixtures/server.ts';

export interface RunningHub {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const log = stderrLog({ logLevel: 'warn', debug: false });

const valueIn = <T>(outcome: Outcome<T>): T => {
  assert(outcome.ok, outcome.ok ? '' : outcome.message);
  return outcome.value;
};

/** What is served instead of the real thing. */
type Stand = (hub: Hub) => Pick<McpOverHttpOptions, 'hub' | 'serverFor'>;

const start = async (stand: Stand): Promise<RunningHub> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-conformance-'));
  const configuration = await readConfiguration(
    { 'data-dir': dataDir, port: '0', workspace: 'main' },
    { env: {}, cwd: dataDir },
  );
  const catalogue = new Catalogue(operations);
  const { hub } = valueIn(
    await openHub(valueIn(configuration).settings, { catalogue, log, ticksFirst: true }),
  );
  const mcp = mcpOverHttp({ catalogue, clock: systemClock, log, ...stand(hub) });
  const surface = createHttpSurface({
    hub,
    catalogue,
    mcp,
    clock: systemClock,
    log,
    gate: openGate(ownerPrincipal),
    takeAlone: takeOffice,
  });
  const { url } = valueIn(await surface.listen({ kind: 'tcp', host: '127.0.0.1', port: 0 }));
  return {
    url: `${url}/mcp`,
    close: async () => {
      await surface.close();
      await hub.close();
      await rm(dataDir, { recursive: true });
    },
  };
};

/** As users start it. */
export const startHub = (): Promise<RunningHub> => start((hub) => ({ hub }));

/** The same HTTP surface and the same handling of eras, sessions and streams, around a server with the fixtures. */
export const startFixtures = (): Promise<RunningHub> => {
  const listeners = new Set<(keys: ReadonlySet<string>) => void>();
  const toolsChanged = (): void => {
    for (const listener of listeners) listener(new Set([everything]));
  };
  return start((hub) => ({
    hub: {
      version: hub.version,
      call: (call) => hub.call(call),
      disconnect: (caller, workspace) => hub.disconnect(caller, workspace),
      health: () => hub.health(),
      changes: async (_workspace, listener) => {
        listeners.add(listener);
        return ok(() => void listeners.delete(listener));
      },
    },
    serverFor: ({ era }) => fixtureServer(era, toolsChanged),
  }));
};
