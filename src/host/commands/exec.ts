import type { Command } from './command.ts';

export const exec: Command = {
  name: 'exec',
  summary: 'runs a command with secrets in its environment, and ends with its exit code',
  words: '-- COMMAND [ARG...]',
  keys: [],
  flags: [
    {
      name: 'env-file',
      placeholder: 'FILE',
      meaning:
        'NAME=value lines; a value may be ${NAME}, file:PATH, cmd:COMMAND or op://VAULT/ITEM/FIELD; later files win',
      many: true,
    },
  ],
  example: 'signalbox exec --env-file agent.env -- claude',
  run: async (given) => (await import('../exec/exec.ts')).execute(given),
};
