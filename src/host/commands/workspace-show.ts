import type { Command } from './command.ts';

export const workspaceShow: Command = {
  name: 'workspace show',
  summary: 'which workspace calls from here go to, and why',
  words: '',
  keys: ['data-dir', 'workspace', 'url'],
  flags: [],
  example: 'signalbox workspace show',
  run: async (given) => (await import('../show-workspace.ts')).showWorkspace(given),
};
