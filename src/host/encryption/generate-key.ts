import { resolve } from 'node:path';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Given } from '../commands/command.ts';
import { newKey, writeNewFile } from './key-files.ts';

/** Draws a key, and shows it this once or leaves it in a new file. */
export const generateKey = async ({ flags, terminal }: Given): Promise<Outcome<true>> => {
  const { key, line } = newKey();
  const out = flags.get('out');
  if (typeof out !== 'string') {
    if (terminal.json) writeJson(terminal, { id: key.id, key: line.trim() });
    else terminal.out.write(line);
    return ok(true);
  }
  const written = await writeNewFile(resolve(out), line);
  if (!written.ok) return written;
  if (terminal.json) writeJson(terminal, { id: key.id, file: resolve(out) });
  else
    terminal.out.write(
      `${out}: key ${key.id}. Keep a copy elsewhere: what is encrypted with it cannot be read without it.\nSay where it is: SIGNALBOX_ENCRYPTION_KEY=file:${resolve(out)}, or encryption_key in your configuration file.\n`,
    );
  return ok(true);
};
