import type { Command } from './command.ts';

export const verify: Command = {
  name: 'verify',
  summary: 'checks the journal of a workspace and names the first bad entry',
  words: '',
  keys: ['data-dir', 'store', 'workspace'],
  flags: [],
  example: 'signalbox verify --workspace main',
  run: async (given) => (await import('../verify.ts')).verifyWorkspace(given),
};
