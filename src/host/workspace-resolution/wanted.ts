import type { Log } from '../../engine/log.ts';
import type { Outcome } from '../../kernel/errors.ts';
import type { Settings } from '../configuration/settings.ts';
import { type Place, type Wanted, resolveWorkspace } from './resolve.ts';

export const thisProcess = (): Place => ({ env: process.env, cwd: process.cwd() });

/** Which workspace the calls of this process are for, unless they name one themselves. */
export const wantedWorkspace = async (
  { workspace }: Pick<Settings, 'workspace'>,
  log: Log,
  { env, cwd }: Place = thisProcess(),
): Promise<Outcome<Wanted>> => {
  const wanted = await resolveWorkspace({ configured: workspace, cwd, env });
  if (wanted.ok && wanted.value.by === 'default' && wanted.value.because !== undefined)
    log.warn(`calls go to the workspace "${wanted.value.name}": ${wanted.value.because}`);
  return wanted;
};
