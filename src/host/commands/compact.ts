import { storeFlagNames } from '../configuration/store-keys.ts';
import type { Command } from './command.ts';
import { ofFlag } from './flags.ts';

export const compact: Command = {
  name: 'compact',
  summary: 'moves the older entries of a journal into an archive file, which stays part of it',
  words: '',
  keys: ['data-dir', ...storeFlagNames, 'workspace'],
  flags: [
    ofFlag,
    {
      name: 'keep',
      placeholder: 'N',
      meaning: 'how many of the latest entries stay in the journal: 1000 unless said',
    },
    {
      name: 'first',
      placeholder: undefined,
      meaning: 'the first archive of a cluster: says that every machine mounts this folder',
    },
  ],
  example: 'signalbox compact --workspace main',
  run: async (given) => (await import('../upkeep/compact.ts')).compactJournal(given),
};
