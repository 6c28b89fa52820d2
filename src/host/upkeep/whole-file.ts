import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../../journal/folders.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';

export const nothingOver = (path: string): Refusal =>
  refuse('exists', `${path} is there already, and nothing is written over it. Give --out another name.`, {
    path,
  });

/** Writes a file that is whole and durable under its name from the first moment. Throws what the system says. */
export const writeWhole = async (path: string, text: string): Promise<void> => {
  const draft = `${path}.draft`;
  try {
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(path));
};
