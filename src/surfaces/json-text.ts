import { isUtf8 } from 'node:buffer';
import { type Outcome, type Refusal, errorTable, ok, refuse } from '../kernel/errors.ts';

/** How much JSON is taken at once, wherever it comes from, and how deeply it may be nested. */
export const jsonBytesMax = 1024 * 1024;
export const jsonDepthMax = 32;

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Whether brackets are nested more deeply than `depthMax`. Counted on the bytes, before anything is built from them. */
export const isDeeperThan = (bytes: Uint8Array, depthMax: number): boolean => {
  let depth = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte === quote) i = endOfString(bytes, i);
    else if (byte === openBrace || byte === openBracket) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (byte === closeBrace || byte === closeBracket) depth -= 1;
  }
  return false;
};

/** The index of the quote that ends the string which the one at `start` begins. */
const endOfString = (bytes: Uint8Array, start: number): number => {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1;
  return i;
};

/** The value that JSON text holds; no text stands for the empty object. `what` it is, as a sentence says it: `body`. */
export const parseJson = (bytes: Buffer, what: string): Outcome<unknown> => {
  if (bytes.length === 0) return ok({});
  if (!isUtf8(bytes))
    return refuse('not_json', `The ${what} is not UTF-8 text. Send JSON in UTF-8, not compressed.`);
  if (isDeeperThan(bytes, jsonDepthMax)) {
    return refuse(
      'too_deep',
      `The ${what} is nested more than ${jsonDepthMax} levels deep. Send a flatter one.`,
      { depthMax: jsonDepthMax },
    );
  }
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return ok(value);
  } catch (fault) {
    const reason = fault instanceof SyntaxError ? ` (${plain(fault.message)})` : '';
    return refuse(
      'not_json',
      `The ${what} is not JSON${reason}. Send one JSON object, or no ${what} for an empty one.`,
    );
  }
};

const reasonCharactersMax = 120;

/** The parser quotes what it stumbled over; nothing of that may move a terminal's cursor. */
const plain = (text: string): string =>
  text.slice(0, reasonCharactersMax).replaceAll(/[^\u0020-\u007e]/g, '?');

export const tooLarge = (what: string, bytesMax = jsonBytesMax): Refusal =>
  refuse(
    'too_large',
    `The ${what} is longer than ${bytesMax} bytes, which is the limit. Send less at once.`,
    {
      bytesMax,
    },
  );

/** A refusal as JSON, the same wherever JSON is the answer. */
export const errorValue = ({ code, message, details }: Refusal) => ({
  error: { code, message, retryable: errorTable[code].retryable, details },
});
