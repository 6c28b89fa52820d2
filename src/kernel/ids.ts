import { z } from 'zod';
import type { Instant } from './instants.ts';
import { nameLengthMax, namePattern, nameWords, upwards } from './names.ts';
import { controlPattern, lineControlPattern, visiblePattern } from './text.ts';

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

export const nameSchema = (what: string) =>
  z
    .string()
    .min(1)
    .max(nameLengthMax)
    .regex(namePattern, nameWords.characters(what))
    .refine((name) => !name.includes(upwards), nameWords.upwards(what));

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

/**
 * Text that is passed on as it is, such as the output of a program: with all control characters but NUL, which whoever
 * shows it has to take the effect from; with something to see in it.
 */
export const rawTextSchema = (what: string, charactersMax: number) =>
  unicodeSchema(what)
    .min(1)
    .max(charactersMax)
    .refine((text) => !text.includes('\0'), `${what} may not hold the character NUL`)
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
