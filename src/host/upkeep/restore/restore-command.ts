import { shellWord } from '../../../surfaces/cli/answer.ts';
import type { StoreSettings } from '../../configuration/store.ts';

type StoreSaid = Pick<StoreSettings, 'kind' | 'cluster'>;

const storeWords = ({ kind, cluster }: StoreSaid): string =>
  ` --store ${kind}${kind === 'sqlite' ? '' : ` --cluster ${cluster}`}`;

/** What leads to the same place, but for the address of a database, which may have a password in it. */
export const restoreCommand = (
  path: string,
  { dataDir, store }: { readonly dataDir: string; readonly store?: StoreSaid | undefined },
): string =>
  `signalbox restore ${shellWord(path)} --data-dir ${shellWord(dataDir)}${store === undefined ? '' : storeWords(store)}`;
