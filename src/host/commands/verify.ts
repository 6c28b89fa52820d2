import { storeFlagNames } from '../configuration/store-keys.ts';
import type { Command } from './command.ts';
import { ofFlag } from './flags.ts';

export const verify: Command = {
  name: 'verify',
  summary: 'checks the journal of a workspace, or of the hub, and names the first bad entry',
  words: '',
  keys: ['data-dir', ...storeFlagNames, 'workspace'],
  flags: [
    ofFlag,
    {
      name: 'checkpoint',
      placeholder: 'FILE',
      meaning: 'also proves that nothing up to this checkpoint was cut or changed',
    },
    { name: 'key', placeholder: 'PUBLICKEY', meaning: 'the key that the checkpoint must be signed with' },
  ],
  example: 'signalbox verify --workspace main',
  run: async (given) => (await import('../verify.ts')).verifyJournal(given),
};
