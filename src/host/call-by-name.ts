import { writtenDescription } from '../catalogue/written-description.ts';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { seeHelp } from '../surfaces/cli/flags.ts';
import { readJson } from '../surfaces/cli/json-input.ts';
import type { Given } from './commands/command.ts';
import { failWith } from './commands/failure.ts';
import { answerCall } from './answer-call.ts';

/** Calls an operation by its name, also one that this version does not know: the hub may. */
export const callByName = async (given: Given): Promise<Outcome<unknown>> => {
  const catalogue = writtenDescription();
  const [operation, text, extra] = given.words;
  if (operation === undefined || extra !== undefined) {
    return refuse(
      'invalid_input',
      operation === undefined
        ? `call needs the name of an operation.${seeHelp({ command: 'call' })}`
        : `call takes one operation and its input. Put the JSON into quotation marks, so that it is one word.${seeHelp({ command: 'call' })}`,
    );
  }
  const input = text === undefined ? ok({}) : await readJson(text, process.stdin);
  if (!input.ok) return failWith(input, { catalogue, uncertain: false });
  const said = (name: string): string | undefined => {
    const value = given.flags.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  return answerCall(
    { operation, input: input.value, session: said('session'), requestId: said('request-id'), members: [] },
    catalogue,
    given,
  );
};
