import { stores } from '../configuration/store-keys.ts';
import type { Command } from './command.ts';

const kinds = stores.join('|');

export const migrate: Command = {
  name: 'migrate',
  summary: 'copies all journals from one kind of store to another, and compares each entry',
  words: '',
  keys: ['data-dir', 'cluster', 'archives', 'accept-data-loss-window'],
  flags: [
    { name: 'from', placeholder: kinds, meaning: 'the store that has the journals', choices: stores },
    { name: 'to', placeholder: kinds, meaning: 'the store that gets them', choices: stores },
    {
      name: 'from-url',
      placeholder: 'URL',
      meaning: 'its database, or data directory, when not the configured one',
    },
    {
      name: 'to-url',
      placeholder: 'URL',
      meaning: 'its database, or data directory, when not the configured one',
    },
    { name: 'from-cluster', placeholder: 'NAME', meaning: 'its cluster, when not the configured one' },
    { name: 'to-cluster', placeholder: 'NAME', meaning: 'its cluster, when not the configured one' },
  ],
  example: 'signalbox migrate --from sqlite --to postgres',
  run: async (given) => (await import('../upkeep/migrate.ts')).migrate(given),
};
