import type { Command } from './command.ts';

export const workspaceUse: Command = {
  name: 'workspace use',
  summary: 'chooses the workspace of this git repository, for all its worktrees',
  words: 'NAME',
  keys: ['data-dir', 'url'],
  flags: [],
  example: 'signalbox workspace use shop',
  run: async (given) => (await import('../use-workspace.ts')).useWorkspace(given),
};
