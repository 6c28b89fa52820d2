import { type Document, LineCounter, type Pair, isMap, isScalar, parseDocument } from 'yaml';
import { type ErrorCode, type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { quoted, repeatable } from '../../kernel/text.ts';
import { nearestName } from '../../kernel/nearest.ts';
import type { Found } from './find-files.ts';
import { faultIn, referenceForm } from './forms.ts';
import { type KeyName, keyNames, keyOfMember, keys, memberOf } from './keys.ts';

/** What a file says of one key. */
interface Said {
  readonly text: string;
  readonly line: number;
}

export type FileValues = ReadonlyMap<KeyName, Said>;

const quotedCharactersMax = 60;
const faultCharactersMax = 200;

/** What a configuration file says. What it should not say is refused with its line. */
export const readFileText = (text: string, found: Found): Outcome<FileValues> => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fail = (offset: number, what: string, code: ErrorCode = 'invalid_input') => {
    const { line } = lines.linePos(offset);
    return refuse(code, `${found.path}:${line}: ${what}`, { path: found.path, line });
  };
  const [fault] = document.errors;
  if (fault !== undefined)
    return fail(
      offsetOfFault(fault.pos[0], document, text),
      `this is not valid YAML${inBrackets(fault.message, text)}. Correct it.`,
    );
  // What YAML lets be said and nobody understands, such as a type that is not known.
  const [doubt] = document.warnings;
  if (doubt !== undefined)
    return fail(doubt.pos[0], `this means nothing here${inBrackets(doubt.message, text)}. Take it out.`);
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return ok(new Map());
  if (!isMap(contents))
    return fail(contents.range[0], 'a line such as "port: 8321" was expected for each key. Correct it.');
  const values = new Map<KeyName, Said>();
  for (const pair of contents.items) {
    const entry = entryIn(pair);
    if (!entry.ok) return fail(offsetOf(pair), entry.message, entry.code);
    const { name, text: value } = entry.value;
    const { line } = lines.linePos(offsetOf(pair));
    const refusal = notHere(name, found);
    if (refusal !== undefined) return fail(offsetOf(pair), refusal);
    const { form, secret } = keys[name];
    const why = faultIn(secret === true ? referenceForm : form, value);
    if (why !== undefined) {
      const what = secret === true ? 'what it is' : shown(value);
      return fail(offsetOf(pair), `${memberOf(name)} cannot be ${what}: ${why}. Correct it.`);
    }
    values.set(name, { text: value, line });
  }
  return ok(values);
};

/** What is never closed is missed at the end of the text, and belongs where it was opened: with the last key. */
const offsetOfFault = (at: number, { contents }: Document.Parsed, text: string): number => {
  if (text.slice(at).trim() !== '') return at;
  const last = isMap(contents) ? contents.items.at(-1) : undefined;
  return last === undefined ? (contents?.range[0] ?? 0) : offsetOf(last);
};

/** A key that is a secret, wherever it may stand in a line. */
const secretKey = new RegExp(
  String.raw`\b(?:${keyNames
    .filter((name) => keys[name].secret === true)
    .map(memberOf)
    .join('|')})\b["']?\s*:`,
);

/** What is wrong, unless a secret may be part of it. */
const inBrackets = (message: string, text: string): string =>
  secretKey.test(text) ? '' : ` (${repeatable(message, faultCharactersMax)})`;

const shown = (text: string): string => quoted(repeatable(text, quotedCharactersMax));

const offsetOf = ({ key }: Pair): number => (isScalar(key) ? (key.range?.[0] ?? 0) : 0);

const entryIn = ({ key, value }: Pair): Outcome<{ readonly name: KeyName; readonly text: string }> => {
  const member = isScalar(key) ? String(key.value) : '';
  const name = keyOfMember(member);
  if (name === undefined) {
    const members = keyNames.filter((known) => keys[known].files !== 'none').map(memberOf);
    const near = nearestName(member, members);
    const advice = near === undefined ? `The keys are ${members.join(', ')}.` : `Did you mean ${near}?`;
    return refuse('invalid_input', `there is no key ${shown(member)}. ${advice}`);
  }
  // As it is written: 010 is text to one who names a workspace, and 1e3 is not a port.
  const text = isScalar(value) ? (value.source ?? '') : undefined;
  if (text === undefined)
    return refuse('invalid_input', `${member} has to be one value on its line. Correct it.`);
  if (isScalar(value) && value.value === null)
    return refuse('invalid_input', `${member} has no value. Give it one, or take the line out.`);
  if (isScalar(value) && value.tag !== undefined && !knownTags.test(value.tag))
    return refuse(
      'invalid_input',
      `${member} has a type that means nothing here. Take what begins with ! out.`,
    );
  return ok({ name, text });
};

/** Types that a value may be given: those that it could have without. */
const knownTags = /^!$|^tag:yaml\.org,2002:(?:str|int|bool)$/;

/** Why a key may not stand in this file. */
const notHere = (name: KeyName, { kind }: Found): string | undefined => {
  const { files, variable, secret } = keys[name];
  const member = memberOf(name);
  const otherwise = secret === true ? variable : `--${name} or by ${variable}`;
  if (files === 'none')
    return `${member} cannot be said in a file. Give --${name} or ${variable}, and take the line out.`;
  if (kind === 'project' && files === 'own')
    return `${member} may not be said by a repository, because it decides where data goes or who is asked for it. Say it in your own file ($XDG_CONFIG_HOME/signalbox/signalbox.yaml), by ${otherwise}, and take the line out.`;
  return undefined;
};
