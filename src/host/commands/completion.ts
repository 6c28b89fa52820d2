import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import { completionScripts, isShell, shells } from '../../surfaces/cli/completion-scripts.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Command, Given } from './command.ts';

const print = async ({ words, terminal }: Given): Promise<Outcome<unknown>> => {
  const [shell, extra] = words;
  if (!isShell(shell) || extra !== undefined) {
    return refuse(
      'invalid_input',
      `completion needs one of ${shells.join(', ')}.${seeHelp({ command: 'completion' })}`,
    );
  }
  const script = completionScripts[shell];
  if (terminal.json) writeJson(terminal, { shell, script });
  else terminal.out.write(script);
  return ok(true);
};

export const completion: Command = {
  name: 'completion',
  summary: 'lets bash, zsh or fish complete commands, flags and ids',
  words: shells.join('|'),
  keys: [],
  flags: [],
  example: 'source <(signalbox completion bash)',
  despiteFaults: true,
  run: print,
};
