import { type Outcome, ok } from '../../kernel/errors.ts';
import type { Terminal } from '../../surfaces/cli/terminal.ts';
import { commands } from './index.ts';

export const writeHelp = async (_words: readonly string[], terminal: Terminal): Promise<Outcome<true>> => {
  terminal.out.write(commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}\n`).join(''));
  return ok(true);
};
