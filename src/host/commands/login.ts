import type { Command } from './command.ts';
import { envFileFlag } from './flags.ts';

export const login: Command = {
  name: 'login',
  summary: 'a link by which you come in with a browser',
  words: '',
  keys: ['data-dir', 'url'],
  flags: [envFileFlag],
  example: 'signalbox login',
  run: async ({ configuration, terminal }) =>
    (await import('../login.ts')).offerLogin(configuration.settings, terminal),
};
