import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { systemClock } from '../../engine/clock.ts';
import type { Log } from '../../engine/log.ts';
import { secondMs } from '../../kernel/instants.ts';
import { isRecord } from '../../kernel/json.ts';
import { repeatable } from '../../kernel/text.ts';
import { unquoted } from '../../kernel/unquoted.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Hub, HubCall } from '../hub.ts';
import { within } from '../pause.ts';
import { sayingLost } from './lost-answers.ts';
import { withPending } from './pending-calls.ts';
import { Pipe } from './pipe.ts';
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
    kind: 'agent',
    agent: undefined,
    session: undefined,
    connection: `stdio:${randomUUID()}`,
    client: undefined,
  };
  const pipe = new Pipe(input, output);
  const call = sayingLost(pending);
  const updates = new Updates(hub, systemClock);
  const handle = serveStdio(
    ({ era }) =>
      mcpServer({
        hub: {
          version: hub.version,
          call: (asked) => call(named(asked, agent)),
          health: () => hub.health(),
        },
        catalogue,
        mode,
        speakerOf: ({ mcpReq }, client) => ({
          caller: { ...caller, client },
          workspace,
          gone: pipe.fates.of(mcpReq.id),
        }),
        watch:
          era === 'modern'
            ? { kind: 'listens' }
            : { kind: 'connection', updates, workspace, toolsMayChange: mode === undefined },
      }),
    {
      transport: new ListeningTransport(pipe, { updates, workspace }),
      onerror: (error) => log.warn(`MCP over stdio: ${inOneLine(unquoted(error.message))}`),
    },
  );
  const finish = async (): Promise<void> => {
    await pipe.ended;
    await within(answersAfterEndMs, pipe.answered());
    pending.cutShort();
    await within(lastAnswersMs, pipe.answered());
    await handle.close();
  };
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
  void finish();
  return { done: leave(), close: () => handle.close() };
};

/**
 * How long calls that are under way when stdin ends may still take, and how long the answers of those that are then cut
 * short: enough for `printf ... | signalbox mcp`, and little for who waits for this process to end.
 */
const answersAfterEndMs = 5 * secondMs;
const lastAnswersMs = secondMs;

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

const faultCharactersMax = 200;

/** The SDK tells of a message that it cannot read in many lines, and may quote it. */
const inOneLine = (text: string): string => repeatable(text.replaceAll(/\s+/g, ' '), faultCharactersMax);
