import { storeFlagNames } from '../configuration/store-keys.ts';
import type { Command } from './command.ts';
import { ofFlag } from './flags.ts';

export const exportEntries: Command = {
  name: 'export',
  summary: 'writes the entries of a journal as plain JSON, one to a line',
  words: '',
  keys: ['data-dir', ...storeFlagNames, 'workspace'],
  flags: [ofFlag, { name: 'out', placeholder: 'FILE', meaning: 'where to write them; else to stdout' }],
  example: 'signalbox export --workspace main --out main.jsonl',
  run: async (given) => (await import('../upkeep/export.ts')).exportJournal(given),
};
