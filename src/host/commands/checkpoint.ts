import { storeFlagNames } from '../configuration/store-keys.ts';
import type { Command } from './command.ts';
import { ofFlag } from './flags.ts';

export const checkpoint: Command = {
  name: 'checkpoint',
  summary: 'signs how far the journal of a workspace, or of the hub, has come, to be kept elsewhere',
  words: '',
  keys: ['data-dir', ...storeFlagNames, 'workspace'],
  flags: [ofFlag, { name: 'out', placeholder: 'FILE', meaning: 'where to write it; else to stdout' }],
  example: 'signalbox checkpoint --workspace main --out main.checkpoint',
  run: async (given) => (await import('../checkpoint/write.ts')).writeCheckpoint(given),
};
