import type { Description } from '../../catalogue/description.ts';
import { isRecord } from '../../kernel/json.ts';
import { fieldsOf } from './fields.ts';
import { exampleLine } from './sheet.ts';

/**
 * A message in the words of the command line: operations are called by their command, with the input that stands behind
 * them as flags, and members of an input by their flag; `members` are those of the call itself. Names that could be
 * ordinary words are left alone, and so is what stands in quotation marks, because somebody else may have written it.
 */
export const inCommands = (message: string, catalogue: Description, members: readonly string[]): string => {
  const { long, short } = namesIn(catalogue);
  const plain = members.filter((member) => !member.includes('_'));
  const flags = new Set([...members, ...membersIn(catalogue)].filter((member) => member.includes('_')));
  return replaced(message, catalogue, [
    String.raw`\b(?<long>${long})\b${input}`,
    `${before}(?<short>${short})${String.raw`\b`}`,
    ...(flags.size === 0 ? [] : [String.raw`\b(?<member>${[...flags].join('|')})\b`]),
    ...(plain.length === 0 ? [] : [String.raw`(?<=\bwith )(?<plain>${plain.join('|')})(?=: )`]),
  ]);
};

/**
 * A sentence of ours about `ref`, in the words of the command line. Names of agents and locks stand in it as they are, so
 * an operation is meant only where a sentence says what to call, and never within `ref`.
 */
export const sentenceInCommands = (sentence: string, catalogue: Description, ref: unknown): string => {
  const { long, short } = namesIn(catalogue);
  return replaced(sentence, catalogue, [
    ...(typeof ref === 'string' && ref !== '' ? [RegExp.escape(ref)] : []),
    `${before}(?<long>${long})${String.raw`\b`}${input}`,
    `${before}(?<short>${short})${String.raw`\b`}`,
    String.raw`(?<=: )(?<told>${long}|${short}) (?<given>\{"[^{}]*\})`,
  ]);
};

/** `2 message: call inbox; 1 lock_asked: call start`, as what to type; `flags` stand behind each command. */
export const hintInCommands = (hint: string, catalogue: Description, flags: string): string =>
  hint
    .split('; ')
    .map((part) => {
      const [, count, kind, call] = /^(\d+) (\w+): call (\w+)$/.exec(part) ?? [];
      return count === undefined || kind === undefined || call === undefined
        ? part
        : `${count} ${kind.replaceAll('_', ' ')}: ${commandLine(catalogue, call, undefined)}${flags}`;
    })
    .join('; ');

const input = String.raw`(?: (?<input>\{[^{}]*\}))?`;

/** What stands before the name of something to call. */
const before = String.raw`(?<=\b(?:[Cc]all|[Ww]ith|[Ss]ee) )`;

const namesIn = ({ operations }: Description): { readonly long: string; readonly short: string } => {
  const names = operations.map(({ name }) => name);
  return {
    long: names.filter((name) => name.includes('_')).join('|'),
    short: names.filter((name) => !name.includes('_')).join('|'),
  };
};

/** What any operation takes. */
const membersIn = (catalogue: Description): readonly string[] =>
  catalogue.operations.flatMap((operation) => {
    const { properties } = catalogue.inputSchemaOf(operation);
    return isRecord(properties) ? Object.keys(properties) : [];
  });

const replaced = (message: string, catalogue: Description, patterns: readonly string[]): string => {
  const pattern = new RegExp([String.raw`"(?:[^"\\]|\\.)*"`, ...patterns].join('|'), 'g');
  let said = '';
  let at = 0;
  for (const found of message.matchAll(pattern)) {
    const { long, input: typed, short, told, given, member, plain } = found.groups ?? {};
    const name = long ?? short ?? told;
    const flag = member ?? plain;
    said += message.slice(at, found.index);
    if (name !== undefined) said += commandLine(catalogue, name, typed ?? given);
    else said += flag === undefined ? found[0] : `--${flag.replaceAll('_', '-')}`;
    at = found.index + found[0].length;
  }
  return said + message.slice(at);
};

const commandLine = (catalogue: Description, name: string, input: string | undefined): string => {
  const operation = catalogue.find(name);
  const value = input === undefined ? {} : jsonIn(input);
  return operation.ok && isRecord(value)
    ? exampleLine(operation.value, fieldsOf(catalogue, operation.value), value)
    : `signalbox call ${name} '${input ?? ''}'`;
};

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
