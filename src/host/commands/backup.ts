import { storeFlagNames } from '../configuration/store-keys.ts';
import type { Command } from './command.ts';

export const backup: Command = {
  name: 'backup',
  summary: 'writes all journals into one file, from which restore brings them back',
  words: '',
  keys: ['data-dir', ...storeFlagNames],
  flags: [
    {
      name: 'out',
      placeholder: 'FILE',
      meaning: 'the file, or a folder for it; else the folder backups of the data directory',
    },
    {
      name: 'no-keys',
      placeholder: undefined,
      meaning: 'leaves out the file with the keys of personal text',
    },
  ],
  example: 'signalbox backup --out /mnt/backups',
  run: async (given) => (await import('../upkeep/backup/backup.ts')).backUp(given),
};
