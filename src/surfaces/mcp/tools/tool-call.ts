import type { Catalogue } from '../../../catalogue/catalogue.ts';
import { toolCallInput, toolCallName } from '../../../catalogue/exposure/tool-call.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { checkInput } from '../../../kernel/checked-input.ts';
import type { Operation } from '../../../kernel/operation.ts';

interface Called {
  readonly operation: Operation;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What `tool_call` is asked to call. The session may stand beside the arguments or among them. */
export const calledTool = (
  catalogue: Catalogue,
  { session, ...given }: Readonly<Record<string, unknown>>,
): Outcome<Called> => {
  const input = checkInput({ name: toolCallName, input: toolCallInput }, given);
  if (!input.ok) return input;
  const { name, arguments: args = {} } = input.value;
  if (name === toolCallName) return callsItself;
  const operation = catalogue.find(name);
  if (!operation.ok) return operation;
  return ok({
    operation: operation.value,
    args: session === undefined || Object.hasOwn(args, 'session') ? args : { ...args, session },
  });
};

const callsItself = refuse(
  'invalid_input',
  `${toolCallName} calls other tools, not itself. Name the tool that you want; tool_search finds it.`,
);
