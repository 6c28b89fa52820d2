import { isatty } from 'node:tty';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { secondMs } from '../../kernel/instants.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import type { Given } from '../commands/command.ts';
import { endLike, startChild } from '../run/child.ts';
import { type Forwarding, forwardSignals, passSignals } from '../run/signals.ts';
import { readEnvFiles } from '../secrets/read-env-files.ts';
import { resolveVariables } from '../secrets/resolve-variables.ts';
import { thisProcess } from '../workspace-resolution/wanted.ts';

/**
 * Runs a command with what env files say in its environment, and ends with its exit code. The values are nowhere else:
 * on no command line, in no file and no log.
 */
export const execute = async (given: Given): Promise<Outcome<true>> => {
  const paths = given.lists.get('env-file') ?? [];
  if (paths.length === 0)
    return refuse(
      'invalid_input',
      `Say with --env-file where the variables stand.${seeHelp({ command: 'exec' })}`,
    );
  if (given.words.length === 0)
    return refuse('invalid_input', `Say behind -- what to run.${seeHelp({ command: 'exec' })}`);
  const signals = forwardSignals();
  try {
    return await executeHearing(paths, given, signals);
  } finally {
    signals.forget();
  }
};

const graceMs = 5 * secondMs;

const executeHearing = async (
  paths: readonly string[],
  { words, log }: Given,
  signals: Forwarding,
): Promise<Outcome<true>> => {
  const here = thisProcess();
  const read = await readEnvFiles(paths, here);
  if (!read.ok) return read;
  const resolved = await resolveVariables(read.value.values(), { env: here.env, signals });
  const exit = signals.exit();
  if (exit !== undefined) {
    process.exitCode = exit;
    return ok(true);
  }
  if (!resolved.ok) return resolved;
  // With its streams elsewhere the command may still be one that a person looks at.
  const onTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  const child = startChild(words, { onTerminal, graceMs, env: { ...here.env, ...resolved.value } });
  passSignals(signals, child, { onTerminal });
  endLike(await child.ended, log);
  return ok(true);
};
