import type { Readable } from 'node:stream';
import { nearestName } from '../../kernel/nearest.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { isRecord } from '../../kernel/json.ts';
import { printable, quoted } from '../../kernel/text.ts';
import type { Field, Shape } from './fields.ts';
import { type FlagValue, type ReadLine, seeHelp } from './flags.ts';
import { readJson } from './json-input.ts';

/** An operation as it was typed. */
export interface Typed {
  readonly fields: readonly Field[];
  readonly line: ReadLine;
  /** As a person writes it: `task add`. */
  readonly command: string;
  readonly stdin: Readable;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * The input that the words and flags mean. Only what text can be misread as is looked at here; whether the input is
 * good is for the operation's schema to say.
 */
export const inputOf = async (typed: Typed): Promise<Outcome<Members>> => {
  const { fields, line, command, stdin } = typed;
  const whole = line.values.get('input')?.[0];
  const base = typeof whole === 'string' ? await readJson(whole, stdin) : ok({});
  if (!base.ok) return base;
  if (!isRecord(base.value)) {
    return refuse(
      'invalid_input',
      `--input takes a JSON object. Give one such as --input '{"id": "T-1"}'.${seeHelp(typed)}`,
    );
  }
  const members: Record<string, unknown> = { ...base.value };
  const word = wordOf(typed);
  if (!word.ok) return word;
  for (const field of fields) {
    const given = line.values.get(field.flag);
    if (field.positional && word.value !== undefined) {
      if (given !== undefined) return saidTwice(field, command);
      members[field.member] = word.value;
      continue;
    }
    if (given === undefined) continue;
    const value = await valueOf(field, given, typed);
    if (!value.ok) return value;
    members[field.member] = value.value;
  }
  const missing = fields.find(({ member, required }) => required && members[member] === undefined);
  return missing === undefined ? ok(members) : refuseMissing(missing, command);
};

/** What the words behind the command say; undefined when there are none. */
const wordOf = ({ fields, line: { words }, command }: Typed): Outcome<unknown> => {
  const [first, second] = words;
  if (first === undefined) return ok(undefined);
  const field = fields.find(({ positional }) => positional);
  if (field === undefined) {
    return refuse(
      'invalid_input',
      `${command} takes flags only, and ${wordShown(first)} is none.${seeHelp({ command })}`,
    );
  }
  // Where several words are a list, the schema takes a single one as it is.
  if (second === undefined) return ok(first);
  const { shape } = field;
  if (shape.kind === 'list') return listOf(field, shape.of, { texts: words, command });
  const all = words.join(' ');
  if (fits(shape, all)) return ok(all);
  return refuse(
    'invalid_input',
    `${command} takes one ${field.member}, and ${wordShown(second)} is a word too many.${seeHelp({ command })}`,
  );
};

const wordCharactersMax = 80;

const wordShown = (word: string): string => quoted(printable(word.slice(0, wordCharactersMax)));

/** Whether a text is of the form that the schema asks for. */
const fits = (shape: Shape, text: string): boolean =>
  shape.kind !== 'text' || shape.pattern === undefined || new RegExp(shape.pattern, 'u').test(text);

const saidTwice = ({ flag, member }: Field, command: string): Refusal =>
  refuse(
    'invalid_input',
    `The ${member} is said twice, by a word and by --${flag}. Say it once.${seeHelp({ command })}`,
  );

/** What a command lacks that needs this field. */
export const refuseMissing = ({ flag, member, positional }: Field, command: string): Refusal =>
  refuse(
    'invalid_input',
    `${command} needs ${positional ? `${article(member)} ${member}` : `--${flag}`}. Write signalbox ${command} ${positional ? member.toUpperCase() : `--${flag} …`}.${seeHelp({ command })}`,
  );

const article = (word: string): string => (/^[aeiou]/.test(word) ? 'an' : 'a');

const valueOf = async (
  field: Field,
  given: readonly FlagValue[],
  typed: Typed,
): Promise<Outcome<unknown>> => {
  const [first] = given;
  const { shape, nullable } = field;
  if (shape.kind === 'yes-no') return ok(first);
  if (first === false) return ok(shape.kind === 'list' && !nullable ? [] : null);
  const texts = given.map(String);
  if (shape.kind === 'list') return listOf(field, shape.of, { texts, command: typed.command });
  if (shape.kind === 'map') return mapOf(field, texts, typed.command);
  const [text = ''] = texts;
  return shape.kind === 'json'
    ? readJson(text, typed.stdin)
    : scalarOf(field, shape, { text, command: typed.command });
};

/** Every flag is an item; one whose item could not hold a comma may also be several. */
const listOf = (
  field: Field,
  of: Shape,
  { texts, command }: { readonly texts: readonly string[]; readonly command: string },
): Outcome<unknown> => {
  const splits = of.kind !== 'text' || !fits(of, 'a,b');
  const items: unknown[] = [];
  for (const text of splits ? texts.flatMap((part) => part.split(',')) : texts) {
    const item = scalarOf(field, of, { text: splits ? text.trim() : text, command });
    if (!item.ok) return item;
    items.push(item.value);
  }
  return ok(items);
};

const mapOf = (field: Field, texts: readonly string[], command: string): Outcome<unknown> => {
  const members: Record<string, string | null> = {};
  for (const text of texts) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined) {
      return refuse(
        'invalid_input',
        `--${field.flag} takes KEY=VALUE, and ${wordShown(text)} has no "=".${seeHelp({ command })}`,
      );
    }
    // Where null removes a member, no text can stand for it but none at all.
    members[key] = value === '' && field.shape.kind === 'map' && field.shape.nullable ? null : value;
  }
  return ok(members);
};

const scalarOf = (
  { flag }: Field,
  shape: Shape,
  { text, command }: { readonly text: string; readonly command: string },
): Outcome<unknown> => {
  if (shape.kind === 'number') {
    if (shape.words.includes(text)) return ok(text);
    const number = text.trim() === '' ? Number.NaN : Number(text);
    const good = /^[-+]?\d+(?:\.\d+)?$/.test(text.trim()) && (!shape.whole || Number.isSafeInteger(number));
    return good
      ? ok(number)
      : refuse(
          'invalid_input',
          `--${flag} takes ${[`a ${shape.whole ? 'whole ' : ''}number`, ...shape.words].join(' or ')}, and ${wordShown(text)} is ${shape.words.length === 0 ? 'none' : 'neither'}.${seeHelp({ command })}`,
        );
  }
  return shape.kind === 'choice' ? oneOf(shape.choices, text, { flag, command }) : ok(text);
};

/** The choice that was typed behind a flag. */
export const oneOf = <Choice extends string>(
  choices: readonly Choice[],
  text: string,
  { flag, command }: { readonly flag: string; readonly command: string },
): Outcome<Choice> => {
  const chosen = choices.find((choice) => choice === text);
  if (chosen !== undefined) return ok(chosen);
  const nearest = nearestName(text, choices);
  return refuse(
    'invalid_input',
    `--${flag} takes one of ${choices.join(', ')}, and ${wordShown(text)} is none.${nearest === undefined ? '' : ` Did you mean ${nearest}?`}${seeHelp({ command })}`,
    { choices, ...(nearest !== undefined && { nearest }) },
  );
};
