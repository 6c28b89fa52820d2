/* The program with a file system of its own, which is small or cannot be written, mounted where a command is to write. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Ended } from '../cli/cut-program.ts';
import { compiledOnce, main, mainOnly } from '../host/processes.ts';

const isRoot = process.getuid?.() === 0;

export interface Disk {
  /** Where it is mounted. Only the program sees it there. */
  readonly at: string;
  /** As mount has them: `size=200k`, or `ro`. */
  readonly options: string;
}

/** Runs a command to its end. */
export const runOnDisk = async ({ at, options }: Disk, words: readonly string[]): Promise<Ended> => {
  const mount = 'mount -t tmpfs -o "$1" signalbox "$2" && shift 2 && exec "$@"';
  const privately = ['unshare', ...(isRoot ? [] : ['--map-root-user']), '--mount'];
  const [first, ...rest] = [...privately, 'sh', '-c', mount, 'sh', options, at, process.execPath, main];
  const child = spawn(first, [...rest, ...words, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...compiledOnce, ...mainOnly },
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: child.exitCode, signal: child.signalCode, out, err };
};
