import {
  type McpServer,
  type RequestId,
  type Server,
  type ServerContext,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { isRecord } from '../../../kernel/json.ts';
import type { Caller } from '../../../kernel/operation.ts';
import type { Hub, HubCall } from '../../hub.ts';
import { AnswerFates, requestIdsIn } from '../answer-fates.ts';
import type { Speaker } from '../tools/call.ts';
import { answerUnknownEvent } from './answers.ts';
import { type EventLog, SessionEvents } from './events.ts';
import { type McpExchange, headerOf, opensStream, whenOver } from './exchange.ts';
import type { Parts } from './parts.ts';
import { SpeakerNote, speakerOf } from './speakers.ts';
import { ClientRequests, clientGone, sendWeb } from './web.ts';

export interface SessionOptions {
  readonly id: string;
  readonly parts: Parts;
  readonly events: EventLog;
  /** Who began it, for which workspace and in which mode. */
  readonly opening: Pick<McpExchange, 'caller' | 'workspace' | 'mode'>;
  /** The client has ended it. Called before its request is answered. */
  readonly deleted: () => Promise<void>;
}

/** As editors' language servers say it; the protocol has no number of its own. */
const requestCancelled = -32_800;

const cancelled = 'notifications/cancelled';

const cancelledSchema = z.object({
  method: z.literal(cancelled),
  params: z.object({ requestId: z.union([z.string(), z.number()]) }),
});

/** The requests that a message, or one of a batch, cancels. */
const cancelledBy = (body: unknown): readonly RequestId[] =>
  (Array.isArray(body) ? body : [body]).flatMap((message: unknown) => {
    if (!isRecord(message) || message['method'] !== cancelled) return [];
    const parsed = cancelledSchema.safeParse(message);
    return parsed.success ? [parsed.data.params.requestId] : [];
  });

/** One client of a revision with sessions. */
export class Session {
  readonly id: string;
  readonly principal: string;
  readonly workspace: string | undefined;
  readonly mode: string | undefined;
  #usedAt: number;
  #open = 0;
  readonly #parts: Parts;
  /** The calls that are under way and change something. */
  readonly #pending = new Set<Promise<unknown>>();
  readonly #events: SessionEvents;
  readonly #requests = new ClientRequests();
  readonly #fates = new AnswerFates();
  readonly #transport: WebStandardStreamableHTTPServerTransport;
  readonly #server: Server | McpServer;
  readonly #opener: Caller;

  constructor({ id, parts, events, opening, deleted }: SessionOptions) {
    const { hub, serverFor, updates, report, clock, limits } = parts;
    const { caller, workspace, mode } = opening;
    this.id = id;
    this.principal = caller.principal;
    this.workspace = workspace;
    this.mode = mode;
    this.#usedAt = clock.monotonic();
    this.#parts = parts;
    this.#opener = { ...caller, connection: caller.connection ?? `mcp:${id}` };
    this.#events = new SessionEvents(events);
    this.#transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      onsessionclosed: deleted,
      eventStore: this.#events,
      retryInterval: limits.streamRetryMs,
    });
    this.#transport.onerror = report;
    this.#server = serverFor({
      era: 'legacy',
      workspace,
      mode,
      hub: { version: hub.version, call: (call) => this.#call(call), health: () => hub.health() },
      speakerOf: this.#speakerOf,
      watch: { kind: 'connection', updates, workspace, toolsMayChange: mode === undefined },
    });
  }

  connect(): Promise<void> {
    return this.#server.connect(this.#transport);
  }

  /** Whether the client was let in. */
  get begun(): boolean {
    return this.#transport.sessionId !== undefined;
  }

  /** Whether a request of it is being answered or a stream is open. */
  get busy(): boolean {
    return this.#open > 0;
  }

  /** When it was last used, on the monotonic clock. */
  get usedAt(): number {
    return this.#usedAt;
  }

  isOf({ caller, workspace, mode }: McpExchange): boolean {
    const isOpener = caller.principal === this.principal && caller.token === this.#opener.token;
    return isOpener && workspace === this.workspace && mode === this.mode;
  }

  async answer({ request, response, body, caller, workspace }: McpExchange): Promise<void> {
    if (request.method === 'GET') {
      const last = headerOf(request, 'last-event-id');
      if (last !== undefined && !this.#events.resumes(last)) return answerUnknownEvent(response);
      // A client that opens its stream again has lost the one before, whether this end has noticed or not.
      if (opensStream(request)) this.#transport.closeStandaloneSSEStream();
    }
    this.#use(1);
    const asked = requestIdsIn(body);
    for (const id of asked) this.#fates.begin(id);
    whenOver(response, () => this.#use(-1));
    // What a client may still ask for again is told again as well: it need not come back.
    clientGone(response).addEventListener('abort', () => {
      for (const id of asked) this.#fates.lost(id);
    });
    const cancelling = cancelledBy(body);
    for (const id of cancelling) this.#fates.lost(id);
    const answer = await this.#transport.handleRequest(this.#requests.of(request), {
      authInfo: new SpeakerNote({ caller, workspace }),
      parsedBody: body,
    });
    const sent = sendWeb(answer, response, request.method === 'GET' ? caller.standing : undefined);
    for (const id of cancelling) await this.#giveUp(id);
    await sent;
  }

  /**
   * Ends the stream of a request that was cancelled. The SDK answers such a request no more and would keep its stream open
   * for as long as the client does; an answer is what ends it, also for a client that asks for the rest of it later.
   */
  async #giveUp(id: RequestId): Promise<void> {
    const error = { code: requestCancelled, message: 'This request was cancelled.' };
    try {
      await this.#transport.send({ jsonrpc: '2.0', id, error });
    } catch (thrown) {
      // It had its answer before.
      this.#parts.report(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  /** Ends its streams, and the calls that are under way. */
  async close(): Promise<void> {
    await this.#server.close();
    this.#events.clear();
  }

  /** Tells the hub that the client is gone, once it has answered what the client had asked. */
  async disconnect(): Promise<void> {
    const { hub, log } = this.#parts;
    // A start that is still under way would open a session of the agent after it was ended.
    await Promise.allSettled(this.#pending);
    try {
      await hub.disconnect(this.#opener, this.workspace);
    } catch (thrown) {
      log.error('the session of an MCP client could not be ended', thrown);
    }
  }

  #call(call: HubCall): ReturnType<Hub['call']> {
    const reply = this.#parts.hub.call(call);
    if (this.#parts.reads(call.operation)) return reply;
    this.#pending.add(reply);
    const forget = (): void => void this.#pending.delete(reply);
    reply.then(forget, forget);
    return reply;
  }

  #use(opened: 1 | -1): void {
    this.#open += opened;
    this.#usedAt = this.#parts.clock.monotonic();
  }

  readonly #speakerOf = (context: ServerContext, client: string | undefined): Speaker => {
    const { caller, workspace } = speakerOf(context);
    return {
      caller: {
        ...caller,
        connection: caller.connection ?? this.#opener.connection,
        client: caller.client ?? client,
      },
      workspace,
      gone: this.#fates.of(context.mcpReq.id),
    };
  };
}
