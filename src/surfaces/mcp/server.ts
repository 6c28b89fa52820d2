import { Server } from '@modelcontextprotocol/server';
import { minuteMs } from '../../kernel/instants.ts';
import type { Hub } from '../hub.ts';
import { instructions } from './instructions.ts';
import { clientIn, clientName } from './meta.ts';
import { resourceCacheHints, serveResources } from './resources/serve.ts';
import { type Watch, capabilitiesWith } from './resources/watch.ts';
import { type ToolsOptions, serveTools } from './tools/serve.ts';

export interface McpServerOptions extends ToolsOptions {
  readonly hub: Pick<Hub, 'version' | 'call' | 'health'>;
  /** How the client hears of what changes. */
  readonly watch: Watch;
}

/** How long a client may go by what it has: instructions, and the tools of one mode, change only with the version. */
const fixedTtlMs = 5 * minuteMs;

/** The default mode can be set to another one at any time. */
const defaultListTtlMs = minuteMs;

/** One MCP server. The SDK wants one per request over HTTP, so nothing is made here that could be made before. */
export const mcpServer = (given: McpServerOptions): Server => {
  const options: McpServerOptions = {
    ...given,
    speakerOf: (context, client) => given.speakerOf(context, clientName(client ?? clientIn(context))),
  };
  const server = new Server(
    { name: 'signalbox', title: 'Signalbox', version: options.hub.version },
    {
      capabilities: capabilitiesWith(options.watch),
      instructions,
      cacheHints: {
        ...resourceCacheHints,
        'tools/list': {
          ttlMs: options.mode === undefined ? defaultListTtlMs : fixedTtlMs,
          cacheScope: 'private',
        },
        'server/discover': { ttlMs: fixedTtlMs, cacheScope: 'private' },
      },
    },
  );
  serveTools(server, options);
  serveResources(server, options);
  return server;
};
