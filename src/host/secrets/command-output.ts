import { isatty } from 'node:tty';
import { secondMs } from '../../kernel/instants.ts';
import { startChild } from '../run/child.ts';
import type { Forwarding } from '../run/signals.ts';
import { textBytesMax } from './read-bounded.ts';

/** What is run for its output. */
export type Program =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** A line for the shell. */
  | { readonly kind: 'line'; readonly line: string };

export type Output =
  | { readonly kind: 'said'; readonly bytes: Uint8Array | 'too long' }
  | { readonly kind: 'missing' | 'interrupted' }
  | { readonly kind: 'failed'; readonly code: number };

const graceMs = 5 * secondMs;
const notFoundExit = 127;
const interruptExit = 130;

/**
 * Runs a program in front, so that it can ask for a password or a fingerprint, and takes its stdout. Of stdin it gets
 * only a terminal: what is piped in is for somebody else. It stays with the terminal of this process in any case.
 */
export const outputOf = async (
  program: Program,
  { early, exit }: Pick<Forwarding, 'early' | 'exit'>,
): Promise<Output> => {
  const typed = isatty(0);
  const child = startChild(program.kind === 'line' ? [program.line] : program.words, {
    onTerminal: true,
    graceMs,
    streams: [typed ? 'inherit' : 'ignore', 'pipe', 'inherit'],
    ...(program.kind === 'line' && { shell: true }),
  });
  const parts: Uint8Array[] = [];
  let length = 0;
  const end = (): void => {
    child.end();
    child.out?.destroy();
  };
  const interrupt = (): void => {
    // A Ctrl-C has reached it already, and it may be about to put the terminal in order.
    if (typed && exit() === interruptExit) child.out?.destroy();
    else end();
  };
  child.out?.on('data', (part: Uint8Array) => {
    length += part.length;
    if (length > textBytesMax) end();
    else parts.push(part);
  });
  early.addEventListener('abort', interrupt, { once: true });
  if (early.aborted) interrupt();
  const { code, fault } = await child.ended;
  early.removeEventListener('abort', interrupt);
  if (early.aborted) return { kind: 'interrupted' };
  if (length > textBytesMax) return { kind: 'said', bytes: 'too long' };
  if (fault !== undefined && code === notFoundExit) return { kind: 'missing' };
  return code === 0 ? { kind: 'said', bytes: Buffer.concat(parts) } : { kind: 'failed', code };
};
