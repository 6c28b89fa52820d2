import { type McpHttpHandler, type ServerContext, createMcpHandler } from '@modelcontextprotocol/server';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { OpenStreams } from '../../open-streams.ts';
import { metaId } from '../meta.ts';
import type { Wanted } from '../resources/followers.ts';
import { listenIn } from '../resources/listens.ts';
import type { Sink } from '../resources/updates.ts';
import type { Speaker } from '../tools/call.ts';
import { answerRefusal } from './answers.ts';
import { type McpExchange, whenOver } from './exchange.ts';
import type { Parts } from './parts.ts';
import { SpeakerNote, speakerOf } from './speakers.ts';
import { clientGone, sendWeb, webRequest } from './web.ts';

/** What serves one workspace in one mode. */
interface Station {
  readonly key: string;
  readonly handler: McpHttpHandler;
  /** Leads to all its streams, each of which takes what it asked for. */
  readonly sink: Sink;
  /** Requests that are not answered yet, open streams among them. */
  open: number;
}

/**
 * The revision without sessions: each request is answered by a server of its own. What a stream hears is not told
 * apart by the SDK, so that each workspace and mode has a handler of its own, made when it is first asked for.
 */
export class ModernEra {
  readonly #parts: Parts;
  /** The one that was not used for the longest time first. */
  readonly #stations = new Map<string, Station>();
  readonly #listeners: OpenStreams;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { listenStreamsMax: streamsMax, listenStreamsPerPrincipalMax: streamsPerPrincipalMax } =
      parts.limits;
    this.#listeners = new OpenStreams(
      { streamsMax, streamsPerPrincipalMax },
      'Close one that nobody reads, or read the resource again now and then instead.',
    );
  }

  async answer(exchange: McpExchange): Promise<void> {
    const { request, response, body, caller, workspace } = exchange;
    const found = this.#stationFor(exchange);
    if (!found.ok) return answerRefusal(response, found, { body });
    const station = found.value;
    station.open += 1;
    whenOver(response, () => (station.open -= 1));
    const listen = listenIn(body);
    if (listen !== undefined) {
      const begun = await this.#listen(exchange, station, listen.wanted);
      // In the answer itself, as the SDK refuses streams: another status would look like a server of another era.
      if (!begun.ok) return answerRefusal(response, begun, { body, status: 200 });
    }
    const gone = clientGone(response);
    const answer = await station.handler.fetch(webRequest(request, gone), {
      authInfo: new SpeakerNote({ caller, workspace, gone }),
      parsedBody: listen?.request ?? body,
    });
    await sendWeb(answer, response, listen && caller.standing);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#stations.values()].map(({ handler }) => handler.close()));
  }

  /** Sees to it that what is wanted is told, until the answer is over. */
  async #listen(
    { response, caller, workspace, mode }: McpExchange,
    { sink }: Station,
    { uris, tools }: Wanted,
  ): Promise<Outcome<unknown>> {
    const admitted = this.#listeners.admit(caller.principal);
    if (admitted.ok) whenOver(response, admitted.value);
    // The tools of a mode that the address names stay as they are.
    const wanted = { uris, tools: tools && mode === undefined };
    if (!admitted.ok || (uris.length === 0 && !wanted.tools)) return admitted;
    const following = this.#parts.updates.follow(workspace, wanted, sink);
    whenOver(response, following.end);
    return following.ready;
  }

  #stationFor({ workspace, mode }: McpExchange): Outcome<Station> {
    const key = `${workspace ?? ''}\n${mode ?? ''}`;
    const known = this.#stations.get(key);
    if (known === undefined && !this.#makeRoom()) return noRoom;
    const station = known ?? this.#build(key, { workspace, mode });
    this.#stations.delete(key);
    this.#stations.set(key, station);
    return ok(station);
  }

  /** Whether there is room for another, after dropping one that is not in use. */
  #makeRoom(): boolean {
    if (this.#stations.size < this.#parts.limits.handlersMax) return true;
    const idle = this.#stations.values().find(({ open }) => open === 0);
    return idle !== undefined && this.#stations.delete(idle.key);
  }

  #build(key: string, place: Pick<McpExchange, 'workspace' | 'mode'>): Station {
    const { hub, serverFor, report, limits } = this.#parts;
    const order = {
      ...place,
      hub,
      era: 'modern',
      speakerOf: this.#speakerOf,
      watch: { kind: 'listens' },
    } as const;
    const handler = createMcpHandler(() => serverFor(order), {
      legacy: 'reject',
      maxSubscriptions: limits.listenStreamsMax,
      onerror: report,
    });
    const { notify } = handler;
    return {
      key,
      handler,
      sink: {
        resourceUpdated: (uri) => notify.resourceUpdated(uri),
        toolsChanged: () => notify.toolsChanged(),
      },
      open: 0,
    };
  }

  readonly #speakerOf = (context: ServerContext, client: string | undefined): Speaker => {
    const { caller, workspace, gone } = speakerOf(context);
    let { connection } = caller;
    for (const member of sessionMembers) {
      const id = metaId(context, member);
      if (id !== undefined) connection ??= `${member}:${id}`;
    }
    return { caller: { ...caller, connection, client: caller.client ?? client }, workspace, gone };
  };
}

/** Ids by which clients tell their own sessions apart, in the order in which they are believed. */
const sessionMembers = ['threadId', 'sessionId'] as const;

const noRoom = refuse(
  'overloaded',
  'MCP is being used in too many workspaces and modes at once. Nothing was stored. Call again in a moment.',
);
