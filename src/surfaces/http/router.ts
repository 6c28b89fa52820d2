import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { openApiDocument } from '../../catalogue/openapi/document.ts';
import type { Clock } from '../../engine/clock.ts';
import type { Log } from '../../engine/log.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Hub, WorkspaceHealth } from '../hub.ts';
import { headerNames, narrowedKind, readCallHeaders, workspaceAt } from './call-headers.ts';
import { parseJson } from '../json-text.ts';
import { ChangesRoute } from './changes-route.ts';
import { EventsRoute } from './events-route.ts';
import type { Exchange } from './exchange.ts';
import { type Gate, credentialsOf, refusedHeaders } from './gate.ts';
import { loggedPath } from './logged-path.ts';
import { visitorRefusal } from './loopback.ts';
import { refuseSecondHost } from './one-host.ts';
import { answerOperation } from './operation-route.ts';

/** MCP behind the same port; it writes its answers itself. */
export interface McpEndpoint {
  readonly handle: (call: McpCall) => Promise<void>;
  /** Ends what would otherwise stay open, such as subscriptions. */
  readonly close: () => Promise<void>;
}

interface McpCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The body, parsed; undefined for methods that have none. */
  readonly body: unknown;
  readonly caller: Caller;
  readonly workspace: string | undefined;
  /** What comes after `/mcp/` in the address. */
  readonly mode: string | undefined;
}

export interface RouterOptions {
  readonly hub: Hub;
  readonly catalogue: Catalogue;
  readonly mcp: McpEndpoint;
  readonly clock: Clock;
  readonly log: Log;
  readonly gate: Gate;
}

/** Answers whoever asks. */
type Handler = (exchange: Exchange) => Promise<void>;
/** Answers who may come in. */
type InnerHandler = (exchange: Exchange, caller: Caller) => Promise<void>;
type Route = Readonly<Partial<Record<string, Handler>>>;

const operationsPath = '/v1/operations/';
const mcpPath = '/mcp';
const mcpMethods = ['GET', 'POST', 'DELETE'];
const modePattern = /^[^/]{1,200}$/;
const addresses = `POST ${operationsPath}<name>, GET /v1/changes, GET /v1/events, GET /openapi.json, GET /health, GET /ready, and ${mcpPath} or ${mcpPath}/<mode> for MCP`;
const addressCharactersMax = 80;

/** Answers every exchange: finds out what is asked for, and turns whatever goes wrong into an answer. */
export class Router {
  readonly #options: RouterOptions;
  readonly #routes: ReadonlyMap<string, Route>;
  #openApi: string | undefined;

  constructor(options: RouterOptions) {
    this.#options = options;
    const inside = (handler: InnerHandler): Handler => {
      return async (exchange) => {
        const caller = await this.#admit(exchange);
        if (caller !== undefined) await handler(exchange, caller);
      };
    };
    const mcp: Handler = (exchange) => this.#mcp(exchange, undefined);
    const health: Handler = (exchange) => this.#health(exchange);
    const openApi: Handler = (exchange) => this.#describe(exchange);
    const ready: Handler = (exchange) => this.#ready(exchange);
    const pointer: Handler = (exchange) => this.#point(exchange);
    const changes = new ChangesRoute(options);
    const events = new EventsRoute(options);
    this.#routes = new Map<string, Route>([
      ['/', { GET: pointer, HEAD: pointer }],
      ['/health', { GET: health, HEAD: health }],
      ['/ready', { GET: ready, HEAD: ready }],
      ['/openapi.json', { GET: openApi, HEAD: openApi }],
      [mcpPath, { GET: mcp, POST: mcp, DELETE: mcp }],
      ['/v1/changes', { GET: inside((exchange, caller) => changes.answer(exchange, caller)) }],
      ['/v1/events', { GET: inside((exchange, caller) => events.answer(exchange, caller)) }],
      ['/v1/connection', { DELETE: inside((exchange, caller) => this.#disconnect(exchange, caller)) }],
    ]);
  }

  /** Never rejects. */
  async answer(exchange: Exchange): Promise<void> {
    if (this.#options.log.debugs) this.#tell(exchange);
    try {
      await this.#route(exchange);
    } catch (thrown) {
      const id = randomUUID();
      const { method = '', url = '' } = exchange.request;
      this.#options.log.error(`defect ${id} while answering ${method} ${loggedPath(url)}`, thrown);
      if (exchange.answered) exchange.request.socket.destroy();
      else
        exchange.refuse(
          refuse('internal', `Signalbox has a defect. The log has the details under ${id}.`, { id }),
        );
    }
  }

  #tell({ request, response }: Exchange): void {
    const begunAt = performance.now();
    const { method = '', url = '' } = request;
    const path = loggedPath(url);
    response.once('close', () => {
      const ms = Math.round(performance.now() - begunAt);
      this.#options.log.debug('answered', { method, path, status: response.statusCode, ms });
    });
  }

  async #route(exchange: Exchange): Promise<void> {
    const { headers, rawHeaders, method = '', url = '' } = exchange.request;
    const visitor = visitorRefusal(headers.host, headers.origin) ?? refuseSecondHost(rawHeaders);
    if (visitor !== undefined) return exchange.refuse(visitor);
    if (url.startsWith(operationsPath)) return this.#operation(exchange, url.slice(operationsPath.length));
    const query = url.indexOf('?');
    const asked = query < 0 ? url : url.slice(0, query);
    // People paste the address of MCP with a slash at its end.
    const path = asked.startsWith(`${mcpPath}/`) && asked.endsWith('/') ? asked.slice(0, -1) : asked;
    const route = this.#routes.get(path);
    if (route === undefined && path.startsWith(`${mcpPath}/`)) return this.#mcpIn(exchange, path);
    if (route === undefined) return exchange.refuse(unknownRoute(path));
    const handler = Object.hasOwn(route, method) ? route[method] : undefined;
    return handler === undefined ? refuseMethod(exchange, path, Object.keys(route)) : handler(exchange);
  }

  async #operation(exchange: Exchange, name: string): Promise<void> {
    if (exchange.request.method !== 'POST')
      return refuseMethod(exchange, `${operationsPath}<name>`, ['POST']);
    const caller = await this.#admit(exchange);
    if (caller === undefined) return;
    if (!name.includes('?')) return answerOperation(this.#options, { exchange, caller, operation: name });
    exchange.refuse(
      refuse(
        'invalid_input',
        'An operation takes its input from the body. Leave the query out of the address.',
      ),
    );
  }

  /** MCP at an address that says which tools are wanted. */
  async #mcpIn(exchange: Exchange, path: string): Promise<void> {
    const mode = path.slice(mcpPath.length + 1);
    if (!modePattern.test(mode)) return exchange.refuseRpc(unknownRoute(path));
    if (!mcpMethods.includes(exchange.request.method ?? '')) return refuseMethod(exchange, path, mcpMethods);
    return this.#mcp(exchange, mode);
  }

  async #mcp(exchange: Exchange, mode: string | undefined): Promise<void> {
    const { mcp } = this.#options;
    const { request, response } = exchange;
    const caller = await this.#admit(exchange, (refusal, headers) => exchange.refuseRpc(refusal, headers));
    if (caller === undefined) return;
    const call = readCallHeaders(request.headers, caller);
    if (!call.ok) return exchange.refuseRpc(call);
    const workspace = workspaceAt(request.url ?? '', call.value.workspace);
    if (!workspace.ok) return exchange.refuseRpc(workspace);
    const refused = this.#options.hub.refuses?.(caller, workspace.value);
    if (refused !== undefined) return exchange.refuseRpc(refused);
    let body: unknown;
    if (request.method === 'POST') {
      const bytes = await exchange.body();
      if (bytes === undefined) return;
      const parsed = bytes.ok ? parseJson(bytes.value, 'body') : bytes;
      if (!parsed.ok) return exchange.refuseRpc(parsed);
      body = parsed.value;
    }
    const { caller: said } = call.value;
    // What speaks MCP is a program, also where the connection is a person's.
    const speaker = said.kind === 'person' ? { ...said, kind: narrowedKind } : said;
    await mcp.handle({ request, response, body, caller: speaker, workspace: workspace.value, mode });
  }

  async #disconnect(exchange: Exchange, caller: Caller): Promise<void> {
    const call = readCallHeaders(exchange.request.headers, caller);
    if (!call.ok) return exchange.refuse(call);
    const { caller: speaker, workspace } = call.value;
    if (speaker.connection === undefined) {
      return exchange.refuse(
        refuse(
          'invalid_input',
          `Which connection has ended is not said. Name it in the header ${headerNames.connection}.`,
        ),
      );
    }
    await this.#options.hub.disconnect(speaker, workspace);
    exchange.nothing();
  }

  /** Who asks; undefined once a refusal is on its way. */
  async #admit(
    exchange: Exchange,
    refuseWith = (refusal: Refusal, headers: readonly string[]): void => exchange.refuse(refusal, headers),
  ): Promise<Caller | undefined> {
    const credentials = credentialsOf(exchange.request);
    const admitted = this.#options.gate.admit(credentials);
    const caller = admitted instanceof Promise ? await admitted : admitted;
    if (caller.ok) return caller.value;
    refuseWith(caller, refusedHeaders(caller, credentials));
    return undefined;
  }

  async #health(exchange: Exchange): Promise<void> {
    const told = await this.#options.hub.health();
    const health = exchange.closing ? { ...told, status: 'stopping' } : told;
    const { id, version, status } = health;
    const shown = (await this.#isKnown(exchange)) ? health : { status, id, version };
    exchange.json(status === 'ok' ? 200 : 503, JSON.stringify(shown), notKept);
  }

  /** Whether a change could be stored now. Answered at once, also while calls wait for the journals to be open. */
  async #ready(exchange: Exchange): Promise<void> {
    const { hub } = this.#options;
    const phase = hub.phase?.() ?? 'open';
    const found = exchange.closing || phase === 'stopping' ? 'stopping' : await reasonAgainst(hub, phase);
    const reason = typeof found === 'object' && found !== null ? await this.#toldOf(exchange, found) : found;
    exchange.json(reason === null ? 200 : 503, JSON.stringify({ ready: reason === null, reason }), notKept);
  }

  /** What workspaces there are is nobody's business who may not come in. */
  async #toldOf(exchange: Exchange, faults: readonly WorkspaceHealth[]): Promise<string> {
    return (await this.#isKnown(exchange))
      ? faults.map(({ name, reason }) => `${name}: ${reason ?? 'cannot be written'}`).join('; ')
      : 'a workspace cannot be written';
  }

  /** Whether whoever asks what everybody may ask could come in as well. */
  async #isKnown({ request }: Exchange): Promise<boolean> {
    return (await this.#options.gate.admit(credentialsOf(request))).ok;
  }

  async #describe(exchange: Exchange): Promise<void> {
    const { catalogue, hub } = this.#options;
    this.#openApi ??= JSON.stringify(openApiDocument(catalogue, hub.version));
    exchange.json(200, this.#openApi);
  }

  async #point(exchange: Exchange): Promise<void> {
    exchange.text(
      200,
      `Signalbox ${this.#options.hub.version}\n\nFor agents:   /mcp (Streamable HTTP)\nFor programs: POST ${operationsPath}<name>, described in /openapi.json\nState:        /health, /ready\n`,
    );
  }
}

const notKept = ['Cache-Control', 'no-store'] as const;

/** Why nothing could be stored now, in words or as the workspaces that cannot be written; null when it could. */
const reasonAgainst = async (
  hub: Hub,
  phase: 'opening' | 'open',
): Promise<string | readonly WorkspaceHealth[] | null> => {
  if (phase === 'opening') return 'the journals are being opened';
  const { status, workspaces } = await hub.health();
  if (status === 'ok') return null;
  if (status === 'stopping') return status;
  return workspaces.filter(({ writable }) => !writable);
};

const unknownRoute = (path: string) => {
  const shown = path.length <= addressCharactersMax ? JSON.stringify(path) : 'an address that long';
  return refuse('route_unknown', `Nothing is served under ${shown}. There is ${addresses}.`);
};

const refuseMethod = (exchange: Exchange, path: string, allowed: readonly string[]): void => {
  const allow = allowed.join(', ');
  const refusal = refuse('method_not_allowed', `${path} does not answer this HTTP method. Use ${allow}.`, {
    allow: allowed,
  });
  exchange.refuse(refusal, ['Allow', allow]);
};
