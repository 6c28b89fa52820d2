import type { McpEndpoint } from '../surfaces/http/router.ts';
import type { McpOverHttpOptions } from '../surfaces/mcp/over-http/endpoint.ts';

/**
 * How long after its start a hub loads what speaks MCP, if nobody has needed it by then: it makes up an eighth of the
 * start. It is not left to a first call that may come days later, when the files may be those of another version.
 */
const loadAfterMs = 1_000;

export interface LateMcp extends McpEndpoint {
  /** The hub has started. */
  readonly started: () => void;
}

/** MCP over HTTP, of which nothing is loaded before the hub has started or somebody speaks it. */
export const lateMcp = (options: McpOverHttpOptions): LateMcp => {
  const { clock, log } = options;
  let loading: Promise<McpEndpoint> | undefined;
  let isClosed = false;
  const load = async (): Promise<McpEndpoint> => {
    const { mcpOverHttp } = await import('../surfaces/mcp/over-http/endpoint.ts');
    return mcpOverHttp(options);
  };
  const loaded = async (): Promise<McpEndpoint> => {
    loading ??= load();
    try {
      return await loading;
    } catch (thrown) {
      // What could not be read may be there the next time.
      loading = undefined;
      throw thrown;
    }
  };
  let cancel = (): void => {};
  return {
    started: () => {
      cancel = clock.after(loadAfterMs, () => {
        loaded().catch((thrown: unknown) => log.error('what speaks MCP cannot be loaded', thrown));
      });
    },
    handle: async (call) => {
      const mcp = await loaded();
      // Told to close, it refuses at once.
      await Promise.all([isClosed ? mcp.close() : undefined, mcp.handle(call)]);
    },
    close: async () => {
      isClosed = true;
      cancel();
      // Whoever wanted it was told why it could not be loaded.
      const mcp = await loading?.catch(() => undefined);
      await mcp?.close();
    },
  };
};
