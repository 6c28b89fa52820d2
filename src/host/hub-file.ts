import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** How processes of one data directory find the hub that serves it: a file that only its owner can read. */
const schema = z.object({
  /** Id of the hub's journal: another hub may have the address by now. */
  id: z.string(),
  url: z.url(),
  pid: z.int(),
});

export type HubFile = z.infer<typeof schema>;

const pathIn = (dataDir: string): string => join(dataDir, 'hub.json');

export const writeHubFile = async (dataDir: string, hub: HubFile): Promise<void> => {
  const path = pathIn(dataDir);
  const draft = `${path}.${hub.pid}.tmp`;
  try {
    await writeFile(draft, `${JSON.stringify(hub)}\n`, { mode: 0o600 });
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => {});
    throw thrown;
  }
};

/** Takes the file away, unless another hub has put its own there meanwhile. */
export const removeHubFile = async (dataDir: string, pid: number): Promise<void> => {
  if ((await readHubFile(dataDir))?.pid === pid) await rm(pathIn(dataDir), { force: true });
};

/** What the file says; whether that hub still lives is another question. */
export const readHubFile = async (dataDir: string): Promise<HubFile | undefined> => {
  try {
    const parsed = schema.safeParse(JSON.parse(await readFile(pathIn(dataDir), 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // No file, or one that is being replaced or was cut off: the same as no hub.
    return undefined;
  }
};
