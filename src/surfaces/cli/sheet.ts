import type { DescribedOperation } from '../../kernel/operation.ts';
import { isRecord } from '../../kernel/json.ts';
import { shellWord } from './answer.ts';
import { type Field, knownFlag } from './fields.ts';
import type { KnownFlag } from './flags.ts';
import { commandOf } from './command-name.ts';

/** Everything that there is to say of one command. */
export interface Sheet {
  /** As it is typed behind `signalbox`. */
  readonly name: string;
  readonly summary: string;
  /** The words behind the name. */
  readonly words: string;
  readonly flags: readonly KnownFlag[];
  /** Flags of its own that few calls need. */
  readonly rare: readonly KnownFlag[];
  /** Whether it is an operation. */
  readonly isCall: boolean;
  /** Flags that it shares with others. */
  readonly common: readonly KnownFlag[];
  /** Each a line for a shell. */
  readonly examples: readonly string[];
}

/** What help and reference say of an operation; `common` are the flags of every call. */
export const operationSheet = (
  operation: DescribedOperation,
  fields: readonly Field[],
  common: readonly KnownFlag[],
): Sheet => {
  const omits = new Set(operation.short?.omits);
  const named = fields.filter(({ positional }) => !positional);
  const flagsOf = (some: readonly Field[]): readonly KnownFlag[] => some.map(knownFlag);
  const own = new Set(named.map(({ flag }) => flag));
  return {
    name: commandOf(operation.name),
    summary: asRemark(operation.summary),
    words: fields
      .filter(({ positional }) => positional)
      .map(wordsShown)
      .join(' '),
    flags: flagsOf(named.filter(({ member }) => !omits.has(member))),
    rare: flagsOf(named.filter(({ member }) => omits.has(member))),
    isCall: true,
    common: common.filter(({ name }) => !own.has(name)),
    examples: operation.examples.map(
      ({ input }) => `${exampleLine(operation, fields, input)}${needsAgent(operation) ? asAgent : ''}`,
    ),
  };
};

/** What works only for an agent is printed so that it can be typed as it is. */
const needsAgent = ({ role, errors }: DescribedOperation): boolean =>
  role === 'worker' && errors.includes('session_required');

const asAgent = ' --agent ada';

/** `NAME`, `[NAME]` where it may be missing, `NAME...` where there may be several. */
const wordsShown = ({ member, required, shape }: Field): string => {
  const shown = `${member.toUpperCase()}${shape.kind === 'list' ? '...' : ''}`;
  return required ? shown : `[${shown}]`;
};

/** A sentence as a remark in a list: `Give a task back.` becomes `give a task back`. */
export const asRemark = (sentence: string): string =>
  sentence.replace(/\.$/, '').replace(/^[A-Z](?![A-Z])/, (first) => first.toLowerCase());

/** An input as somebody would type it. */
export const exampleLine = (
  operation: DescribedOperation,
  fields: readonly Field[],
  input: Readonly<Record<string, unknown>>,
): string => {
  const words: string[] = ['signalbox', commandOf(operation.name)];
  const flags: string[] = [];
  for (const field of fields) {
    const value = input[field.member];
    if (value === undefined) continue;
    if (field.positional) words.push(...(Array.isArray(value) ? value : [value]).map(wordFor));
    else flags.push(...flagsFor(field, value));
  }
  return [...words, ...flags].join(' ');
};

const wordFor = (value: unknown): string => shellWord(textOf(value));

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const flagsFor = ({ flag, shape, nullable }: Field, value: unknown): readonly string[] => {
  if (typeof value === 'boolean') return [value ? `--${flag}` : `--no-${flag}`];
  if (value === null && nullable) return [`--no-${flag}`];
  if (shape.kind === 'json') return [`--${flag} ${shellWord(JSON.stringify(value))}`];
  if (Array.isArray(value)) return value.map((item) => `--${flag} ${shellWord(textOf(item))}`);
  if (!isRecord(value)) return [`--${flag} ${shellWord(textOf(value))}`];
  return Object.entries(value).map(
    ([key, member]) => `--${flag} ${shellWord(`${key}=${textOf(member ?? '')}`)}`,
  );
};
