/**
 * PostgreSQL keeps any text but one with the character of code 0. That one is written as two characters, and so is the
 * character that begins such pairs. JSON has neither of them, so that what is in the table is what was appended.
 */
const marker = '\u0001';
const zero = '\u0000';
const special = /[\u0000\u0001]/;
const written = { [zero]: `${marker}0`, [marker]: `${marker}1` } as const;

export const toStored = (text: string): string =>
  special.test(text) ? text.replaceAll(marker, written[marker]).replaceAll(zero, written[zero]) : text;

/**
 * Several stored texts, or links, as one value, which `splitJoined` takes apart: the server reads an array character by
 * character, and every quote in it is written as two. In no stored text does this follow upon the marker.
 */
export const joined = (texts: readonly string[]): string => texts.join(`${marker}2`);

/** What the server makes of two or more texts that were joined. */
export const splitJoined = (parameter: string): string => `string_to_array(${parameter}, chr(1) || '2')`;

export const fromStored = (text: string): string =>
  text.includes(marker) ? text.replaceAll(written[zero], zero).replaceAll(written[marker], marker) : text;
