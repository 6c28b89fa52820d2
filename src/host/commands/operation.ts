import type { Description } from '../../catalogue/description.ts';
import type { Outcome } from '../../kernel/errors.ts';
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

/** What the command of an operation does instead when a flag is given that is not of the operation but of the program. */
interface Instead {
  readonly flag: KnownFlag;
  readonly example: string;
  readonly run: (given: Given) => Promise<Outcome<unknown>>;
}

const insteads: Readonly<Record<string, Instead>> = {
  status: {
    flag: {
      name: 'health',
      placeholder: undefined,
      meaning: 'how the running hub stands against its service levels instead; fails when one does not hold',
    },
    example: 'signalbox status --health',
    run: async (given) => (await import('../show-service-levels.ts')).showServiceLevels(given),
  },
};

const insteadOf = ({ name }: DescribedOperation): Instead | undefined =>
  Object.hasOwn(insteads, name) ? insteads[name] : undefined;

export const operationCommand = (catalogue: Description, operation: DescribedOperation): OperationCommand => {
  const fields = fieldsOf(catalogue, operation);
  const common = [...everywhere, ...callFlags, inputFlag, ...keyFlags([...callKeys, ...commonKeys])];
  const plain = operationSheet(operation, fields, common);
  const instead = insteadOf(operation);
  const sheet =
    instead === undefined
      ? plain
      : {
          ...plain,
          flags: [...plain.flags, instead.flag],
          examples: [...plain.examples, instead.example],
        };
  const flags = [...fields.map(knownFlag), ...(instead === undefined ? [] : [instead.flag])];
  return { operation, name: sheet.name, fields, flags, sheet };
};

export const runOperation = async (
  { operation, name, fields }: OperationCommand,
  line: ReadLine,
  { catalogue, given }: { readonly catalogue: Description; readonly given: Given },
): Promise<Outcome<unknown>> => {
  const instead = insteadOf(operation);
  if (instead !== undefined && line.values.has(instead.flag.name)) return instead.run(given);
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
