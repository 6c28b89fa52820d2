import type { Description } from '../../catalogue/description.ts';
import type { DescribedOperation } from '../../kernel/operation.ts';
import { type Field, fieldsOf, knownFlag } from '../../surfaces/cli/fields.ts';
import type { KnownFlag, ReadLine } from '../../surfaces/cli/flags.ts';
import { inputOf, refuseMissing } from '../../surfaces/cli/input.ts';
import { type Sheet, operationSheet } from '../../surfaces/cli/sheet.ts';
import { callFlags, callKeys, commonKeys, everywhere, inputFlag, keyFlags } from './flags.ts';
import type { Given } from './command.ts';
import { failWith } from './failure.ts';
import { answerCall } from '../answer-call.ts';

/** An operation as a command. */
export interface OperationCommand {
  readonly operation: DescribedOperation;
  /** As it is typed behind `signalbox`. */
  readonly name: string;
  readonly fields: readonly Field[];
  /** The flags that are its own: one for each member of the input. */
  readonly flags: readonly KnownFlag[];
  readonly sheet: Sheet;
}

export const operationCommand = (catalogue: Description, operation: DescribedOperation): OperationCommand => {
  const fields = fieldsOf(catalogue, operation);
  const common = [...everywhere, ...callFlags, inputFlag, ...keyFlags([...callKeys, ...commonKeys])];
  const sheet = operationSheet(operation, fields, common);
  return { operation, name: sheet.name, fields, flags: fields.map(knownFlag), sheet };
};

export const runOperation = async (
  { operation, name, fields }: OperationCommand,
  line: ReadLine,
  { catalogue, given }: { readonly catalogue: Description; readonly given: Given },
) => {
  const input = await inputOf({ fields, line, command: name, stdin: process.stdin });
  if (!input.ok) return failWith(input, { catalogue, uncertain: false });
  const outcome = await answerCall(
    {
      operation: operation.name,
      input: input.value,
      session: textOf(line, 'session'),
      requestId: textOf(line, 'request-id'),
      members: fields.map(({ member }) => member),
    },
    catalogue,
    given,
  );
  // Whoever typed the command alone is told what it is about, instead of all that could stand in its place.
  const about = fields.find(({ positional }) => positional);
  return !outcome.ok &&
    outcome.code === 'invalid_input' &&
    about !== undefined &&
    Object.keys(input.value).length === 0
    ? failWith(refuseMissing(about, name), { catalogue, uncertain: false })
    : outcome;
};

const textOf = ({ values }: Pick<ReadLine, 'values'>, name: string): string | undefined => {
  const value = values.get(name)?.[0];
  return typeof value === 'string' ? value : undefined;
};
