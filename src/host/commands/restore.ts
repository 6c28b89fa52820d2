import { storeFlagNames } from '../configuration/store-keys.ts';
import type { Command } from './command.ts';
import { yesFlag } from './flags.ts';

export const restore: Command = {
  name: 'restore',
  summary: 'brings back the journals of a backup, after backing up those that are there',
  words: 'FILE',
  keys: ['data-dir', ...storeFlagNames],
  flags: [
    yesFlag,
    {
      name: 'no-backup',
      placeholder: undefined,
      meaning: 'what is there is not backed up first, for instance because it is damaged',
    },
    {
      name: 'keys',
      placeholder: 'FILE',
      meaning: 'the keys of personal text; else FILE.keys beside the backup',
    },
    {
      name: 'without-keys',
      placeholder: undefined,
      meaning: 'goes on although keys of personal text are missing',
    },
  ],
  example: 'signalbox restore board.jsonl.gz --store sqlite --data-dir ./restored',
  run: async (given) => (await import('../upkeep/restore/restore.ts')).restoreBackup(given),
};
