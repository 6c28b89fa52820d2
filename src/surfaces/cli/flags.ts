import { parseArgs } from 'node:util';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { printable, quoted } from '../../kernel/text.ts';
import { meantWord, otherFlags } from './meant.ts';

/** A flag that a command takes. */
export interface KnownFlag {
  readonly name: string;
  /** What stands for its value in help; undefined for one that is only there or not. */
  readonly placeholder: string | undefined;
  readonly meaning: string;
  /** All values there are, where they are few. */
  readonly choices?: readonly string[];
  /** May be given more than once. */
  readonly many?: true;
  /** May also be written `--no-<name>`. */
  readonly no?: true;
}

/** `false` for `--no-<name>`, `true` for a flag without a value. */
export type FlagValue = string | boolean;

export interface ReadLine {
  readonly words: readonly string[];
  readonly values: ReadonlyMap<string, readonly FlagValue[]>;
}

/** Whose flags they are, and where to read more, as a refusal says it. */
export interface Reading {
  readonly known: readonly KnownFlag[];
  /** `task list`; empty for what stands before any command. */
  readonly command: string;
}

/** Takes what was typed apart. Nothing is guessed: what is not known is refused, with the nearest that is. */
export const readFlags = (args: readonly string[], reading: Reading): Outcome<ReadLine> => {
  const spellings = spellingsOf(reading.known);
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      [...spellings].map(([name, { flag, no }]) => [
        name,
        {
          type: flag.placeholder === undefined || no ? ('boolean' as const) : ('string' as const),
          ...(name === 'help' && { short: 'h' }),
        },
      ]),
    ),
    strict: false,
    tokens: true,
  });
  const words: string[] = [];
  const values = new Map<string, FlagValue[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const spelling = spellings.get(token.name);
    if (spelling === undefined) return unknownFlag(args[token.index] ?? token.rawName, reading);
    const { flag, no } = spelling;
    const value = valueOf(spelling, token, spellings);
    if (value === undefined) return refuseValue(spelling, reading);
    const stray = strayBehind(spelling, token, tokens);
    if (stray !== undefined) return refuseStray(spelling, stray, reading);
    const before = values.get(flag.name);
    if (before !== undefined && flag.many !== true) {
      return refuse('invalid_input', `--${flag.name} is given twice. Give it once.${seeHelp(reading)}`);
    }
    if (before !== undefined && (no || before.includes(false))) {
      return refuse(
        'invalid_input',
        `--${flag.name} and --no-${flag.name} do not go together. Give one of them.${seeHelp(reading)}`,
      );
    }
    values.set(flag.name, [...(before ?? []), value]);
  }
  return ok({ words, values });
};

interface Spelling {
  readonly flag: KnownFlag;
  /** Whether it is `--no-<name>`. */
  readonly no: boolean;
}

const spellingsOf = (known: readonly KnownFlag[]): ReadonlyMap<string, Spelling> =>
  new Map(
    known.flatMap((flag): (readonly [string, Spelling])[] => [
      [flag.name, { flag, no: false }],
      ...(flag.no === true ? [[`no-${flag.name}`, { flag, no: true }] as const] : []),
    ]),
  );

interface OptionToken {
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/** Undefined when the value is missing, or is one that the flag does not take. */
const valueOf = (
  { flag, no }: Spelling,
  { value, inlineValue }: OptionToken,
  spellings: ReadonlyMap<string, Spelling>,
): FlagValue | undefined => {
  if (no) return value === undefined ? false : undefined;
  if (flag.placeholder !== undefined) {
    // `--note --json` forgets the note. What really begins like a flag is written `--note=--json`.
    const isFlag = inlineValue !== true && value?.startsWith('--') && spellings.has(nameIn(value));
    return isFlag ? undefined : value;
  }
  if (value === undefined) return true;
  if (flag.no !== true) return undefined;
  return value === 'true' ? true : value === 'false' ? false : undefined;
};

const nameIn = (text: string): string => text.replace(/^--/, '').replace(/=.*$/s, '');

const refuseValue = ({ flag, no }: Spelling, reading: Reading): Refusal => {
  const { name, placeholder } = flag;
  if (placeholder === undefined || no) {
    return refuse(
      'invalid_input',
      `--${no ? 'no-' : ''}${name} takes no value. Write it alone.${seeHelp(reading)}`,
    );
  }
  return refuse(
    'invalid_input',
    `--${name} needs a value. Write --${name} ${placeholder}, or --${name}=${placeholder} when the value begins with a dash.${seeHelp(reading)}`,
  );
};

interface PlacedToken {
  readonly kind: string;
  readonly index: number;
  readonly value?: string | undefined;
}

/**
 * A yes or no that was meant for the flag in front of it, which takes none. Where no such flag can be denied it may be
 * the one word of the command, such as what to look for.
 */
const strayBehind = (
  { flag, no }: Spelling,
  token: PlacedToken,
  tokens: readonly PlacedToken[],
): string | undefined => {
  if (token.value !== undefined || (flag.placeholder !== undefined && !no)) return undefined;
  const words = tokens.filter(({ kind }) => kind === 'positional');
  const next = words.find(({ index }) => index === token.index + 1)?.value;
  if (next !== 'true' && next !== 'false') return undefined;
  return flag.no === true || words.length > 1 ? next : undefined;
};

const refuseStray = ({ flag, no }: Spelling, word: string, reading: Reading): Refusal => {
  const { name, placeholder } = flag;
  const written =
    flag.no === true && placeholder === undefined
      ? `Write --${name} for yes, or --no-${name} for no.`
      : `Write --${no ? 'no-' : ''}${name} alone, or leave it out.`;
  return refuse(
    'invalid_input',
    `--${no ? 'no-' : ''}${name} takes no value, so ${quoted(word)} behind it is a stray word. ${written}${seeHelp(reading)}`,
  );
};

const flagCharactersMax = 64;

const unknownFlag = (typed: string, reading: Reading): Refusal => {
  const name = nameIn(typed).replace(/^-/, '');
  const shown = quoted(printable(typed.replace(/=.*$/s, '').slice(0, flagCharactersMax)));
  const names = [...spellingsOf(reading.known).keys()];
  const nearest = meantWord(name, names, otherFlags);
  return refuse(
    'invalid_input',
    `${reading.command === '' ? 'signalbox' : reading.command} has no flag ${shown}.${nearest === undefined ? '' : ` Did you mean --${nearest}?`}${seeHelp(reading)}`,
    nearest === undefined ? {} : { nearest: `--${nearest}` },
  );
};

/** Where to read what there is. */
export const seeHelp = ({ command }: Pick<Reading, 'command'>): string =>
  ` See signalbox help${command === '' ? '' : ` ${command}`}.`;
