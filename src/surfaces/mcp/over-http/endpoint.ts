import type { Catalogue } from '../../../catalogue/catalogue.ts';
import type { Clock } from '../../../engine/clock.ts';
import type { Log } from '../../../engine/log.ts';
import { refuse } from '../../../kernel/errors.ts';
import type { Hub } from '../../hub.ts';
import { Updates } from '../resources/followers.ts';
import { mcpServer } from '../server.ts';
import { answerRefusal } from './answers.ts';
import { eraOf } from './era.ts';
import type { McpExchange } from './exchange.ts';
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
  const parts: Parts = {
    hub,
    clock,
    log,
    limits: { ...defaults, ...options.limits },
    report: (error) => log.info(`MCP over HTTP: ${error.message}`),
    serverFor: options.serverFor ?? ((order) => mcpServer({ ...order, catalogue })),
    updates: new Updates(hub, clock),
  };
  const modern = new ModernEra(parts);
  const legacy = new LegacyEra(parts);
  let closed: Promise<unknown> | undefined;
  return {
    handle: async (exchange) => {
      const { response, body, mode: named } = exchange;
      if (closed !== undefined) return answerRefusal(response, stopping, { body });
      const mode = named === undefined ? undefined : catalogue.exposure.parse(named);
      if (mode?.ok === false) return answerRefusal(response, mode, { body });
      // Two ways to write one mode have one name.
      await (eraOf(exchange) === 'legacy' ? legacy : modern).answer({ ...exchange, mode: mode?.value.name });
    },
    close: async () => {
      closed ??= Promise.all([modern.close(), legacy.close()]);
      await closed;
    },
  };
};

const stopping = refuse(
  'stopping',
  'This Signalbox process is stopping. Nothing was stored. Call again in a moment.',
);
