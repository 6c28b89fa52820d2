import { join } from 'node:path';
import { makeFolder } from '../journal/folders.ts';
import type { Office } from '../journal/store.ts';
import { takeOffice } from '../stores/sqlite/office.ts';

/** Stands for an office; undefined while somebody else holds it. */
export type Elect = (name: string) => Promise<Office | undefined>;

/**
 * Elections among the processes that have this folder, wherever the journals are: what is about files of a machine has
 * one holder on each. `beginning`: what the names of its files begin with.
 */
export const electIn =
  (folder: string, beginning: string): Elect =>
  async (name) => {
    await makeFolder(folder);
    const resign = takeOffice(join(folder, `${beginning}.${name}.office`));
    return resign && { resign: async () => resign() };
  };
