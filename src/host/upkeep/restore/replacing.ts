import type { Settings } from '../../configuration/settings.ts';
import type { StoreSettings } from '../../configuration/store.ts';
import type { PersonsAct } from '../../confirmation.ts';
import { backupsIn } from '../backup/backup.ts';
import type { CheckedBackup } from '../backup/read.ts';
import { restoreCommand } from './restore-command.ts';

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
