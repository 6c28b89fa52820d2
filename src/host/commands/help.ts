import { writtenDescription } from '../../catalogue/written-description.ts';
import type { Description } from '../../catalogue/description.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { exampleLines, flagRows, flagText, listed, sheetText } from '../../surfaces/cli/help.ts';
import type { KnownFlag } from '../../surfaces/cli/flags.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import { type Sheet, asRemark } from '../../surfaces/cli/sheet.ts';
import type { Terminal } from '../../surfaces/cli/terminal.ts';
import { commandNamed } from '../command-line.ts';
import { version } from '../version.ts';
import type { Command } from './command.ts';
import { callFlags, callKeys, commonKeys, everywhere, inputFlag, keyFlags } from './flags.ts';
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
  if (first === flagsWord && second === undefined) return writeFlags(terminal);
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
  flags: [...flags, ...rare, ...common].map(flagValue),
  examples,
});

const flagValue = (flag: KnownFlag) => ({ flag: flagText(flag), meaning: flag.meaning });

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

/** Below this word stand the flags that calls and commands share. */
const flagsWord = 'flags';

const writeFlags = (terminal: Pick<Terminal, 'out' | 'json'>): Outcome<true> => {
  const ofCalls = [...callFlags, inputFlag, ...keyFlags(callKeys)];
  const ofAll = [...everywhere, ...keyFlags(commonKeys)];
  const { json, out } = terminal;
  if (json) writeJson(terminal, { version, calls: ofCalls.map(flagValue), commands: ofAll.map(flagValue) });
  else {
    const parts = ['Flags of every call:', ...listed(flagRows(ofCalls)), ''];
    out.write([...parts, 'Flags of every command:', ...listed(flagRows(ofAll)), ''].join('\n'));
  }
  return ok(true);
};

/** What is typed most, then families one to a line, what the program itself does, and what is seldom needed. */
const overview = (sheets: readonly Sheet[]): string => {
  const families = Map.groupBy(sheets, ({ name }) => name.split(' ')[0] ?? '');
  const [rare, usual] = [true, false].map((wanted) =>
    [...families].filter(([first]) => seldom.includes(first) === wanted),
  );
  const rowOf = ([first, family]: Family): readonly [string, string] => {
    const [only] = family;
    return only?.name === first ? [first, only.summary] : [first, verbsOf(first, family)];
  };
  return [
    `Signalbox ${version}: AI agents share one task board. Without a command, it serves.`,
    ...listed([
      ...(usual ?? []).toSorted(([, one], [, other]) => rankOf(one) - rankOf(other)).map(rowOf),
      ['also', (rare ?? []).map(shortly).join(', ')],
    ]),
    'More: signalbox help task add. Agents say --agent NAME, or set SIGNALBOX_AGENT.',
    '',
  ].join('\n');
};

type Family = readonly [string, readonly Sheet[]];

/** The first words of commands that few need. */
const seldom: readonly string[] = [
  'audit',
  'mode',
  'tool',
  'auth',
  'rate',
  'token',
  'principal',
  'encryption',
  'call',
  'run',
  'exec',
  'login',
  'connect',
  'verify',
  'checkpoint',
  'erase',
  'backup',
  'restore',
  'migrate',
  'export',
  'import',
  'reset',
  'compact',
  'config',
  'completion',
];

/** Operations of one word come first, then those of two, then what the program itself does. */
const rankOf = ([sheet]: readonly Sheet[]): number =>
  sheet?.isCall !== true ? 2 : sheet.name.includes(' ') ? 1 : 0;

/** `mode get|set`; of a family of one, its whole name. */
const shortly = ([first, family]: Family): string => {
  const [only] = family;
  return only?.name === first ? first : `${first} ${verbsOf(first, family, '|')}`;
};

const verbsOf = (first: string, family: readonly Sheet[], between = ', '): string =>
  family.map(({ name }) => name.slice(first.length + 1)).join(between);

const familyText = (first: string, family: readonly Sheet[]): string =>
  [
    `signalbox ${first} needs one word more:`,
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
