import { randomUUID } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';

/**
 * Leaves a file that is whole from its first moment under its own name, also where this process dies meanwhile. Throws as
 * the file system does, with `EEXIST` where one is there already, which stays as it is.
 */
export const leaveWholeFile = async (path: string, text: string | Buffer, mode: number): Promise<void> => {
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    const handle = await open(draft, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
};
