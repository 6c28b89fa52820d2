import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../../journal/folders.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { errorCodeIn } from '../data-directory.ts';

/** The text of a file, every character of it; undefined where there is no file. */
export const readText = async (path: string): Promise<Outcome<string | undefined>> => {
  try {
    const bytes = await readFile(path);
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (thrown) {
    const reason = errorCodeIn(thrown);
    if (reason === 'ENOENT' && (await isLink(path)))
      return refuse(
        'invalid_state',
        `${path} is a symbolic link to a file that is not there. Make it, or take the link away.`,
        {
          path,
        },
      );
    if (reason === 'ENOENT' || reason === 'ENOTDIR') return ok(undefined);
    return thrown instanceof TypeError
      ? refuse('invalid_state', `${path} is not text in UTF-8, so it is not changed. Correct it first.`, {
          path,
        })
      : refuse('forbidden', `${path} cannot be read (${reason}). Make it readable first.`, { path, reason });
  }
};

const isLink = async (path: string): Promise<boolean> => {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
};

export interface Rewriting {
  readonly path: string;
  /** What it says by now; undefined where there is no file. */
  readonly before: string | undefined;
  /** What it is to say; undefined where there is to be no file. */
  readonly after: string | undefined;
  /** For a file that is not there yet. */
  readonly mode: number;
}

/**
 * Writes a file as a whole, or not at all. It keeps its rights and, where it is one, stays a symbolic link. `moved`:
 * somebody else has written it since it was read.
 */
export const rewrite = async ({
  path,
  before,
  after,
  mode,
}: Rewriting): Promise<Outcome<'done' | 'moved'>> => {
  try {
    const real = before === undefined ? path : await realpath(path);
    if (before === undefined) await makeFolder(dirname(real));
    else await access(real, constants.W_OK);
    if (after === undefined) {
      if (!(await says(path, before))) return ok('moved');
      await rm(real);
      return ok('done');
    }
    const draft = `${real}.${randomUUID()}.tmp`;
    try {
      await writeLike(real, { draft, text: after, mode });
      if (!(await says(path, before))) return ok('moved');
      await rename(draft, real);
    } finally {
      await rm(draft, { force: true });
    }
    return ok('done');
  } catch (thrown) {
    const reason = errorCodeIn(thrown);
    return refuse(
      reason === 'ENOSPC' || reason === 'EDQUOT' ? 'storage_full' : 'forbidden',
      `${path} cannot be written (${reason}), and is as it was.`,
      { path, reason },
    );
  }
};

const says = async (path: string, text: string | undefined): Promise<boolean> => {
  const now = await readText(path);
  return now.ok && now.value === text;
};

interface Draft {
  readonly draft: string;
  readonly text: string;
  readonly mode: number;
}

const writeLike = async (real: string, { draft, text, mode }: Draft): Promise<void> => {
  const found = await stat(real).catch(() => undefined);
  const file = await open(draft, 'wx', found === undefined ? mode : 0o600);
  try {
    await file.writeFile(text);
    if (found !== undefined) {
      // Only the administrator writes files of others, and leaves them theirs.
      if (process.getuid?.() === 0) await file.chown(found.uid, found.gid);
      await file.chmod(found.mode & 0o7777);
    }
    await file.sync();
  } finally {
    await file.close();
  }
};
