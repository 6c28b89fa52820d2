import type { ServerResponse } from 'node:http';
import type { Catalogue } from '../../../catalogue/catalogue.ts';
import type { Clock } from '../../../engine/clock.ts';
import type { Log } from '../../../engine/log.ts';
import { refuse } from '../../../kernel/errors.ts';
import { isRecord } from '../../../kernel/json.ts';
import { unquoted } from '../../../kernel/unquoted.ts';
import type { Hub, HubCall } from '../../hub.ts';
import { within } from '../../pause.ts';
import { whileClosing } from '../../cut-short.ts';
import { withPending } from '../pending-calls.ts';
import { Updates } from '../resources/followers.ts';
import { mcpServer } from '../server.ts';
import { answerRefusal } from './answers.ts';
import { eraOf } from './era.ts';
import { type McpExchange, whenOver } from './exchange.ts';
import { type Limits, limits as defaults } from './limits.ts';
import { ModernEra } from './modern.ts';
import type { Parts } from './parts.ts';
import { LegacyEra } from './sessions.ts';

export interface McpOverHttpOptions extends Partial<Pick<Parts, 'serverFor'>> {
  readonly hub: Hub;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<Limits>;
}

/** What the HTTP surface mounts. */
export interface McpOverHttp {
  readonly handle: (exchange: McpExchange) => Promise<void>;
  /** Ends all streams and sessions. What comes later is refused. */
  readonly close: () => Promise<void>;
}

/** MCP over Streamable HTTP at one address: the revision without sessions and those with. */
export const mcpOverHttp = (options: McpOverHttpOptions): McpOverHttp => {
  const { hub, catalogue, clock, log } = options;
  const pending = withPending(hub);
  const answering = new Answering();
  let closed: Promise<unknown> | undefined;
  const reads = (name: string): boolean => {
    const operation = catalogue.find(name);
    return operation.ok && operation.value.kind === 'query' && !operation.value.waits;
  };
  // What only reads waits for nothing, and need not be cut short. The SDK ends the signal of a call that is answered.
  const callOf = (call: HubCall): ReturnType<Hub['call']> =>
    reads(call.operation) ? hub.call({ ...call, signal: undefined }) : pending.call(call);
  const parts: Parts = {
    hub: {
      version: hub.version,
      call: async (call) => {
        const reply = await (closed === undefined
          ? callOf(call)
          : pending.call({ ...call, signal: AbortSignal.abort() }));
        return reply.ok || closed === undefined ? reply : whileClosing(reply);
      },
      disconnect: (caller, workspace) => hub.disconnect(caller, workspace),
      health: () => hub.health(),
    },
    reads,
    clock,
    log,
    limits: { ...defaults, ...options.limits },
    report: (error) => log.info(`MCP over HTTP: ${unquoted(error.message)}`),
    serverFor: options.serverFor ?? ((order) => mcpServer({ ...order, catalogue })),
    updates: new Updates(hub, clock),
  };
  const modern = new ModernEra(parts);
  const legacy = new LegacyEra(parts);
  const close = async (): Promise<void> => {
    pending.cutShort();
    // The SDK answers nothing any more once it is told to close.
    await within(parts.limits.lastAnswersMs, answering.over());
    await Promise.all([modern.close(), legacy.close()]);
  };
  return {
    handle: async (exchange) => {
      const { response, body, mode: named } = exchange;
      if (closed !== undefined) return answerRefusal(response, stopping, { body });
      const mode = named === undefined ? undefined : catalogue.exposure.parse(named);
      if (mode?.ok === false) return answerRefusal(response, mode, { body });
      if (isAnswered(exchange)) answering.begin(response);
      // Two ways to write one mode have one name.
      await (eraOf(exchange) === 'legacy' ? legacy : modern).answer({ ...exchange, mode: mode?.value.name });
    },
    close: async () => {
      closed ??= close();
      await closed;
    },
  };
};

/** The answers that are under way. */
class Answering {
  #count = 0;
  #told: (() => void) | undefined;

  begin(response: ServerResponse): void {
    this.#count += 1;
    whenOver(response, () => {
      this.#count -= 1;
      if (this.#count === 0) this.#told?.();
    });
  }

  /** Resolves when all of them are over; none begins any more. */
  async over(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((told) => (this.#told = told));
  }
}

/** Whether this comes to an end by itself, as a stream does not. */
const isAnswered = ({ request, body }: McpExchange): boolean =>
  request.method === 'POST' && !(isRecord(body) && body['method'] === 'subscriptions/listen');

const stopping = refuse(
  'stopping',
  'This Signalbox process is stopping. Nothing was stored. Call again in a moment.',
);
