import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { systemClock } from '../../engine/clock.ts';
import type { Log } from '../../engine/log.ts';
import { isRecord } from '../../kernel/json.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Hub, HubCall } from '../hub.ts';
import { Updates } from './resources/followers.ts';
import { ListeningTransport } from './resources/listens.ts';
import { mcpServer } from './server.ts';

export interface McpOverStdioOptions {
  readonly hub: Hub;
  readonly catalogue: Catalogue;
  readonly log: Log;
  readonly principal: string;
  readonly workspace: string | undefined;
  /** The name under which a `start` that gives none begins. */
  readonly agent: string | undefined;
  /** The mode that this process was told to show; the default of the workspace when undefined. */
  readonly mode: string | undefined;
  readonly input: Readable;
  /** Carries nothing but MCP. */
  readonly output: Writable;
}

export interface McpOverStdio {
  /** Resolves once the client has gone, what it began is settled, and its session has ended. */
  readonly done: Promise<void>;
  readonly close: () => Promise<void>;
}

/** Serves one client over a pipe. The process stands for its session, which ends with it. */
export const mcpOverStdio = (options: McpOverStdioOptions): McpOverStdio => {
  const { hub, catalogue, log, principal, workspace, agent, mode, input, output } = options;
  const pending = withPending(hub);
  const caller: Caller = {
    principal,
    role: 'admin',
    agent: undefined,
    session: undefined,
    connection: `stdio:${randomUUID()}`,
    client: undefined,
  };
  const pipe = new Pipe(input, output);
  const updates = new Updates(hub, systemClock);
  const handle = serveStdio(
    ({ era }) =>
      mcpServer({
        hub: {
          version: hub.version,
          call: (asked) => pending.call(named(asked, agent)),
          health: () => hub.health(),
        },
        catalogue,
        mode,
        speakerOf: (_context, client) => ({ caller: { ...caller, client }, workspace }),
        watch:
          era === 'modern'
            ? { kind: 'listens' }
            : { kind: 'connection', updates, workspace, toolsMayChange: mode === undefined },
      }),
    {
      transport: new ListeningTransport(pipe, { updates, workspace }),
      onerror: (error) => log.info(`MCP over stdio: ${error.message}`),
    },
  );
  const leave = async (): Promise<void> => {
    await pipe.closed;
    // A start that is still under way would open the session after it was ended.
    await pending.settled();
    try {
      await hub.disconnect(caller, workspace);
    } catch (thrown) {
      log.error('the session of this process could not be ended', thrown);
    }
  };
  return { done: leave(), close: () => handle.close() };
};

/**
 * The name goes into `start` alone. Said with every call it would contradict the session of an agent that started
 * under another name, or that goes on with an earlier session.
 */
const named = (asked: HubCall, agent: string | undefined): HubCall => {
  const { operation, input } = asked;
  const lacksName =
    operation === 'start' &&
    isRecord(input) &&
    input['agent'] === undefined &&
    input['session'] === undefined;
  return agent !== undefined && lacksName ? { ...asked, input: { ...input, agent } } : asked;
};

/** The SDK's pipe, telling when it closes, whoever closes it: the client, a broken stdout or this process. */
class Pipe extends StdioServerTransport {
  readonly #closing = Promise.withResolvers<void>();
  readonly closed = this.#closing.promise;

  override async close(): Promise<void> {
    await super.close();
    this.#closing.resolve();
  }
}

/** The hub, and a way to wait for the calls of it that are under way. */
const withPending = (hub: Hub) => {
  const pending = new Set<Promise<unknown>>();
  return {
    call: (asked: HubCall): ReturnType<Hub['call']> => {
      const reply = hub.call(asked);
      pending.add(reply);
      const forget = (): void => {
        pending.delete(reply);
      };
      reply.then(forget, forget);
      return reply;
    },
    settled: async (): Promise<void> => {
      await Promise.allSettled(pending);
    },
  };
};
