/* The real hub over journals in memory, behind the real HTTP surface, for tests. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { operations } from '../../src/areas/operations.ts';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import { errorCodes } from '../../src/catalogue/errors.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { type LateMcp, lateMcp } from '../../src/host/late-mcp.ts';
import { LocalHub } from '../../src/host/local-hub.ts';
import { Meter } from '../../src/host/metrics/meter.ts';
import { Workspaces } from '../../src/host/workspaces.ts';
import { openGate } from '../../src/host/open-gate.ts';
import type { Outcome } from '../../src/kernel/errors.ts';
import type { Caller } from '../../src/kernel/operation.ts';
import { memoryStorage } from '../../src/stores/memory/storage.ts';
import { takeOffice } from '../../src/stores/sqlite/office.ts';
import type { Hub, HubCall } from '../../src/surfaces/hub.ts';
import type { Gate } from '../../src/surfaces/http/gate.ts';
import {
  type HttpSurface,
  type HttpSurfaceOptions,
  createHttpSurface,
} from '../../src/surfaces/http/surface.ts';
import type { McpOverHttpOptions } from '../../src/surfaces/mcp/over-http/endpoint.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { probes } from './probes.ts';

export const valueIn = <T>(outcome: Outcome<T>): T => {
  assert(outcome.ok, outcome.ok ? '' : `${outcome.code}: ${outcome.message}`);
  return outcome.value;
};

export interface Served {
  readonly url: string;
  readonly port: number;
  readonly hub: Hub;
  readonly catalogue: Catalogue;
  readonly log: CollectedLog;
  readonly surface: HttpSurface;
  readonly mcp: LateMcp;
  /** The calls that have reached the hub, and the connections that were reported as over. */
  readonly calls: HubCall[];
  readonly left: Caller[];
  readonly waiting: () => Promise<number>;
  /** Of the hub's own journal. */
  readonly engine: Engine;
}

/** What a test puts between the surface and the hub. */
export type Wrap = (hub: Hub) => Partial<Hub>;

/** One for all hubs of a process: the schemas of all operations, which it makes when they are asked for, are a lot of work. */
const catalogue = new Catalogue([...operations, ...probes]);

export const openHub = async (context: TestContext, log: CollectedLog) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-surface-'));
  const meter = new Meter({ operations: catalogue.operations, monotonic: systemClock.monotonic });
  const workspaces = valueIn(
    await Workspaces.open({
      cacheDir: dataDir,
      storage: memoryStorage(),
      clock: systemClock,
      log,
      ticksFirst: true,
      meter,
    }),
  );
  const hub = new LocalHub({
    workspaces,
    find: catalogue.find,
    defaultWorkspace: 'main',
    version: '0.0.0-test',
    store: 'memory',
    meter,
  });
  valueIn(await workspaces.ensure('main'));
  context.after(async () => {
    await hub.close();
    await rm(dataDir, { recursive: true });
  });
  /** How many calls wait for something, in all workspaces. */
  const waiting = async (): Promise<number> =>
    (await workspaces.opened()).reduce((sum, { engine }) => sum + engine.waiting, 0);
  return { hub, catalogue, waiting, engine: workspaces.hub.engine };
};

export const serve = async (
  context: TestContext,
  wrap: Wrap = () => ({}),
  {
    gate = openGate('owner'),
    surface: surfaceOptions = {},
    ...options
  }: Partial<McpOverHttpOptions> & {
    readonly gate?: Gate;
    readonly surface?: Partial<HttpSurfaceOptions>;
  } = {},
): Promise<Served> => {
  const log = new CollectedLog();
  const calls: HubCall[] = [];
  const left: Caller[] = [];
  const { hub: local, catalogue, waiting, engine } = await openHub(context, log);
  const watched: Hub = {
    id: local.id,
    version: local.version,
    call: (call) => {
      calls.push(call);
      return local.call(call);
    },
    disconnect: (caller, workspace) => {
      left.push(caller);
      return local.disconnect(caller, workspace);
    },
    health: (caller) => local.health(caller),
    refuses: (caller, workspace, way) => local.refuses(caller, workspace, way),
    count: (caller, rate) => local.count(caller, rate),
    changes: (workspace, listener) => local.changes(workspace, listener),
    events: (asked) => local.events(asked),
    metrics: (caller) => local.metrics(caller),
    serviceLevels: (caller) => local.serviceLevels(caller),
  };
  const hub: Hub = { ...watched, ...wrap(watched) };
  const { clock = systemClock } = options;
  const mcp = lateMcp({ hub, catalogue, log, ...options, clock });
  const surface = createHttpSurface({
    hub,
    catalogue,
    mcp,
    clock,
    log,
    gate,
    takeAlone: takeOffice,
    ...surfaceOptions,
  });
  const { url } = valueIn(await surface.listen({ kind: 'tcp', host: '127.0.0.1', port: 0 }));
  context.after(() => surface.close());
  const port = Number(new URL(url).port);
  return { url, port, hub, catalogue, log, surface, mcp, calls, left, waiting, engine };
};

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Calls an operation as a program would; a body that is text is sent as it is. */
export const post = async (
  { url }: Pick<Served, 'url'>,
  operation: string,
  { body, headers = {} }: { readonly body?: unknown; readonly headers?: Record<string, string> } = {},
): Promise<Answer> => {
  const response = await fetch(`${url}/v1/operations/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
};

const errorSchema = z.strictObject({
  error: z.strictObject({
    code: z.enum(errorCodes),
    message: z.string().regex(/[.?]$/),
    retryable: z.boolean(),
    details: z.record(z.string(), z.unknown()),
  }),
});

/** The error of an answer, after checking that it has the one shape that errors have. */
export const errorOf = (body: unknown) => errorSchema.parse(body).error;

/** Sends bytes over a connection of their own, and gives back all that comes until the other side closes it. */
export const speak = (port: number, bytes: string | Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });

/** A request in HTTP/1.1 whose connection ends with the answer. */
export const requestText = (line: string, headers: readonly string[] = [], body = ''): string =>
  [`${line} HTTP/1.1`, 'Connection: close', ...headers, '', body].join('\r\n');

/** The parts of an answer that `speak` collected; the body only when it came in one piece. */
export const parseAnswer = (
  text: string,
): { readonly status: number; readonly head: string; readonly body: unknown } => {
  const end = text.indexOf('\r\n\r\n');
  assert(end > 0, `no answer: ${JSON.stringify(text)}`);
  const head = text.slice(0, end);
  const body = text.slice(end + 4);
  const whole = /^content-length:/im.test(head) && body !== '';
  return {
    status: Number(head.split(' ')[1]),
    head,
    body: whole ? parsed(body) : undefined,
  };
};

const parsed = (text: string): unknown => JSON.parse(text);
