import type { Description } from '../../catalogue/description.ts';
import { isRecord } from '../../kernel/json.ts';
import { fieldsOf } from './fields.ts';
import { exampleLine } from './sheet.ts';

/**
 * A message in the words of the command line: operations are called by their command, with the input that stands behind
 * them as flags, and members of the input by their flag. Names that could be ordinary words are left alone, and so is
 * what stands in quotation marks, because somebody else may have written it.
 */
export const inCommands = (message: string, catalogue: Description, members: readonly string[]): string => {
  const names = catalogue.operations.map(({ name }) => name);
  const flags = members.filter((member) => member.includes('_'));
  const pattern = new RegExp(
    [
      String.raw`"(?:[^"\\]|\\.)*"`,
      String.raw`\b(?<long>${names.filter((name) => name.includes('_')).join('|')})\b(?: (?<input>\{[^{}]*\}))?`,
      String.raw`(?<=\b[Cc]all )(?<short>${names.filter((name) => !name.includes('_')).join('|')})\b`,
      ...(flags.length === 0 ? [] : [String.raw`\b(?<member>${flags.join('|')})\b`]),
    ].join('|'),
    'g',
  );
  let said = '';
  let at = 0;
  for (const found of message.matchAll(pattern)) {
    const { long, input, short, member } = found.groups ?? {};
    const name = long ?? short;
    said += message.slice(at, found.index);
    if (name !== undefined) said += commandLine(catalogue, name, input);
    else said += member === undefined ? found[0] : `--${member.replaceAll('_', '-')}`;
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
