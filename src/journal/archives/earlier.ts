import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileRefusal, isAbsent } from '../file-faults.ts';
import { type JournalIdentity, StoreFailure } from '../store.ts';
import { Archives } from './archives.ts';
import { archiveFolder } from './format.ts';

/**
 * The archives of a journal from before it was stored anew or restored, by generation: nothing reads them any more.
 * Throws `StoreFailure`.
 */
export const earlierArchives = async (
  folder: string,
  { id, generation }: JournalIdentity,
): Promise<readonly Archives[]> => {
  const found: Archives[] = [];
  for (const name of await namesIn(folder)) {
    const earlier = { id, generation: Number(name.slice(id.length + 1)) };
    if (name !== archiveFolder(earlier) || earlier.generation >= generation) continue;
    const archives = new Archives(folder, earlier);
    if ((await namesIn(join(folder, name))).length > 0) found.push(archives);
  }
  return found;
};

const namesIn = async (folder: string): Promise<readonly string[]> => {
  try {
    return (await readdir(folder)).toSorted();
  } catch (thrown) {
    if (isAbsent(thrown)) return [];
    throw new StoreFailure(fileRefusal(folder, thrown, `The folder ${folder} cannot be read`));
  }
};
