import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  type Configuration,
  type KeyFlags,
  readConfiguration,
} from '../../src/host/configuration/configuration.ts';
import type { Outcome } from '../../src/kernel/errors.ts';

/** A home with a repository, and the configuration that a command reads there. */
export interface Place {
  readonly home: string;
  /** Where the command is run: a folder in a repository. */
  readonly cwd: string;
  /** Writes `project`, the repository's file, `user`, the person's, or one of any name where the command is run. */
  readonly write: (file: string, text: string) => string;
  readonly read: (flags?: KeyFlags, env?: NodeJS.ProcessEnv) => Promise<Outcome<Configuration>>;
  /** Like `read`, for what must be good. */
  readonly get: (flags?: KeyFlags, env?: NodeJS.ProcessEnv) => Promise<Configuration>;
  /** The message of the refusal. */
  readonly fault: (flags?: KeyFlags, env?: NodeJS.ProcessEnv) => Promise<string>;
}

export const openPlace = (context: TestContext): Place => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-config-')));
  context.after(() => rmSync(home, { recursive: true }));
  const cwd = join(home, 'code', 'shop', 'src');
  mkdirSync(cwd, { recursive: true });
  mkdirSync(join(home, 'code', 'shop', '.git'));
  const paths: Readonly<Record<string, string>> = {
    project: join(home, 'code', 'shop', 'signalbox.yaml'),
    user: join(home, '.config', 'signalbox', 'signalbox.yaml'),
  };
  const read: Place['read'] = (flags = {}, env = {}) =>
    readConfiguration(flags, { env: { HOME: home, ...env }, cwd });
  return {
    home,
    cwd,
    write: (file, text) => {
      const path = paths[file] ?? join(cwd, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    read,
    get: async (flags, env) => {
      const outcome = await read(flags, env);
      assert(outcome.ok, outcome.ok ? '' : outcome.message);
      return outcome.value;
    },
    fault: async (flags, env) => {
      const outcome = await read(flags, env);
      assert(!outcome.ok);
      return outcome.message;
    },
  };
};
