import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'gpt-tokenizer';
import { callOf } from '../board.ts';
import { type Server, residentMegabytes, startFloor, startHub, startLoad } from '../children.ts';
import { type ToolUse, legacyCall, listTools, modernCall, openLegacySession } from '../mcp-requests.ts';
import { type Row, against, bounded, figure, median } from '../rows.ts';

const tasks = 20_000;
const rounds = 5;
const runMs = 1_500;
const manyConnections = 32;
const requestsForMemory = 100_000;
const sessionsAbandoned = 1_000;
const modes = ['minimal', 'standard', 'full'] as const;
const eras = ['modern', 'legacy'] as const;

/** What may be in use more after very many requests or sessions than before: what collecting garbage leaves undone. */
const growthMbMax = 40;

type Load = ReturnType<typeof startLoad>;

/** Calls over MCP against the SDK's own server with a tool that does nothing, and what its lists cost. */
export const mcpCases = async (): Promise<readonly Row[]> => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-mcp-'));
  const hub = await startHub(join(dir, 'data'));
  const noop = await startFloor('mcp-noop');
  const generator = startLoad();
  try {
    const session = await fill(hub.port);
    const reads = await measureReads(generator, { hub, noop });
    const claimP50 = await measureClaims(generator, hub, session);
    return [
      ...reads,
      figure('task_claim over MCP, modern, durable, p50, 1 connection', claimP50, 'us'),
    ].concat(await measureMemory(generator, hub), await measureLists(hub));
  } finally {
    await Promise.all([generator.stop(), noop.stop(), hub.stop()]);
    rmSync(dir, { recursive: true });
  }
};

const addressOf = ({ port }: Server): string => `http://127.0.0.1:${port}/mcp`;

const fill = async (port: number): Promise<string> => {
  const started = await callOf(port, 'start', { agent: 'bench', wip_limit: 500 });
  for (let i = 0; i < tasks; i += 100) {
    const some = Array.from({ length: 100 }, (_, j) => ({
      title: `Task ${i + j} of the bench`,
      body: 'What is to be done, in a sentence or two, as a person would write it down.',
    }));
    await callOf(port, 'task_add', { tasks: some });
  }
  return String(started['session']);
};

/** Far more ids than requests can be under way, so that none is used twice at once. */
const legacyCalls = (session: string, use: ToolUse): readonly string[] =>
  Array.from({ length: 1_000 }, (_, id) => legacyCall('/mcp', { session, id }, use));

const measureReads = async (
  generator: Load,
  { hub, noop }: { readonly hub: Server; readonly noop: Server },
): Promise<readonly Row[]> => {
  const rates = new Map<string, number[]>();
  const legacy = {
    hub: await openLegacySession(addressOf(hub)),
    noop: await openLegacySession(addressOf(noop)),
  };
  const get = { name: 'task_get', arguments: { id: 'T-500' } };
  const nothing = { name: 'noop', arguments: {} };
  const requestOf = {
    modern: { hub: [modernCall('/mcp', get)], noop: [modernCall('/mcp', nothing)] },
    legacy: { hub: legacyCalls(legacy.hub, get), noop: legacyCalls(legacy.noop, nothing) },
  };
  for (let round = 0; round <= rounds; round += 1) {
    if (round === 1) rates.clear(); // The first round warms them up.
    for (const era of eras) {
      for (const connections of [1, manyConnections]) {
        for (const [name, server] of Object.entries({ noop, hub })) {
          const requests = requestOf[era][name === 'hub' ? 'hub' : 'noop'];
          const report = await generator.run({
            port: server.port,
            connections,
            durationMs: runMs,
            requests,
            repeat: true,
          });
          if (report.refused > 0) throw new Error(`${name}: ${report.firstRefused ?? 'refused'}`);
          const key = `${name} ${era} ${connections}`;
          rates.set(key, [...(rates.get(key) ?? []), report.perSecond]);
        }
      }
    }
  }
  const rateOf = (key: string): number => median(rates.get(key) ?? []);
  return eras.flatMap((era) =>
    [1, manyConnections].flatMap((connections) => {
      const floor = rateOf(`noop ${era} ${connections}`);
      const words = `${era}, ${connections} connection${connections === 1 ? '' : 's'}`;
      return [
        figure(`SDK's McpServer, one no-op tool, ${words}`, floor, '/s'),
        against(`task_get over MCP, ${words}`, [rateOf(`hub ${era} ${connections}`), '/s'], {
          floor,
          target: { atLeast: 0.9 },
        }),
      ];
    }),
  );
};

const claimsMax = 400;

const measureClaims = async (generator: Load, hub: Server, session: string): Promise<number> => {
  const requests = Array.from({ length: claimsMax }, (_, i) =>
    modernCall('/mcp', { name: 'task_claim', arguments: { session }, use: `use-${i}` }),
  );
  const report = await generator.run({
    port: hub.port,
    connections: 1,
    durationMs: 60_000,
    requests,
    repeat: false,
  });
  if (report.refused > 0) throw new Error(`claim: ${report.firstRefused ?? 'refused'}`);
  return report.p50Us;
};

const measureMemory = async (generator: Load, hub: Server): Promise<readonly Row[]> => {
  const request = modernCall('/mcp', { name: 'task_get', arguments: { id: 'T-500' } });
  const send = async (count: number): Promise<void> => {
    await generator.run({
      port: hub.port,
      connections: manyConnections,
      durationMs: 600_000,
      requests: Array.from({ length: count }, () => request),
      repeat: false,
    });
  };
  const abandon = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) await openLegacySession(addressOf(hub));
  };
  await send(requestsForMemory / 5);
  const before = residentMegabytes(hub);
  await send(requestsForMemory);
  const after = residentMegabytes(hub);
  await abandon(sessionsAbandoned);
  const full = residentMegabytes(hub);
  await abandon(sessionsAbandoned);
  const still = residentMegabytes(hub);
  return [
    figure('memory of the hub before', before, 'MB'),
    bounded(`more after ${requestsForMemory} requests over MCP`, [after - before, 'MB'], {
      atMost: growthMbMax,
    }),
    figure(`more after ${sessionsAbandoned} abandoned sessions`, full - after, 'MB'),
    bounded(`more after ${sessionsAbandoned} further abandoned sessions`, [still - full, 'MB'], {
      atMost: growthMbMax,
    }),
  ];
};

const measureLists = async (hub: Server): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  for (const mode of modes) {
    const list = await listTools(`${addressOf(hub)}/${mode}`);
    const text = JSON.stringify(list);
    rows.push(
      figure(`tools in mode ${mode}`, list.length, 'tools'),
      figure(`their list, in mode ${mode}`, Buffer.byteLength(text), 'bytes'),
      figure(`their list, in mode ${mode} (o200k_base)`, encode(text).length, 'tokens'),
    );
  }
  return rows;
};
