import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { agentNameSchema } from '../areas/agents/model.ts';
import { workspaceNameSchema } from '../areas/workspaces/model.ts';

export const defaultPort = 8321;
const defaultHost = '127.0.0.1';
const defaultWorkspace = 'main';

/** What a process is told from outside, by flag or environment. */
export interface Settings {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly host: string;
  readonly port: number;
  /** The workspace of calls that name none. */
  readonly workspace: string;
  /** The name of an agent that a stdio process starts without one. */
  readonly agent: string | undefined;
  /** Which tools a stdio process shows; the default of the workspace when absent. */
  readonly mode: string | undefined;
  /** A hub to forward to, instead of finding one or opening the journals. */
  readonly url: string | undefined;
}

export type Flags = Readonly<Record<string, string | undefined>>;

/** Flag before environment before default. */
export const readSettings = (flags: Flags, env: NodeJS.ProcessEnv): Outcome<Settings> => {
  const value = (flag: string, variable: string): string | undefined =>
    flags[flag] ?? (env[variable] || undefined);
  const dataHome = env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share');
  const cacheHome = env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const givenDataDir = value('data-dir', 'SIGNALBOX_DATA_DIR');
  const portText = value('port', 'SIGNALBOX_PORT') ?? String(defaultPort);
  const port = Number(portText);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return refuse(
      'invalid_input',
      `"${portText}" is not a port. Give --port or SIGNALBOX_PORT a number from 0 to 65535.`,
    );
  }
  const workspace = workspaceNameSchema.safeParse(
    value('workspace', 'SIGNALBOX_WORKSPACE') ?? defaultWorkspace,
  );
  if (!workspace.success) {
    return refuse(
      'invalid_input',
      `The workspace's name is not valid: ${workspace.error.issues[0]?.message ?? ''}.`,
    );
  }
  const agent = agentNameSchema.optional().safeParse(value('agent', 'SIGNALBOX_AGENT'));
  if (!agent.success) {
    return refuse(
      'invalid_input',
      `The agent's name is not valid: ${agent.error.issues[0]?.message ?? ''}. Give --agent or SIGNALBOX_AGENT another.`,
    );
  }
  return ok({
    dataDir: resolve(givenDataDir ?? join(dataHome, 'signalbox')),
    // With a data directory of its own, a hub keeps its cache there too, so that deleting the one deletes all of it.
    cacheDir: givenDataDir === undefined ? join(cacheHome, 'signalbox') : resolve(givenDataDir, 'cache'),
    host: value('host', 'SIGNALBOX_HOST') ?? defaultHost,
    port,
    workspace: workspace.data,
    agent: agent.data,
    mode: value('mode', 'SIGNALBOX_MODE'),
    url: value('url', 'SIGNALBOX_URL'),
  });
};
