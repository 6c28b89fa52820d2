import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../journal/folders.ts';
import { type Refusal, refuse } from '../kernel/errors.ts';

export const nothingOver = (path: string): Refusal =>
  refuse('exists', `${path} is there already, and nothing is written over it. Give --out another name.`, {
    path,
  });

/**
 * Writes a file for its owner alone that is whole and durable under its name from the first moment, in the place of what
 * was there. Throws what the system says.
 */
export const writeWhole = (path: string, text: string): Promise<void> =>
  write({ draft: `${path}.draft`, path }, text, rename);

/** The same where there is none, also by several at once; throws `EEXIST` where there is one, which stays as it is. */
export const writeWholeUnlessThere = (path: string, text: string): Promise<void> =>
  write({ draft: `${path}.${randomUUID()}.draft`, path }, text, link);

const write = async (
  { draft, path }: { readonly draft: string; readonly path: string },
  text: string,
  place: (draft: string, path: string) => Promise<void>,
): Promise<void> => {
  try {
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(path));
};
