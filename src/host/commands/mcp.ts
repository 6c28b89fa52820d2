import type { Command } from './command.ts';

export const mcp: Command = {
  name: 'mcp',
  summary: 'an MCP server on stdio; uses the running hub, or opens the board itself',
  words: '',
  keys: ['data-dir', 'store', 'workspace', 'agent', 'mode', 'url'],
  flags: [],
  example: 'signalbox mcp --agent reviewer',
  run: async ({ configuration, log }) => (await import('../mcp.ts')).serveStdio(configuration.settings, log),
};
