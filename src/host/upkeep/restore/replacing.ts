import { shellWord } from '../../../surfaces/cli/answer.ts';
import type { Settings } from '../../configuration/settings.ts';
import type { StoreSettings } from '../../configuration/store.ts';
import type { PersonsAct } from '../../confirmation.ts';
import { backupsIn } from '../backup/backup.ts';
import type { CheckedBackup } from '../backup/read.ts';

/** What a person is asked before journals are replaced. `place`: where these are. */
export const replacingAct = (
  { path, beginning }: Pick<CheckedBackup, 'path' | 'beginning'>,
  place: string,
  { dataDir, store, isGivenUp }: Pick<Settings, 'dataDir' | 'store'> & { readonly isGivenUp: boolean },
): PersonsAct => ({
  lines: [
    `${place} has journals. They are replaced by those of the backup of ${beginning.time}; what was written since is gone from them.`,
    isGivenUp ? 'They are not backed up first.' : `They are backed up first, into ${backupsIn(dataDir)}.`,
    ...besides(store),
  ],
  about: [`It would replace the journals in ${place}.`, ...besides(store)].join(' '),
  command: restoreCommand(path, { dataDir, store }),
});

/** A data directory that was named is not where a database keeps them. */
const besides = ({ kind }: StoreSettings): readonly string[] =>
  kind === 'sqlite'
    ? []
    : ['To restore into files beside them instead, say --store sqlite and a new --data-dir.'];

type StoreSaid = Pick<StoreSettings, 'kind' | 'cluster'>;

const storeWords = ({ kind, cluster }: StoreSaid): string =>
  ` --store ${kind}${kind === 'sqlite' ? '' : ` --cluster ${cluster}`}`;

/** What leads to the same place, but for the address of a database, which may have a password in it. */
export const restoreCommand = (
  path: string,
  { dataDir, store }: { readonly dataDir: string; readonly store?: StoreSaid | undefined },
): string =>
  `signalbox restore ${shellWord(path)} --data-dir ${shellWord(dataDir)}${store === undefined ? '' : storeWords(store)}`;
