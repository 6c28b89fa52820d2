import { join } from 'node:path';
import type { Secret } from '../secrets/secret.ts';
import { switchIn } from './forms.ts';
import type { KeyName } from './keys.ts';
import { type StoreName, stores } from './store-keys.ts';

/** What keeps the journals, and where. Whether a database is named that is needed is found when it is opened. */
export interface StoreSettings {
  readonly kind: StoreName;
  /** Of the database, when that was said. */
  readonly url: Secret | undefined;
  readonly cluster: string;
  /** The folder of archives, when that was said. */
  readonly archives: string | undefined;
  readonly acceptDataLossWindow: boolean;
}

/** The folder of archives; undefined where several machines share the journals and it was not said. */
export const archivesFolder = ({
  dataDir,
  store: { kind, archives },
}: {
  readonly dataDir: string;
  readonly store: StoreSettings;
}): string | undefined => archives ?? (kind === 'sqlite' ? join(dataDir, 'archives') : undefined);

type DatabaseKey = Extract<KeyName, 'postgres-url' | 'redis-url'>;

/** The key that names the database of a store. */
export const databaseKeys: Readonly<Record<Exclude<StoreName, 'sqlite'>, DatabaseKey>> = {
  postgres: 'postgres-url',
  redis: 'redis-url',
};

/** The variables in which platforms say where a database is. They count only for the store that was chosen. */
export const platformVariables: Readonly<Record<DatabaseKey, readonly string[]>> = {
  'postgres-url': ['DATABASE_URL', 'RAILWAY_PG_URL'],
  'redis-url': ['REDIS_URL'],
};

export const storeNameIn = (text: string | undefined): StoreName =>
  stores.find((name) => name === text) ?? 'sqlite';

export const storeSettingsOf = (
  values: ReadonlyMap<KeyName, string>,
  secret: (name: DatabaseKey) => Secret | undefined,
): StoreSettings => {
  const kind = storeNameIn(values.get('store'));
  return {
    kind,
    url: kind === 'sqlite' ? undefined : secret(databaseKeys[kind]),
    cluster: values.get('cluster') ?? '',
    archives: values.get('archives'),
    acceptDataLossWindow: switchIn(values.get('accept-data-loss-window') ?? '') ?? false,
  };
};
