import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const folderMode = 0o700;

/**
 * Makes a folder, for its owner alone, and those above it that are missing. The `recursive` of mkdir is not used: where
 * the system says of a folder that is there that it is not, as it does in /proc, that asks again without end.
 */
export const makeFolder = async (path: string): Promise<void> => {
  try {
    return await makeOne(path);
  } catch (thrown) {
    const absent = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    if (!absent || dirname(path) === path) throw thrown;
  }
  await makeFolder(dirname(path));
  await makeOne(path);
};

const makeOne = async (path: string): Promise<void> => {
  try {
    await mkdir(path, { mode: folderMode });
  } catch (thrown) {
    if (!(await isFolder(path))) throw thrown;
  }
};

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
};

/** What was named in a folder, or renamed, outlasts a power cut only when the folder itself is synced. */
export const syncFolder = async (path: string): Promise<void> => {
  // Windows has no such thing as an open folder; there the file system orders its own changes.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
