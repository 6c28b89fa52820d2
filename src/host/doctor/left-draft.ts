import type { JournalName } from '../../journal/storage.ts';
import { isEncryptionDraft } from '../upkeep/drafts.ts';
import { type Finding, warn } from './check.ts';

/** What a command that was broken off has left, and may go on with. `remove`: what deletes it, where a command can. */
export const leftDraft = (
  name: JournalName,
  { where, remove }: { readonly where: string; readonly remove: string | undefined },
): Finding =>
  isEncryptionDraft(name)
    ? warn(
        `${where}: signalbox encryption apply was broken off, and has left this. It is no journal yet. The same command again goes on; if it was called with --decrypt, say that again, and some of what is there is plain text.`,
        'signalbox encryption apply',
      )
    : warn(
        `${where}: a restore, import, migrate or reset was broken off, and has left this. It is no journal yet. The same command again goes on or begins anew.${remove === undefined ? '' : ' The command here deletes it.'}`,
        remove ?? 'signalbox help restore',
      );
