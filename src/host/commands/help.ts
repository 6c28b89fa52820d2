import { writtenDescription } from '../../catalogue/written-description.ts';
import type { Description } from '../../catalogue/description.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { exampleLines, flagText, listed, sheetText } from '../../surfaces/cli/help.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import { type Sheet, asRemark } from '../../surfaces/cli/sheet.ts';
import type { Terminal } from '../../surfaces/cli/terminal.ts';
import { commandNamed } from '../command-line.ts';
import { version } from '../version.ts';
import type { Command } from './command.ts';
import { commonKeys, everywhere, keyFlags } from './flags.ts';
import { commands } from './index.ts';
import { operationCommand } from './operation.ts';

/** `signalbox help`, `signalbox help task`, `signalbox help task add`. */
export const writeHelp = async (
  words: readonly string[],
  terminal: Pick<Terminal, 'out' | 'json'>,
): Promise<Outcome<unknown>> => {
  const sheets = sheetsOf(writtenDescription());
  const [first, second] = words;
  const family = sheets.filter(({ name }) => name.startsWith(`${first} `));
  if (first === undefined || first === 'help' || first === 'version')
    return write(terminal, overview(sheets), sheets);
  if (second === undefined && family.length > 0) return write(terminal, familyText(first, family), family);
  const named = commandNamed(first, second);
  if (!named.ok) return named;
  const sheet = sheets.find(({ name }) => name === named.value.name);
  return sheet === undefined ? ok(undefined) : write(terminal, sheetText(sheet), [sheet]);
};

const write = (
  terminal: Pick<Terminal, 'out' | 'json'>,
  text: string,
  sheets: readonly Sheet[],
): Outcome<true> => {
  if (terminal.json) writeJson(terminal, { version, commands: sheets.map(sheetValue) });
  else terminal.out.write(text);
  return ok(true);
};

const sheetValue = ({ name, summary, words, flags, rare, common, examples }: Sheet) => ({
  name,
  summary,
  words,
  flags: [...flags, ...rare, ...common].map((flag) => ({ flag: flagText(flag), meaning: flag.meaning })),
  examples,
});

/** All commands: the operations first, because they are what is typed most. */
export const sheetsOf = (catalogue: Description): readonly Sheet[] => [
  ...catalogue.operations.map((operation) => operationCommand(catalogue, operation).sheet),
  ...commands.map(commandSheet),
];

const commandSheet = ({ name, summary, words, keys, flags, example }: Command): Sheet => ({
  name,
  summary: asRemark(summary),
  words,
  flags: [...flags, ...keyFlags(keys)],
  rare: [],
  isCall: false,
  common: [...everywhere, ...keyFlags(commonKeys)],
  examples: [example],
});

/** Families one to a line, what is one word together, and what the program itself does in the words of each. */
const overview = (sheets: readonly Sheet[]): string => {
  const calls = Map.groupBy(
    sheets.filter(({ isCall }) => isCall),
    ({ name }) => name.split(' ')[0] ?? '',
  );
  const families = [...calls].filter(([, family]) => family.length > 1);
  const alone = [...calls.values()].flatMap((family) => (family.length === 1 ? family : []));
  const own = sheets.filter(({ isCall, name }) => !isCall && !calls.has(name.split(' ')[0] ?? ''));
  const added = sheets.filter(({ isCall }) => !isCall);
  const verbsOf = (first: string, family: readonly Sheet[]): string =>
    [...family, ...added.filter(({ name }) => name.startsWith(`${first} `))]
      .map(({ name }) => name.slice(first.length + 1))
      .join(', ');
  return [
    `Signalbox ${version}: AI agents share one task board. Without a command, it serves.`,
    '',
    `  ${alone.map(({ name }) => name).join(', ')}`,
    ...listed([
      ...families.map(([first, family]): readonly [string, string] => [first, verbsOf(first, family)]),
      ...own.map(({ name, summary }): readonly [string, string] => [name, summary]),
      ['help, version', 'how to use a command: signalbox help task add'],
    ]),
    '',
    'Example: signalbox start --agent ada && signalbox task claim --agent ada',
    '',
  ].join('\n');
};

const familyText = (first: string, family: readonly Sheet[]): string =>
  [
    `signalbox ${first}:`,
    '',
    ...listed(
      family.map(({ name, words, summary }) => [
        [name, words].filter((part) => part !== '').join(' '),
        summary,
      ]),
    ),
    '',
    'Example:',
    ...exampleLines(family[0]?.examples[0] ?? ''),
    '',
  ].join('\n');
