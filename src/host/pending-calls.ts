import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../engine/log.ts';
import { makeFolder } from '../journal/folders.ts';
import { type Instant, dayMs } from '../kernel/instants.ts';
import { canonicalJson, isRecord } from '../kernel/json.ts';
import type { PendingCall, PendingKey } from '../surfaces/cli/call.ts';

/**
 * Notes of calls that were sent and not answered yet, one file each: `<digest of the call>-<process>.json`. A process
 * that dies leaves its note, and the next that makes the same call takes the note over by renaming it, with the request
 * id in it: so whatever the first had done is not done again. Renaming is atomic, so only one takes it over.
 *
 * A note is not synced: it has to outlive the process, and a machine that loses power loses it.
 */
export interface PendingCallsOptions {
  readonly dataDir: string;
  /** The hub that was named by address, if one was. */
  readonly url: string | undefined;
  readonly log: Log;
}

/** As long as the journal knows request ids. */
const keptMs = dayMs;

interface Note {
  readonly requestId: string;
  readonly time: Instant;
}

/** Remembers one call, or finds that an earlier process has made it and did not hear the answer. */
export const rememberCall = async (
  { dataDir, url, log }: PendingCallsOptions,
  key: PendingKey,
): Promise<PendingCall> => {
  const folder = join(dataDir, 'pending-calls');
  const digest = createHash('sha256')
    .update(canonicalJson({ ...key, url }))
    .digest('hex')
    .slice(0, digestCharacters);
  const path = join(folder, `${digest}-${ownProcess()}.json`);
  const settle = (): Promise<void> => rm(path, { force: true }).catch(() => {});
  try {
    await makeFolder(folder);
    const adopted = await adopt(folder, digest, path);
    if (adopted !== undefined) {
      return { requestId: adopted.requestId, interruptedAt: adopted.time, settle };
    }
    const note: Note = { requestId: randomUUID(), time: Date.now() };
    await writeNote(path, note);
    return { requestId: note.requestId, interruptedAt: undefined, settle };
  } catch (thrown) {
    log.warn(
      `no note of this call can be kept in ${folder} (${thrown instanceof Error ? thrown.message : String(thrown)}); should it be interrupted, look at what is there before you repeat it`,
    );
    return { requestId: randomUUID(), interruptedAt: undefined, settle };
  }
};

const digestCharacters = 32;

const writeNote = async (path: string, note: Note): Promise<void> => {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(note)}\n`);
  } finally {
    await file.close();
  }
};

/** Takes over the oldest note of this call whose process is gone. What is too old, or was cut off, goes. */
const adopt = async (folder: string, digest: string, path: string): Promise<Note | undefined> => {
  const found: { readonly name: string; readonly note: Note }[] = [];
  for (const name of await readdir(folder)) {
    const process = processIn(name);
    if (process === undefined || isAlive(process)) continue;
    const note = await readNote(join(folder, name));
    if (note === undefined || Date.now() - note.time >= keptMs) await rm(join(folder, name), { force: true });
    else if (name.startsWith(`${digest}-`)) found.push({ name, note });
  }
  for (const { name, note } of found.toSorted((a, b) => a.note.time - b.note.time)) {
    try {
      await rename(join(folder, name), path);
      return note;
    } catch {
      // Another process that makes the same call was quicker.
    }
  }
  return undefined;
};

const readNote = async (path: string): Promise<Note | undefined> => {
  try {
    return noteIn(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    // Not written to its end: then nothing was sent either.
    return undefined;
  }
};

const noteIn = (value: unknown): Note | undefined => {
  if (!isRecord(value)) return undefined;
  const { requestId, time } = value;
  return typeof requestId === 'string' && typeof time === 'number' && Number.isFinite(time)
    ? { requestId, time }
    : undefined;
};

interface ProcessName {
  readonly pid: number;
  /** Tells this process from a later one with the same number, where the system says when it began. */
  readonly began: string;
}

const ownProcess = (): string => `${process.pid}.${beganOf(process.pid) ?? unknownBegin}`;

const unknownBegin = '0';

const processIn = (name: string): ProcessName | undefined => {
  const [, pid, began] = /^[0-9a-f]+-(\d+)\.(\d+)\.json$/.exec(name) ?? [];
  return pid === undefined || began === undefined ? undefined : { pid: Number(pid), began };
};

/** A process of another container may count as gone. Then its call is made again under its id, which is harmless. */
const isAlive = ({ pid, began }: ProcessName): boolean => {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
  return began === unknownBegin || began === beganOf(pid);
};

/** When a process began, in ticks since the machine did; undefined for one that has ended. Source: proc(5), stat. */
const beganOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
};
