import { choiceForm, encryptionKeyForm, switchForm, textForm } from './forms.ts';
import { clusterForm, databaseForm } from './store-forms.ts';

export const stores = ['sqlite', 'postgres', 'redis'] as const;

export type StoreName = (typeof stores)[number];

/** What says where the journals are kept. */
export const storeKeys = {
  'data-dir': {
    variable: 'SIGNALBOX_DATA_DIR',
    placeholder: 'DIR',
    meaning: '$XDG_DATA_HOME/signalbox',
    description:
      'The folder that holds the journals. Without it, signalbox in $XDG_DATA_HOME, which is ~/.local/share if it is not set. What can be made anew lies in signalbox in $XDG_CACHE_HOME (~/.cache), or in the folder `cache` of a data directory that was named.',
    form: textForm,
    example: '~/.local/share/signalbox',
    files: 'own',
  },
  store: {
    variable: 'SIGNALBOX_STORE',
    placeholder: 'NAME',
    meaning: 'sqlite; or postgres, redis: keeps the journals',
    description:
      'What keeps the journals: sqlite, a file in the data directory for each workspace, and nothing else is needed; postgres or redis, a server that several hubs share. docs/databases.md says how to choose and set one up.',
    form: choiceForm(stores),
    default: 'sqlite',
    files: 'own',
  },
  'postgres-url': {
    variable: 'SIGNALBOX_POSTGRES_URL',
    placeholder: 'URL',
    meaning: 'the database of the store postgres',
    description:
      'The PostgreSQL database (14 or newer) that keeps the journals when store is postgres, as postgres://USER:PASSWORD@HOST:PORT/DATABASE. TLS is asked for in it: ?sslmode=verify-full&sslrootcert=FILE. Where it is not said, DATABASE_URL counts, then RAILWAY_PG_URL; neither is looked at while store is another. It may be a reference, and in a file it has to be one.',
    form: databaseForm('postgres', 'postgresql'),
    example: 'op://Team/Signalbox/postgres',
    files: 'own',
    secret: true,
  },
  'redis-url': {
    variable: 'SIGNALBOX_REDIS_URL',
    placeholder: 'URL',
    meaning: 'the server of the store redis',
    description:
      'The server, Redis 7 or Valkey, that keeps the journals when store is redis, as redis://USER:PASSWORD@HOST:PORT/NUMBER, or rediss:// with TLS. Where it is not said, REDIS_URL counts, which is not looked at while store is another. It may be a reference, and in a file it has to be one.',
    form: databaseForm('redis', 'rediss'),
    example: 'op://Team/Signalbox/redis',
    files: 'own',
    secret: true,
  },
  cluster: {
    variable: 'SIGNALBOX_CLUSTER',
    placeholder: 'NAME',
    meaning: 'signalbox: hubs of a database that belong together',
    description:
      'Hubs that name the same cluster of one database share its journals; those of different clusters never meet. It is the schema in PostgreSQL and the beginning of each key in Redis.',
    form: clusterForm,
    default: 'signalbox',
    files: 'own',
  },
  archives: {
    variable: 'SIGNALBOX_ARCHIVES',
    placeholder: 'DIR',
    meaning: 'where compact keeps older entries',
    description:
      'The folder of archives, into which `signalbox compact` moves the older entries of journals, and from which every hub and command reads them. Without it, the folder `archives` of the data directory when store is sqlite. The machines of a cluster that share postgres or redis have to share this folder too: each has to mount it and set it, else compact is refused.',
    form: textForm,
    example: '/mnt/signalbox/archives',
    files: 'own',
  },
  'accept-data-loss-window': {
    variable: 'SIGNALBOX_ACCEPT_DATA_LOSS_WINDOW',
    placeholder: undefined,
    meaning: 'takes a Redis that may lose the last second',
    description:
      'Lets the store redis be used although its server does not write each change to disk before it answers, or does not say whether it does. If it dies, the last changes that were acknowledged may be gone; /health says so. Without it such a server is refused.',
    form: switchForm,
    default: 'false',
    files: 'own',
  },
  'encryption-key': {
    variable: 'SIGNALBOX_ENCRYPTION_KEY',
    placeholder: 'KEY',
    meaning: 'encrypts what is stored; better a reference to it',
    description:
      'The key with which entries and snapshots are encrypted: 32 bytes in base64 or hex, as `signalbox encryption generate-key` makes them. Several stand on lines of their own, or with commas between them, and the first encrypts what is new. It may be a reference, and in a file it has to be one: `${NAME}`, `file:PATH`, `cmd:COMMAND` or `op://VAULT/ITEM/FIELD`. docs/encryption.md says more.',
    form: encryptionKeyForm,
    example: 'file:~/.config/signalbox/encryption.keys',
    files: 'own',
    secret: true,
    neverEmpty: true,
  },
} as const;

export type StoreKeyName = keyof typeof storeKeys;

/** Those that a flag may say, besides the data directory: for every command that may open the journals itself. */
export const storeFlagNames = ['store', 'cluster', 'archives', 'accept-data-loss-window'] as const;
