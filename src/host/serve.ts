import { operations } from '../areas/index.ts';
import { Catalogue } from '../catalogue/catalogue.ts';
import { systemClock } from '../engine/clock.ts';
import type { Log } from '../engine/log.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import type { Hub } from '../surfaces/hub.ts';
import { createHttpSurface } from '../surfaces/http/surface.ts';
import { mcpOverHttp } from '../surfaces/mcp/over-http/endpoint.ts';
import { announceHub } from './announce-hub.ts';
import { nextSteps } from './next-steps.ts';
import { openHub, ownerPrincipal } from './open-hub.ts';
import { openingHub } from './opening-hub.ts';
import type { Settings } from './configuration/settings.ts';
import { stopSignal } from './stop-signal.ts';
import { version } from './version.ts';

/** Serves the hub until the process is told to stop. */
export const serve = async (settings: Settings, log: Log): Promise<Outcome<true>> => {
  const catalogue = new Catalogue(operations);
  const opening = Promise.withResolvers<Outcome<Hub>>();
  const waiting = openingHub(version, opening.promise);
  const mcp = mcpOverHttp({ hub: waiting, catalogue, clock: systemClock, log });
  const surface = createHttpSurface({ hub: waiting, catalogue, mcp, log, principal: ownerPrincipal });
  // The port comes first: a start that cannot have it leaves the data directory as it was. Holding it from here on,
  // instead of only asking whether it is free, leaves no moment in which another process could take it.
  const listening = await surface.listen({ host: settings.host, port: settings.port });
  if (!listening.ok) return listening;
  const opened = await openHub(settings, { catalogue, log, ticksFirst: true });
  opening.resolve(opened.ok ? ok(opened.value.hub) : opened);
  if (!opened.ok) {
    await surface.close();
    return opened;
  }
  const { hub, journal, workspace } = opened.value;
  const { url } = listening.value;
  const file = { id: journal.identity.id, url, pid: process.pid };
  const withdraw = await announceHub({ dataDir: settings.dataDir, store: journal, log }, file);
  process.stdout.write(nextSteps(url, { dataDir: settings.dataDir, workspace }));
  await stopSignal();
  await withdraw();
  await surface.close();
  await hub.close();
  return ok(true);
};
