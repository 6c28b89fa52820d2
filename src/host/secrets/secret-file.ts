import { open, stat } from 'node:fs/promises';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { errorCodeIn } from '../data-directory.ts';
import { permit } from '../rights.ts';
import { readOpen } from './read-bounded.ts';

/** Rights of the group and of others. */
const foreignRights = 0o077;

/** The bytes of a file that holds a secret. Refused when others than its owner have a right to it. */
export const readSecretFile = async (path: string): Promise<Outcome<Uint8Array | 'too long'>> => {
  try {
    // Opening a pipe would wait for whoever writes into it.
    if (!(await stat(path)).isFile()) return refuse('invalid_input', `${path} is not a file`, { path });
    const file = await open(path, 'r');
    try {
      const rights = (await file.stat()).mode & 0o777;
      if (process.platform !== 'win32' && (rights & foreignRights) !== 0)
        return refuse(
          'forbidden',
          `others than its owner have a right to ${path} (mode ${rights.toString(8).padStart(4, '0')}). Run ${permit([path], 'go=')}`,
          { path },
        );
      return ok(await readOpen(file));
    } finally {
      await file.close();
    }
  } catch (thrown) {
    const reason = errorCodeIn(thrown);
    return reason === 'ENOENT' || reason === 'ENOTDIR'
      ? refuse('not_found', `there is no file ${path}`, { path })
      : refuse('forbidden', `${path} cannot be read (${reason})`, { path, reason });
  }
};
