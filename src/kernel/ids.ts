import { z } from 'zod';
import type { Instant } from './instants.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const randomBytes = 10;

/**
 * A ULID: 48 bits of time, then 80 bits of `entropy`, in Crockford's base 32; `index` is added to the entropy so that
 * one draw of randomness yields many ids. Source: the ULID specification.
 */
export const ulid = (at: Instant, entropy: Uint8Array, index = 0): string => {
  let value = 0n;
  for (let i = 0; i < randomBytes; i += 1) value = (value << 8n) | BigInt(entropy[i] ?? 0);
  value = (value + BigInt(index)) & ((1n << 80n) - 1n);
  value |= BigInt(Math.floor(at)) << 80n;
  let text = '';
  for (let i = 0; i < 26; i += 1) {
    text = (alphabet[Number(value & 31n)] ?? '') + text;
    value >>= 5n;
  }
  return text;
};

export const nameLengthMax = 64;

/** Names of agents, projects, slugs, labels: letters, digits, `.`, `_`, `-`; no path can be made of them. */
export const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/;

export const nameSchema = (what: string) =>
  z
    .string()
    .min(1)
    .max(nameLengthMax)
    .regex(
      namePattern,
      `${what} may hold letters, digits, ".", "_" and "-", and begins with a letter or digit`,
    )
    .refine((name) => !name.includes('..'), `${what} may not hold ".."`);

/** Characters that could forge lines or move the cursor of a terminal: C0 without tab and newline, DEL, C1. */
const controlPattern = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const lineControlPattern = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** What can be seen: not only spaces, joiners, direction marks, fillers and the blank Braille cell. */
const visiblePattern = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\u2800]/u;

/** Any text: half a surrogate pair is none, and no UTF-8 can carry it. */
const unicodeSchema = (what: string) =>
  z.string().refine((text) => text.isWellFormed(), `${what} may not hold half of a surrogate pair`);

/** Free text of several lines. */
export const textSchema = (what: string, charactersMax: number) =>
  unicodeSchema(what)
    .max(charactersMax)
    .refine(
      (text) => !controlPattern.test(text),
      `${what} may not hold control characters other than tab and newline`,
    );

/** Free text of several lines, with something to see in it. */
export const visibleTextSchema = (what: string, charactersMax: number) =>
  textSchema(what, charactersMax)
    .min(1)
    .refine(
      (text) => text === '' || visiblePattern.test(text),
      `${what} must have a character that can be seen`,
    );

/** Free text of one line, with something to see in it. */
export const lineSchema = (what: string, charactersMax: number) =>
  unicodeSchema(what)
    .trim()
    .min(1)
    .max(charactersMax)
    .refine((text) => !lineControlPattern.test(text), `${what} must be one line without control characters`)
    .refine(
      (text) => text === '' || visiblePattern.test(text),
      `${what} must have a character that can be seen`,
    );

const controls = new RegExp(lineControlPattern, 'g');

/** Text as one line that a terminal can be given: what could move its cursor or forge a line is not in it. */
export const printable = (text: string): string => text.toWellFormed().replaceAll(controls, '?');

/** What somebody sent as an answer may repeat it: on one line, without control characters, and not at any length. */
export const repeatable = (text: string, charactersMax: number): string => {
  const line = printable(text.slice(0, charactersMax));
  return text.length > charactersMax ? `${line}…` : line;
};

/**
 * What somebody else wrote, within a sentence of ours: as one JSON string, so that no quote in it ends the quotation, and
 * what follows cannot pass for our words.
 */
export const quoted = (text: string): string => JSON.stringify(text);
