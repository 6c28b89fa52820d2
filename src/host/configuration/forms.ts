import { resolve } from 'node:path';
import { referenceIn, referencePattern, referencesInWords } from '../secrets/references.ts';
import { faultInName } from '../../kernel/names.ts';
import { lineControlPattern } from '../../kernel/text.ts';
import { faultInHubAddress, socketPathBytesMax, socketPathIn } from '../../surfaces/http/address.ts';

/** What a value has to look like: for editors as a JSON Schema, and here. */
export interface Form {
  readonly schema: Readonly<Record<string, unknown>>;
  /** Why a text is no such value, as the end of a sentence; undefined when it is one. */
  readonly fault: (text: string) => string | undefined;
  /** It may have several lines, because it is shown nowhere. */
  readonly lines?: true;
}

/**
 * Why a text is no value of this form, as the end of a sentence; undefined when it is one. None may hold what would
 * forge lines or move the cursor wherever it is shown.
 */
export const faultIn = (form: Form, text: string): string | undefined =>
  lineControlPattern.test(form.lines === true ? text.replaceAll(/\r?\n/g, '') : text)
    ? 'it holds control characters'
    : form.fault(text);

const portMax = 65_535;

export const portForm: Form = {
  schema: { type: 'integer', minimum: 0, maximum: portMax },
  fault: (text) =>
    /^\d{1,5}$/.test(text) && Number(text) <= portMax
      ? undefined
      : `it is no port: that is a number from 0 to ${portMax}`,
};

const secondsMax = 2_592_000;

/** A time in whole seconds, up to 30 days. */
export const secondsForm: Form = {
  schema: { type: 'integer', minimum: 1, maximum: secondsMax },
  fault: (text) =>
    /^[1-9]\d{0,6}$/.test(text) && Number(text) <= secondsMax
      ? undefined
      : `it is no number of seconds from 1 to ${secondsMax}`,
};

const nameForm = (what: string): Form => ({
  schema: { type: 'string', minLength: 1 },
  fault: (text) => (text === '' ? 'it is empty' : faultInName(what, text)),
});

export const workspaceForm = nameForm('A workspace name');
export const agentForm = nameForm('An agent name');

export const choiceForm = (choices: readonly string[]): Form => ({
  schema: { type: 'string', enum: choices },
  fault: (text) => (choices.includes(text) ? undefined : `it is none of ${choices.join(', ')}`),
});

const spellings: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);

/** What somebody means who writes a switch; undefined when that is not clear. */
export const switchIn = (text: string): boolean | undefined => spellings.get(text.toLowerCase());

export const switchForm: Form = {
  schema: { type: 'boolean' },
  fault: (text) => (switchIn(text) === undefined ? 'it is neither true nor false' : undefined),
};

/** Any text but none: what it has to be is said by what uses it. */
export const textForm: Form = {
  schema: { type: 'string', minLength: 1 },
  fault: (text) => (text === '' ? 'it is empty' : undefined),
};

/** Keys for encryption. Which they are is read by what uses them, and says so without repeating them. */
export const encryptionKeyForm: Form = { ...textForm, lines: true };

export const listenForm: Form = {
  schema: { type: 'string', pattern: '^unix:.' },
  fault: (text) => {
    const path = socketPathIn(text);
    return path === undefined || path === '' ? 'it is not of the form unix:PATH' : undefined;
  },
};

/** Why a socket cannot have this path, which has to be whole: the operating system cuts a longer one off. */
export const socketPathFault = (path: string): string | undefined =>
  Buffer.byteLength(path) <= socketPathBytesMax
    ? undefined
    : `the path of a socket has at most ${socketPathBytesMax} bytes, and ${path} has ${Buffer.byteLength(path)}`;

export const urlForm: Form = {
  schema: { type: 'string', pattern: '^(https?://|unix:).' },
  fault: faultInHubAddress,
};

const tokenCharactersMax = 8_192;

/** What a header can carry as a token: of ours, or of somebody else who vouches for the caller. */
export const tokenForm: Form = {
  schema: { type: 'string', pattern: '^[!-~]+$' },
  fault: (text) =>
    /^[!-~]+$/.test(text) && text.length <= tokenCharactersMax
      ? undefined
      : `a token has up to ${tokenCharactersMax} printable ASCII characters and no blanks`,
};

/** Where a secret is: all that a file may say of one. */
export const referenceForm: Form = {
  schema: { type: 'string', pattern: referencePattern },
  fault: (text) =>
    referenceIn(text) === undefined
      ? `it is a secret, and a file may only say where it is: ${referencesInWords}`
      : undefined,
};

/** A path as it was meant: from the person's own folder after `~/`, else from the folder in which it was said. */
export const wholePath = (
  path: string,
  { folder, home }: { readonly folder: string; readonly home: string },
): string => (path === '~' || path.startsWith('~/') ? resolve(home, path.slice(2)) : resolve(folder, path));
