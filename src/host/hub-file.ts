import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from '../kernel/json.ts';

/** How processes of one data directory find the hub that serves it: a file that only its owner can read. */
export interface HubFile {
  /** Id of the hub's journal: another hub may have the address by now. */
  readonly id: string;
  readonly url: string;
  readonly pid: number;
  /**
   * Lets whoever can read the file come in while this hub runs, and no longer: who has the address afterwards learns
   * nothing from it that could be used. Absent when nothing secret is to be written.
   */
  readonly token?: string;
  /** The hub's own, in PEM, where it has one: programs of the data directory need no other proof. */
  readonly certificate?: string;
}

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

/** Whether a process of this user has that number: only such a one can have written the file. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** What the file says; whether that hub still lives is another question. */
export const readHubFile = async (dataDir: string): Promise<HubFile | undefined> => {
  const found = await lookAtHubFile(dataDir);
  // No file, or one that is being replaced or was cut off: the same as no hub.
  return found.kind === 'read' ? found.file : undefined;
};

/** What is under the name of the file. */
export type FoundHubFile =
  | { readonly kind: 'absent' }
  /** `reason`: the system's name for it, or why it is no such file. */
  | { readonly kind: 'unreadable'; readonly path: string; readonly reason: string }
  | { readonly kind: 'read'; readonly path: string; readonly file: HubFile };

export const lookAtHubFile = async (dataDir: string): Promise<FoundHubFile> => {
  const path = pathIn(dataDir);
  try {
    const file = hubFileIn(JSON.parse(await readFile(path, 'utf8')));
    return file === undefined
      ? { kind: 'unreadable', path, reason: 'it does not name a hub' }
      : { kind: 'read', path, file };
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return { kind: 'unreadable', path, reason: 'it is not valid JSON' };
    const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
    return reason === 'ENOENT' || reason === 'ENOTDIR'
      ? { kind: 'absent' }
      : { kind: 'unreadable', path, reason };
  }
};

const hubFileIn = (value: unknown): HubFile | undefined => {
  if (!isRecord(value)) return undefined;
  const { id, url, pid, token, certificate } = value;
  return typeof id === 'string' && typeof url === 'string' && URL.canParse(url) && isWholeNumber(pid)
    ? {
        id,
        url,
        pid,
        ...(typeof token === 'string' && { token }),
        ...(typeof certificate === 'string' && { certificate }),
      }
    : undefined;
};

const isWholeNumber = (value: unknown): value is number => Number.isSafeInteger(value);
