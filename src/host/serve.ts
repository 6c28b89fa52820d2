import { homedir } from 'node:os';
import type { Log } from '../engine/log.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import { createHttpSurface } from '../surfaces/http/surface.ts';
import { mcpOverHttp } from '../surfaces/mcp/over-http.ts';
import { announceHub } from './announce-hub.ts';
import { openHub, ownerPrincipal } from './open-hub.ts';
import type { Settings } from './settings.ts';
import { stopSignal } from './stop-signal.ts';

/** Serves the hub until the process is told to stop. */
export const serve = async (settings: Settings, log: Log): Promise<Outcome<true>> => {
  const opened = await openHub(settings, { log, ticksFirst: true });
  if (!opened.ok) return opened;
  const { hub, catalogue, journal } = opened.value;
  const mcp = mcpOverHttp({ hub, catalogue, log });
  const surface = createHttpSurface({ hub, catalogue, mcp, log, principal: ownerPrincipal });
  const listening = await surface.listen({ host: settings.host, port: settings.port });
  if (!listening.ok) {
    await hub.close();
    return listening;
  }
  const { url } = listening.value;
  const file = { id: journal.identity.id, url, pid: process.pid };
  const withdraw = await announceHub({ dataDir: settings.dataDir, store: journal, log }, file);
  process.stdout.write(nextSteps(url, settings));
  await stopSignal();
  await withdraw();
  await surface.close();
  await hub.close();
  return ok(true);
};

const nextSteps = (url: string, { dataDir, workspace }: Settings): string => {
  const where = dataDir.startsWith(`${homedir()}/`) ? `~${dataDir.slice(homedir().length)}` : dataDir;
  return `Signalbox is ready on ${url} (workspace "${workspace}", data in ${where}).

Give your agents this address, for example:
  claude mcp add --transport http signalbox ${url}/mcp

Put a first task on the board:
  curl -s ${url}/v1/operations/task_add -d '{"title": "Say hello to the other agents"}'

Then tell an agent: "Call start, and work on what is ready." Stop the hub with Ctrl-C; nothing is lost.
`;
};
