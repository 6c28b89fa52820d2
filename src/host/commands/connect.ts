import type { Command } from './command.ts';
import { envFileFlag } from './flags.ts';

export const connect: Command = {
  name: 'connect',
  summary:
    'puts Signalbox among the MCP servers of a client, with a token made for it, after showing the change',
  words: 'claude|codex',
  keys: ['data-dir'],
  flags: [
    {
      name: 'project',
      placeholder: undefined,
      meaning: 'in the file of this project, which others share, instead of your own',
    },
    { name: 'undo', placeholder: undefined, meaning: 'takes away what it has put there' },
    {
      name: 'yes',
      placeholder: undefined,
      meaning: 'writes without asking, but a token is made only by who confirms it at a terminal',
    },
    envFileFlag,
  ],
  example: 'signalbox connect claude',
  run: async (given) => (await import('../connect/connect.ts')).connectClient(given),
};
