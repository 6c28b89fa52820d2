import { parseArgs } from 'node:util';
import type { Description } from '../catalogue/description.ts';
import { writtenDescription } from '../catalogue/written-description.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import { printable, quoted } from '../kernel/text.ts';
import type { DescribedOperation } from '../kernel/operation.ts';
import { seeHelp } from '../surfaces/cli/flags.ts';
import { meantWord, otherCommands, otherVerbs } from '../surfaces/cli/meant.ts';
import { commandOf } from '../surfaces/cli/command-name.ts';
import { callFlags, everywhere, inputFlag, flagKeyNames, keyFlags, versionFlag } from './commands/flags.ts';
import type { Command } from './commands/command.ts';
import { commands } from './commands/index.ts';

/** What a line asks for, before its flags are looked at. */
export type Asked =
  | { readonly kind: 'help'; readonly words: readonly string[] }
  | { readonly kind: 'version' }
  | { readonly kind: 'command'; readonly command: Command; readonly rest: readonly string[] }
  | {
      readonly kind: 'operation';
      readonly operation: DescribedOperation;
      readonly catalogue: Description;
      readonly rest: readonly string[];
    };

/** Finds the command in what was typed. Flags that are no command's own may stand before it. */
export const findCommand = (args: readonly string[]): Outcome<Asked> => {
  const { words, flags } = outline(args);
  const [first, second] = words;
  if (first === undefined) {
    if (flags.has('help')) return ok({ kind: 'help', words: [] });
    if (flags.has('version')) return ok({ kind: 'version' });
    const serve = commands.find(({ name }) => name === 'serve');
    return serve === undefined ? noCommand([], []) : ok({ kind: 'command', command: serve, rest: args });
  }
  const texts = words.map(({ text }) => text);
  if (first.text === 'help') return ok({ kind: 'help', words: texts.slice(1) });
  if (flags.has('help')) return ok({ kind: 'help', words: texts.slice(0, 2) });
  const found = commandNamed(first.text, second?.text);
  if (!found.ok) return found;
  const { length } = found.value.name.split(' ');
  if (found.value.kind === 'version') return ok({ kind: 'version' });
  const taken = new Set([first, second].slice(0, length).map((word) => word?.at));
  return ok({ ...found.value, rest: args.filter((_, i) => !taken.has(i)) });
};

export interface Outline {
  readonly words: readonly { readonly text: string; readonly at: number }[];
  readonly flags: ReadonlySet<string>;
  /** Of flags that have one. */
  readonly values: ReadonlyMap<string, string>;
}

/** The words of a line and the flags that any command may have; what else there is only its command can tell. */
export const outline = (args: readonly string[]): Outline => {
  const known = [...everywhere, versionFlag, ...callFlags, inputFlag, ...keyFlags(flagKeyNames)];
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      known.map(({ name, placeholder }) => [
        name,
        {
          type: placeholder === undefined ? ('boolean' as const) : ('string' as const),
          ...(name === 'help' && { short: 'h' }),
          ...(name === 'version' && { short: 'v' }),
        },
      ]),
    ),
    strict: false,
    tokens: true,
  });
  return {
    words: tokens.flatMap((token) =>
      token.kind === 'positional' ? [{ text: token.value, at: token.index }] : [],
    ),
    flags: new Set(tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []))),
    values: new Map(
      tokens.flatMap((token) =>
        token.kind === 'option' && token.value !== undefined ? [[token.name, token.value] as const] : [],
      ),
    ),
  };
};

export type Named =
  | { readonly kind: 'version'; readonly name: string }
  | { readonly kind: 'command'; readonly name: string; readonly command: Command }
  | {
      readonly kind: 'operation';
      readonly name: string;
      readonly operation: DescribedOperation;
      readonly catalogue: Description;
    };

/** The command that one or two words name. */
export const commandNamed = (first: string, second: string | undefined): Outcome<Named> => {
  if (first === 'version') return ok({ kind: 'version', name: 'version' });
  const two = `${first} ${second ?? ''}`;
  const command = commands.find(({ name }) => name === two) ?? commands.find(({ name }) => name === first);
  if (command !== undefined) return ok({ kind: 'command', name: command.name, command });
  const catalogue = writtenDescription();
  const named = (name: string): DescribedOperation | undefined =>
    catalogue.operations.find((operation) => commandOf(operation.name) === name);
  const operation = named(two) ?? named(first);
  if (operation !== undefined) {
    return ok({ kind: 'operation', name: commandOf(operation.name), operation, catalogue });
  }
  const names = [
    ...commands.map(({ name }) => name),
    ...catalogue.operations.map(({ name }) => commandOf(name)),
  ];
  return noCommand(second === undefined ? [first] : [first, second], names);
};

const wordCharactersMax = 64;

/** `a, b or c`. */
const inWords = (words: readonly string[]): string =>
  [words.slice(0, -1).join(', '), ...words.slice(-1)].filter((part) => part !== '').join(' or ');

const noCommand = (words: readonly string[], names: readonly string[]): Refusal => {
  const [first = '', second] = words;
  const shown = (word: string): string => quoted(printable(word.slice(0, wordCharactersMax)));
  const family = names.filter((name) => name.startsWith(`${first} `));
  if (family.length > 0) {
    const verbs = family.map((name) => name.slice(first.length + 1));
    const nearest = second === undefined ? undefined : meantWord(second, verbs, otherVerbs);
    const what =
      second === undefined
        ? `${first} needs one word more:`
        : `There is no command ${shown(`${first} ${second}`)}. There are`;
    return refuse(
      'invalid_input',
      `${what} ${verbs.join(', ')}.${nearest === undefined ? '' : ` Did you mean signalbox ${first} ${nearest}?`}${seeHelp({ command: first })}`,
      nearest === undefined ? {} : { nearest: `${first} ${nearest}` },
    );
  }
  const meant = meantCommands(words, names).map((name) => `signalbox ${name}`);
  const [nearest] = meant;
  return refuse(
    'invalid_input',
    `There is no command ${shown(first)}.${nearest === undefined ? '' : ` Did you mean ${inWords(meant)}?`}${seeHelp({ command: '' })}`,
    nearest === undefined ? {} : { nearest: nearest.replace('signalbox ', '') },
  );
};

/** How many commands a refusal may suggest. */
const meantMax = 3;

/**
 * The commands that were probably meant: by what other programs call them, when nothing else was typed (`log` is no
 * `login`), by all words, by the first one, by what other programs call that, or by the verb alone (`claim`).
 */
const meantCommands = (words: readonly string[], names: readonly string[]): readonly string[] => {
  const [first = ''] = words;
  const families = [...new Set(names.map((name) => name.split(' ')[0] ?? ''))];
  const verbs = names.filter((name) => name.endsWith(` ${first}`));
  const known = otherWords(first, names);
  if (words.length === 1 && known.length > 0) return known;
  const near = meantWord(words.join(' '), names) ?? (known.length > 0 ? undefined : meantWord(first, names));
  if (near !== undefined) return [near];
  if (known.length > 0) return known;
  if (verbs.length > 0) return verbs.slice(0, meantMax);
  const family = words.length === 1 ? meantWord(first, families) : undefined;
  return family === undefined ? [] : [family];
};

const otherWords = (word: string, names: readonly string[]): readonly string[] =>
  Object.hasOwn(otherCommands, word)
    ? (otherCommands[word] ?? []).filter((name) => names.includes(name)).slice(0, meantMax)
    : [];
