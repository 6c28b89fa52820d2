import { storeFlagNames } from '../configuration/store-keys.ts';
import type { Command } from './command.ts';
import { envFileFlag } from './flags.ts';

export const mcp: Command = {
  name: 'mcp',
  summary: 'an MCP server on stdio, with or without a running hub',
  words: '',
  keys: [
    'data-dir',
    ...storeFlagNames,
    'workspace',
    'agent',
    'mode',
    'url',
    'lock-ttl',
    'lock-ttl-min',
    'lock-ttl-max',
  ],
  flags: [envFileFlag],
  example: 'signalbox mcp --agent reviewer',
  run: async ({ configuration, log }) => (await import('../mcp.ts')).serveStdio(configuration.settings, log),
};
