import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { openApiDocument } from '../../catalogue/openapi/document.ts';
import type { Clock } from '../../engine/clock.ts';
import type { Log } from '../../engine/log.ts';
import { type Outcome, type Refusal, refuse } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Hub, HubHealth } from '../hub.ts';
import { headerNames, narrowedKind, readCallHeaders, workspaceAt } from './call-headers.ts';
import { parseJson } from '../json-text.ts';
import { Callers } from './callers.ts';
import { ChangesRoute } from './changes-route.ts';
import { EventsRoute } from './events-route.ts';
import type { Exchange } from './exchange.ts';
import type { Exposure } from './exposure.ts';
import { type Gate, credentialsOf, refusedHeaders, retryHeaders } from './gate.ts';
import { underWayPerPrincipalMax } from './limits.ts';
import { loggedPath } from './logged-path.ts';
import { loginPath } from './login-desk.ts';
import { LoginRoute, type LoginService } from './login-route.ts';
import { MetricsRoute } from './metrics-route.ts';
import { refuseSecondHost } from './one-host.ts';
import { answerOperation } from './operation-route.ts';
import { challengeFor, describedBy, resourceMetadata } from './protected-resource.ts';
import { refuseScopes, toolIn } from './step-up.ts';
import { Visitors } from './visitors.ts';

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
  readonly exposure: Exposure;
  /** How people come in with a browser; absent where nobody is asked who they are. */
  readonly login?: LoginService | undefined;
  /** What is in `limits.ts` when absent. */
  readonly underWayPerPrincipalMax?: number;
}

/** Answers whoever asks. */
type Handler = (exchange: Exchange) => Promise<void>;
/** Answers who may come in. */
type InnerHandler = (exchange: Exchange, caller: Caller) => Promise<void>;
type Route = Readonly<Partial<Record<string, Handler>>>;
type RefuseWith = (refusal: Refusal, headers: readonly string[]) => void;

const operationsPath = '/v1/operations/';
const mcpPath = '/mcp';
const mcpMethods = ['GET', 'POST', 'DELETE'];
const modePattern = /^[^/]{1,200}$/;
const addresses = `POST ${operationsPath}<name>, GET /v1/changes, GET /v1/events, GET /openapi.json, GET /health, GET /ready, GET /metrics, GET /v1/service-levels, and ${mcpPath} or ${mcpPath}/<mode> for MCP`;
const addressCharactersMax = 80;

const queryRefusal = refuse(
  'invalid_input',
  'An operation takes its input from the body. Leave the query out of the address.',
);

/** Answers every exchange: finds out what is asked for, and turns whatever goes wrong into an answer. */
export class Router {
  readonly #options: RouterOptions;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #visitors: Visitors;
  readonly #callers: Callers;
  #openApi: string | undefined;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#visitors = new Visitors(options.exposure);
    this.#callers = new Callers(options.underWayPerPrincipalMax ?? underWayPerPrincipalMax);
    const inside = (handler: InnerHandler): Handler => {
      return async (exchange) => {
        const caller = await this.#admit(exchange);
        if (caller !== undefined && this.#hasRoom(exchange, caller)) await handler(exchange, caller);
      };
    };
    const mcp: Handler = (exchange) => this.#mcp(exchange, undefined);
    const health: Handler = (exchange) => this.#health(exchange);
    const openApi: Handler = (exchange) => this.#describe(exchange);
    const ready: Handler = (exchange) => this.#ready(exchange);
    const pointer: Handler = (exchange) => this.#point(exchange);
    const changes = new ChangesRoute(options);
    const events = new EventsRoute(options);
    const login = new LoginRoute({
      hub: options.hub,
      login: options.login,
      visitors: this.#visitors,
      exposure: options.exposure,
      denied: options.gate.denied,
    });
    const measured = new MetricsRoute(options);
    const metrics = inside((exchange, caller) => measured.metrics(exchange, caller));
    const page: Handler = async (exchange) => login.page(exchange);
    this.#routes = new Map<string, Route>([
      ['/', { GET: pointer, HEAD: pointer }],
      ['/health', { GET: health, HEAD: health }],
      ['/ready', { GET: ready, HEAD: ready }],
      ['/openapi.json', { GET: openApi, HEAD: openApi }],
      [mcpPath, { GET: mcp, POST: mcp, DELETE: mcp }],
      ['/v1/changes', { GET: inside((exchange, caller) => changes.answer(exchange, caller)) }],
      ['/v1/events', { GET: inside((exchange, caller) => events.answer(exchange, caller)) }],
      ['/metrics', { GET: metrics, HEAD: metrics }],
      ['/v1/service-levels', { GET: inside((exchange, caller) => measured.serviceLevels(exchange, caller)) }],
      [loginPath, { GET: page, HEAD: page, POST: (exchange) => login.enter(exchange) }],
      ['/logout', { POST: async (exchange) => login.leave(exchange) }],
      [
        '/v1/login',
        {
          GET: inside(async (exchange, caller) => login.who(exchange, caller)),
          POST: inside((exchange, caller) => login.offer(exchange, caller)),
        },
      ],
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
    } finally {
      if (exchange.principal !== undefined) this.#callers.end(exchange.principal);
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

  #route(exchange: Exchange): Promise<void> | void {
    const { headers, rawHeaders, method = '', url = '' } = exchange.request;
    const visitor = this.#visitors.refusal(headers) ?? refuseSecondHost(rawHeaders);
    if (visitor !== undefined) return exchange.refuse(visitor);
    if (url.startsWith(operationsPath)) return this.#operation(exchange, url.slice(operationsPath.length));
    const query = url.indexOf('?');
    const asked = query < 0 ? url : url.slice(0, query);
    // People paste the address of MCP with a slash at its end.
    const path = asked.startsWith(`${mcpPath}/`) && asked.endsWith('/') ? asked.slice(0, -1) : asked;
    const route = this.#routes.get(path);
    if (route === undefined && path.startsWith(`${mcpPath}/`)) return this.#mcpIn(exchange, path);
    const described = route === undefined ? describedBy(path) : undefined;
    if (described !== undefined) return this.#describeResource(exchange, path, described);
    if (route === undefined) return exchange.refuse(unknownRoute(path));
    const handler = Object.hasOwn(route, method) ? route[method] : undefined;
    return handler === undefined ? refuseMethod(exchange, path, Object.keys(route)) : handler(exchange);
  }

  #operation(exchange: Exchange, name: string): Promise<void> | void {
    if (exchange.request.method !== 'POST')
      return refuseMethod(exchange, `${operationsPath}<name>`, ['POST']);
    const admitted = this.#admit(exchange);
    if (!(admitted instanceof Promise)) return this.#operationFor(exchange, admitted, name);
    return admitted.then((caller) => this.#operationFor(exchange, caller, name));
  }

  #operationFor(exchange: Exchange, caller: Caller | undefined, operation: string): Promise<void> | void {
    if (caller === undefined) return;
    const narrow = refuseScopes(this.#options, caller, operation);
    if (narrow !== undefined) return this.#refuse(exchange, narrow);
    if (operation.includes('?')) return exchange.refuse(queryRefusal);
    if (!this.#hasRoom(exchange, caller)) return;
    return answerOperation(this.#options, { exchange, caller, operation });
  }

  /** MCP at an address that says which tools are wanted. */
  async #mcpIn(exchange: Exchange, path: string): Promise<void> {
    const mode = path.slice(mcpPath.length + 1);
    if (!modePattern.test(mode)) return exchange.refuseRpc(unknownRoute(path));
    if (!mcpMethods.includes(exchange.request.method ?? '')) return refuseMethod(exchange, path, mcpMethods);
    return this.#mcp(exchange, mode);
  }

  async #mcp(exchange: Exchange, mode: string | undefined): Promise<void> {
    // A browser that came in by its cookie is a person's, and what speaks MCP is a program.
    const refuseWith: RefuseWith = (refusal, headers) => exchange.refuseRpc(refusal, headers);
    const caller = await this.#admit(exchange, refuseWith, false);
    if (caller !== undefined && this.#hasRoom(exchange, caller, refuseWith))
      await this.#mcpFor(exchange, caller, mode);
  }

  async #mcpFor(exchange: Exchange, caller: Caller, mode: string | undefined): Promise<void> {
    const { mcp } = this.#options;
    const { request, response } = exchange;
    const call = readCallHeaders(request.headers, caller);
    if (!call.ok) return exchange.refuseRpc(call);
    const workspace = workspaceAt(request.url ?? '', call.value.workspace);
    if (!workspace.ok) return exchange.refuseRpc(workspace);
    const refused = this.#options.hub.refuses?.(caller, workspace.value, 'mcp');
    if (refused !== undefined) return exchange.refuseRpc(refused);
    let body: unknown;
    if (request.method === 'POST') {
      const bytes = await exchange.body();
      if (bytes === undefined) return;
      const parsed = bytes.ok ? parseJson(bytes.value, 'body') : bytes;
      if (!parsed.ok) return exchange.refuseRpc(parsed);
      body = parsed.value;
    }
    const narrow = refuseScopes(this.#options, caller, toolIn(body));
    if (narrow !== undefined)
      return this.#refuse(exchange, narrow, (refusal, more) => exchange.refuseRpc(refusal, more));
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

  /** Whether not too much is under way for whoever asks; the refusal is on its way if so. Taken until it is answered. */
  #hasRoom(
    exchange: Exchange,
    { principal }: Caller,
    refuseWith: RefuseWith = (refusal, headers) => exchange.refuse(refusal, headers),
  ): boolean {
    const refused = this.#callers.begin(principal);
    if (refused === undefined) exchange.principal = principal;
    else refuseWith(refused, retryHeaders(refused));
    return refused === undefined;
  }

  /** Who asks; undefined once a refusal is on its way. At once where nothing has to be asked elsewhere. */
  #admit(
    exchange: Exchange,
    refuseWith?: RefuseWith,
    browsers = true,
  ): Caller | undefined | Promise<Caller | undefined> {
    const credentials = credentialsOf(
      exchange.request,
      this.#options.exposure,
      browsers ? this.#visitors : undefined,
    );
    const settle = (caller: Outcome<Caller>): Caller | undefined => {
      if (caller.ok) return caller.value;
      this.#refuse(exchange, caller, refuseWith);
      return undefined;
    };
    const admitted = this.#options.gate.admit(credentials);
    return admitted instanceof Promise ? admitted.then(settle) : settle(admitted);
  }

  #refuse(
    exchange: Exchange,
    refusal: Refusal,
    refuseWith: RefuseWith = (each, headers) => exchange.refuse(each, headers),
  ): void {
    const { request } = exchange;
    const { protectedResource } = this.#options.gate;
    const told = protectedResource && challengeFor(protectedResource, refusal, request);
    refuseWith(refusal, refusedHeaders(refusal, request.headers, told));
  }

  /** Where tokens for this hub are made, for everybody. */
  #describeResource(exchange: Exchange, path: string, described: string): void {
    const { protectedResource } = this.#options.gate;
    const { method = '' } = exchange.request;
    if (protectedResource === undefined) return exchange.refuse(unknownRoute(path));
    if (method !== 'GET' && method !== 'HEAD') return refuseMethod(exchange, path, ['GET', 'HEAD']);
    exchange.json(200, JSON.stringify(resourceMetadata(protectedResource, exchange.request, described)));
  }

  async #health(exchange: Exchange): Promise<void> {
    const known = await this.#known(exchange);
    const told = await this.#options.hub.health(known);
    const health: HubHealth = exchange.closing ? { ...told, status: 'stopping' } : told;
    const { id, version, status, loss_window } = health;
    const window = loss_window === undefined ? {} : { loss_window };
    const shown = known === undefined ? { status, id, version, ...window } : health;
    exchange.json(canStore(health) ? 200 : 503, JSON.stringify(shown));
  }

  /** Whether a change could be stored now. Answered at once, also while calls wait for the journals to be open. */
  async #ready(exchange: Exchange): Promise<void> {
    const { hub } = this.#options;
    const phase = hub.phase?.() ?? 'open';
    const found = exchange.closing || phase === 'stopping' ? 'stopping' : await reasonAgainst(hub, phase);
    const reason = found === faulty ? await this.#faultsFor(exchange) : found;
    exchange.json(reason === null ? 200 : 503, JSON.stringify({ ready: reason === null, reason }));
  }

  /** What workspaces there are is nobody's business who may not come in. */
  async #faultsFor(exchange: Exchange): Promise<string> {
    const known = await this.#known(exchange);
    const { workspaces } = known === undefined ? { workspaces: [] } : await this.#options.hub.health(known);
    const faults = workspaces
      .filter(({ writable }) => !writable)
      .map(({ name, reason }) => `${name}: ${reason ?? 'cannot be written'}`);
    return faults.length === 0 ? faulty : faults.join('; ');
  }

  /** Who asks what everybody may ask, if they could come in as well. */
  async #known({ request }: Exchange): Promise<Caller | undefined> {
    const credentials = credentialsOf(request, this.#options.exposure, this.#visitors);
    const admitted = await this.#options.gate.admit({ ...credentials, public: true });
    return admitted.ok ? admitted.value : undefined;
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

const faulty = 'a workspace cannot be written';

/** Why nothing could be stored now, in words that name no workspace; null when it could. */
const reasonAgainst = async (hub: Hub, phase: 'opening' | 'open'): Promise<string | null> => {
  if (phase === 'opening') return 'the journals are being opened';
  const health = await hub.health();
  if (canStore(health)) return null;
  return health.status === 'stopping' ? health.status : faulty;
};

/** What is amiss besides is told, and no reason to send calls elsewhere. */
const canStore = ({ status, writable }: Pick<HubHealth, 'status' | 'writable'>): boolean =>
  status === 'ok' || (status === 'degraded' && writable === true);

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
