import { hash } from 'node:crypto';
import { type JournalName, hubJournal } from '../../journal/storage.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { refuseCluster } from '../../journal/cluster-name.ts';

/** The names of a cluster in the database. */
export interface ClusterNames {
  /** Quoted. */
  readonly schema: string;
  /** Not quoted. */
  readonly channel: string;
}

export const namesOf = (cluster: string): Outcome<ClusterNames> => {
  const refused = refuseCluster(cluster);
  if (refused !== undefined) return refused;
  return ok({ schema: `"${cluster}"`, channel: `${cluster} journals` });
};

export const isJournalName = (name: string): name is JournalName =>
  name === hubJournal || name.startsWith('workspaces/');

/** The number of an advisory lock, which all programs on a database share: 64 bits that nobody else comes by. */
export const lockNumber = (text: string): string =>
  BigInt.asIntN(64, BigInt(`0x${hash('sha256', `signalbox ${text}`).slice(0, 16)}`)).toString();
