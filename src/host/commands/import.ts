import { storeFlagNames } from '../configuration/store-keys.ts';
import type { Command } from './command.ts';

export const importEntries: Command = {
  name: 'import',
  summary: 'makes a new workspace with the entries of an export',
  words: 'FILE',
  keys: ['data-dir', ...storeFlagNames, 'workspace'],
  flags: [],
  example: 'signalbox import main.jsonl --workspace copy',
  run: async (given) => (await import('../upkeep/import.ts')).importJournal(given),
};
