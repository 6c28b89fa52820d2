import { replaced } from '../../journal/refusals.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { Database } from './database.ts';

/**
 * Why a journal that was there is there no more. Where others are, this one was taken away as it is done properly, or
 * another has its name: whoever loses a database loses all of them.
 */
export const missingJournal = async (database: Database): Promise<Refusal> => {
  const { place } = database.address;
  const [another] = await database.read(database.statements.names, []);
  return another === undefined
    ? refuse(
        'journal_missing',
        `The journal is no longer in the database ${place}. Restore a backup, or name the right database and cluster, and start again.`,
        { place },
      )
    : replaced(`the database ${place}`);
};
