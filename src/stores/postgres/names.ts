import { hash } from 'node:crypto';
import { type JournalName, hubJournal } from '../../journal/storage.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';

/** PostgreSQL cuts longer names, and two that were cut would be the same. The channel has a few characters more. */
const clusterLengthMax = 48;
const clusterPattern = /^[a-z][a-z0-9_-]*$/;
/** What the server itself, or everybody, uses. */
const taken = /^(?:pg_|public$|information_schema$)/;

/** The names of a cluster in the database. */
export interface ClusterNames {
  /** Quoted. */
  readonly schema: string;
  /** Not quoted. */
  readonly channel: string;
}

export const namesOf = (cluster: string): Outcome<ClusterNames> => {
  if (cluster.length > clusterLengthMax || !clusterPattern.test(cluster) || taken.test(cluster)) {
    return refuse(
      'invalid_input',
      `The cluster cannot be called ${JSON.stringify(cluster)}: the name is that of a schema in PostgreSQL, with 1 to ${clusterLengthMax} lower-case letters, digits, "_" and "-", begins with a letter, and is not one of PostgreSQL's own. Choose another one.`,
      { cluster },
    );
  }
  return ok({ schema: `"${cluster}"`, channel: `${cluster} journals` });
};

export const isJournalName = (name: string): name is JournalName =>
  name === hubJournal || name.startsWith('workspaces/');

/** The number of an advisory lock, which all programs on a database share: 64 bits that nobody else comes by. */
export const lockNumber = (text: string): string =>
  BigInt.asIntN(64, BigInt(`0x${hash('sha256', `signalbox ${text}`).slice(0, 16)}`)).toString();
