import { Server, type ServerContext } from '@modelcontextprotocol/server';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { minuteMs } from '../../kernel/instants.ts';
import type { Hub } from '../hub.ts';
import { instructions } from './instructions.ts';
import { resourceCacheHints, serveResources } from './resources/serve.ts';
import { type Watch, capabilitiesWith } from './resources/watch.ts';
import type { Speaker } from './tools/call.ts';
import { serveTools } from './tools/serve.ts';

export interface McpServerOptions {
  readonly hub: Pick<Hub, 'version' | 'call' | 'health'>;
  readonly catalogue: Catalogue;
  /** Who makes a call; `client` is what the client calls itself. */
  readonly speakerOf: (context: ServerContext, client: string | undefined) => Speaker;
  /** How the client hears of what changes. */
  readonly watch: Watch;
}

/** How long a client may go by a list that it has: the tools change only with the version. */
const listTtlMs = 5 * minuteMs;

/** One MCP server. The SDK wants one per request over HTTP, so nothing is made here that could be made before. */
export const mcpServer = (options: McpServerOptions): Server => {
  const server = new Server(
    { name: 'signalbox', title: 'Signalbox', version: options.hub.version },
    {
      capabilities: capabilitiesWith(options.watch),
      instructions,
      cacheHints: {
        ...resourceCacheHints,
        'tools/list': { ttlMs: listTtlMs, cacheScope: 'private' },
        'server/discover': { ttlMs: listTtlMs, cacheScope: 'private' },
      },
    },
  );
  serveTools(server, options);
  serveResources(server, options);
  return server;
};
