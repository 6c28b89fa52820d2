import { type Outcome, ok } from '../../kernel/errors.ts';
import type { Given } from '../commands/command.ts';
import { yesFlag } from '../commands/flags.ts';
import { type PersonsAct, confirmPerson } from '../confirmation.ts';

/** Whether somebody has said that it is to be done: on the line, or at the terminal. */
export const agreed = async ({ flags }: Pick<Given, 'flags'>, act: PersonsAct): Promise<Outcome<true>> =>
  flags.has(yesFlag.name) ? ok(true) : confirmPerson(act);
