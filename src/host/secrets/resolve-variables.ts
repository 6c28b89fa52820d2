import { dirname } from 'node:path';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { repeatable } from '../../kernel/text.ts';
import { homeIn } from '../configuration/find-files.ts';
import { wholePath } from '../configuration/forms.ts';
import type { Forwarding } from '../run/signals.ts';
import { type Program, outputOf } from './command-output.ts';
import type { EnvVariable } from './env-file.ts';
import { textBytesMax, textIn } from './read-bounded.ts';
import { type Reference, referenceIn } from './references.ts';
import { readSecretFile } from './secret-file.ts';

/** Where references are looked up. */
export interface Resolving {
  readonly env: NodeJS.ProcessEnv;
  readonly signals: Pick<Forwarding, 'early' | 'exit'>;
}

/**
 * The values of variables, in their order, one after the other, so that of several programs each has the terminal for
 * itself. A value is the text of the file, or what that refers to: `${NAME}`, `file:PATH`, `cmd:COMMAND`, `op://…`. It
 * is in no refusal.
 */
export const resolveVariables = async (
  variables: Iterable<EnvVariable>,
  resolving: Resolving,
): Promise<Outcome<Readonly<Record<string, string>>>> => {
  const values = new Map<string, string>();
  for (const variable of variables) {
    const value = await valueOf(variable, resolving);
    if (!value.ok) {
      const { name, path, line } = variable;
      const message = `${path}:${line}: ${name}: ${value.message}.`;
      return refuse(value.code, message, { ...value.details, variable: name, path, line });
    }
    values.set(variable.name, value.value);
  }
  return ok(Object.fromEntries(values));
};

const asItStands = 'If the value is meant as it stands, put it between single quotes';

const valueOf = async (variable: EnvVariable, resolving: Resolving): Promise<Outcome<string>> => {
  const { text, literal, path } = variable;
  if (literal) return ok(text);
  const reference = referenceIn(text);
  if (reference === undefined)
    return text.includes('${')
      ? refuse(
          'invalid_input',
          `a reference such as \${NAME} is the whole value, and here there is more. Say it alone, or put the value between single quotes if it is meant as it stands`,
        )
      : ok(text);
  const value = await valueAt(reference, { ...resolving, folder: dirname(path) });
  return value.ok || reference.kind !== 'file' || value.code === 'forbidden'
    ? value
    : { ...value, message: `${value.message}. ${asItStands}` };
};

/** What a reference refers to; `folder`: where a path that is not whole begins. It is in no refusal, which is a sentence without its full stop. */
export const valueAt = async (
  reference: Reference,
  resolving: Resolving & { readonly folder: string },
): Promise<Outcome<string>> => {
  switch (reference.kind) {
    case 'environment':
      return environmentValue(reference.name, resolving);
    case 'file':
      return fileValue(wholePath(reference.path, { folder: resolving.folder, home: homeIn(resolving.env) }));
    case 'command':
      return outputValue({ kind: 'line', line: reference.line }, nameIn(reference.line), resolving);
    case 'one password':
      return outputValue({ kind: 'words', words: ['op', 'read', reference.text] }, 'op', resolving);
  }
};

const environmentValue = (name: string, { env }: Resolving): Outcome<string> => {
  const value = env[name];
  return value === undefined || value === ''
    ? refuse('not_found', `the environment has no ${name}, or an empty one. Set it before you run this`)
    : ok(value);
};

const fileValue = async (path: string): Promise<Outcome<string>> => {
  const read = await readSecretFile(path);
  if (!read.ok) return read;
  return secretIn(read.value, `the file ${path}`);
};

const outputValue = async (
  program: Program,
  name: string,
  { signals }: Resolving,
): Promise<Outcome<string>> => {
  const output = await outputOf(program, signals);
  switch (output.kind) {
    case 'said':
      return secretIn(output.bytes, `what ${name} says`);
    case 'missing':
      return refuse(
        'not_found',
        `there is no program ${name} on the PATH${name === 'op' ? '. It is the command line of 1Password: install it, and sign in with it' : ''}`,
      );
    case 'interrupted':
      return refuse('invalid_state', `${name} was interrupted`);
    case 'failed':
      return refuse(
        'invalid_state',
        `${name} ended with exit code ${output.code}. Run it by itself to see what is wrong`,
      );
  }
};

/** The program that a line begins with; what stands before or behind may be secret. */
const nameIn = (line: string): string => {
  const [word = ''] = line.trim().split(/\s/, 1);
  return /^[\w./~+-]+$/.test(word) ? repeatable(word, nameCharactersMax) : 'the command';
};

const nameCharactersMax = 100;

const secretIn = (bytes: Uint8Array | 'too long', what: string): Outcome<string> => {
  if (bytes === 'too long')
    return refuse('too_large', `${what} has more than ${textBytesMax} bytes, which is the limit`);
  const text = textIn(bytes)?.replace(/\r?\n$/, '');
  if (text === undefined) return refuse('invalid_input', `${what} is not text in UTF-8`);
  return text === '' ? refuse('invalid_input', `${what} is empty`) : ok(text);
};
