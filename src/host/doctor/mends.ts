import { constants, existsSync } from 'node:fs';
import { access, mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ErrorCode } from '../../kernel/errors.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { socketPathIn } from '../../surfaces/http/address.ts';
import { isLoopback } from '../../surfaces/http/loopback.ts';
import { errorCodeIn, nearestTo } from '../data-directory.ts';
import { isForeign } from '../rights.ts';
import type { Patient } from './check.ts';

export { isForeign, permit, takeOver } from '../rights.ts';

export const editFile = (path: string): string => `\${EDITOR:-vi} ${shellWord(path)}`;

/** A name beside a path that nothing has yet. */
export const asideOf = (path: string): string => {
  for (let number = 1; ; number += 1) {
    const aside = `${path}.aside${number === 1 ? '' : `-${number}`}`;
    if (!existsSync(aside)) return aside;
  }
};

export const moveAside = (path: string): string => `mv ${shellWord(path)} ${shellWord(asideOf(path))}`;

const { R_OK, W_OK, X_OK } = constants;

const rights = { read: R_OK, write: R_OK | W_OK, enter: R_OK | X_OK, all: R_OK | W_OK | X_OK } as const;

/** Why this user cannot do it, as the system says it; undefined when it can. */
export const denial = async (path: string, wanted: keyof typeof rights): Promise<string | undefined> => {
  try {
    await access(path, rights[wanted]);
    return undefined;
  } catch (thrown) {
    return errorCodeIn(thrown);
  }
};

/** Why no folder can be made in one that is there; undefined when it can. Only trying tells: permissions are not all. */
export const whyNoFolderIn = async (folder: string): Promise<string | undefined> => {
  try {
    await rmdir(await mkdtemp(join(folder, '.signalbox-')));
    return undefined;
  } catch (thrown) {
    return errorCodeIn(thrown);
  }
};

/** What shows where archives are looked for; restoring is for one that is lost for good. */
export const mendArchive = (code: ErrorCode): string =>
  code === 'journal_missing' ? 'signalbox config' : 'signalbox help restore';

/** Chooses another data directory, one that can be used, in the way that prevails over how this one was chosen. */
export const chooseAnother = async ({ configuration, home }: Patient): Promise<string> => {
  const { dataDir } = configuration.settings;
  const candidates = [
    join(home, '.local', 'share', 'signalbox'),
    join(home, 'signalbox'),
    join(tmpdir(), `signalbox-${process.getuid?.() ?? 'data'}`),
  ].filter((path) => path !== dataDir && !path.startsWith(`${dataDir}/`));
  let usable = candidates[0] ?? '';
  for (const path of candidates.toReversed()) if (await isUsable(path)) usable = path;
  return configuration.origins.get('data-dir')?.kind === 'flag'
    ? `signalbox doctor --data-dir ${shellWord(usable)}`
    : `export SIGNALBOX_DATA_DIR=${shellWord(usable)}`;
};

const isUsable = async (path: string): Promise<boolean> => {
  const near = await nearestTo(path);
  if (near.is !== 'folder') return false;
  return near.path === path
    ? !isForeign(path) && (await denial(path, 'all')) === undefined
    : (await whyNoFolderIn(near.path)) === undefined;
};

/** Leaves out the address of a hub, wherever it was said. */
export const leaveUrlOut = ({ configuration }: Patient): string => {
  const origin = configuration.origins.get('url');
  if (origin?.kind === 'environment') return `unset ${origin.variable}`;
  return origin?.kind === 'file' ? editFile(origin.path) : 'signalbox doctor';
};

/** Starts a hub where this address says; undefined where none of this machine can be. */
export const serveAt = (url: string): string | undefined => {
  const socket = socketPathIn(url);
  if (socket !== undefined) return `signalbox serve --listen ${shellWord(url)}`;
  const address = URL.parse(url);
  const host = address?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '';
  if (address?.protocol !== 'http:' || !isLoopback(host)) return undefined;
  const port = address.port === '' ? '80' : address.port;
  return `signalbox serve${host === '127.0.0.1' ? '' : ` --host ${host}`} --port ${port}`;
};
