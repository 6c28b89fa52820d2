import { dirname, join } from 'node:path';
import type { Program } from '../../integrations/connection.ts';
import { canRun } from '../can-run.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { KeyName } from '../configuration/keys.ts';

interface For {
  readonly scope: 'project' | 'user';
  readonly configuration: Configuration;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * How a client starts this program as an MCP server on stdio. By its whole path, because the PATH of a terminal is not that
 * of every client; but what a project shares with other machines names it by its name, where that is found. What
 * holds for this call alone (the store, the data directory, or the address of a hub) goes with it; what is secret does not.
 */
export const programFor = ({ scope, configuration, env }: For): Program => {
  const { settings, origins, files } = configuration;
  const [command = '', ...first] = scope === 'project' ? programWords(env) : thisProgram(env);
  const isOfCall = (key: KeyName): boolean => {
    const origin = origins.get(key);
    // What stands in an env file, and in no configuration file, only this call was told.
    if (origin?.kind === 'file') return !files.includes(origin.path);
    return origin?.kind === 'flag' || origin?.kind === 'environment';
  };
  const store = shared.flatMap((key) => {
    const value = configuration.values.get(key);
    return value !== undefined && isOfCall(key) ? [`--${key}`, value] : [];
  });
  const data = isOfCall('data-dir') ? ['--data-dir', settings.dataDir] : [];
  const hub = settings.url !== undefined && isOfCall('url') ? ['--url', settings.url] : [];
  return { command, args: [...first, 'mcp', ...store, ...data, ...hub] };
};

const shared = ['store', 'cluster'] as const;

const source = /[\\/]src[\\/]host[\\/]main\.ts$/;

/** What is typed to run this program, in words: its name where that is found, else its whole path. */
export const programWords = (env: NodeJS.ProcessEnv): readonly string[] =>
  canRun('signalbox', env) ? ['signalbox'] : thisProgram(env);

const thisProgram = (env: NodeJS.ProcessEnv): readonly string[] => {
  const [, script = ''] = process.argv;
  const command = source.test(script) ? join(dirname(script), '../../bin/signalbox') : script;
  return process.platform !== 'win32' && canRun(command, env) ? [command] : [process.execPath, script];
};
