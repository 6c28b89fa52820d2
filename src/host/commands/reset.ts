import { storeFlagNames } from '../configuration/store-keys.ts';
import type { Command } from './command.ts';
import { yesFlag } from './flags.ts';

export const reset: Command = {
  name: 'reset',
  summary: 'lets a workspace begin anew, empty, after backing up everything',
  words: '',
  keys: ['data-dir', ...storeFlagNames, 'workspace'],
  flags: [yesFlag],
  example: 'signalbox reset --workspace scratch',
  run: async (given) => (await import('../upkeep/reset.ts')).resetWorkspace(given),
};
