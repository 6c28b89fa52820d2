import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { agentNameSchema } from '../../areas/agents/model.ts';
import { workspaceNameSchema } from '../../areas/workspaces/model.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { type KeyName, keys } from './keys.ts';
import type { Settings } from './settings.ts';

/** Where a value comes from. */
export type Origin =
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'file'; readonly path: string; readonly line: number }
  | { readonly kind: 'default' };

/** What the process is told from outside, and for each key where that was said. */
export interface Configuration {
  readonly settings: Settings;
  readonly origins: ReadonlyMap<KeyName, Origin>;
}

export type KeyFlags = Readonly<Partial<Record<KeyName, string>>>;

/** Where a process looks for what it is told. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** Flag before environment before default. */
export const readConfiguration = (flags: KeyFlags, { env, cwd }: Surroundings): Outcome<Configuration> => {
  const origins = new Map<KeyName, Origin>();
  const value = (name: KeyName): string | undefined => {
    const { variable } = keys[name];
    const flag = flags[name];
    const origin: Origin =
      flag !== undefined
        ? { kind: 'flag', flag: `--${name}` }
        : env[variable]
          ? { kind: 'environment', variable }
          : { kind: 'default' };
    origins.set(name, origin);
    return flag ?? (env[variable] || undefined);
  };
  const dataHome = env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share');
  const cacheHome = env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const givenDataDir = value('data-dir');
  const portText = value('port') ?? String(keys.port.default);
  const port = Number(portText);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return refuse(
      'invalid_input',
      `"${portText}" is not a port. Give --port or SIGNALBOX_PORT a number from 0 to 65535.`,
    );
  }
  const workspace = workspaceNameSchema.optional().safeParse(value('workspace'));
  if (!workspace.success) {
    return refuse(
      'invalid_input',
      `The workspace's name is not valid: ${workspace.error.issues[0]?.message ?? ''}.`,
    );
  }
  const agent = agentNameSchema.optional().safeParse(value('agent'));
  if (!agent.success) {
    return refuse(
      'invalid_input',
      `The agent's name is not valid: ${agent.error.issues[0]?.message ?? ''}. Give --agent or SIGNALBOX_AGENT another.`,
    );
  }
  const settings: Settings = {
    dataDir: resolve(cwd, givenDataDir ?? join(dataHome, 'signalbox')),
    // With a data directory of its own, a hub keeps its cache there too, so that deleting the one deletes all of it.
    cacheDir: givenDataDir === undefined ? join(cacheHome, 'signalbox') : resolve(cwd, givenDataDir, 'cache'),
    host: value('host') ?? keys.host.default ?? '',
    port,
    workspace: workspace.data,
    agent: agent.data,
    mode: value('mode'),
    url: value('url'),
  };
  return ok({ settings, origins });
};
