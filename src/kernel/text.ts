/** Characters that could forge lines or move the cursor of a terminal: C0 without tab and newline, DEL, C1. */
export const controlPattern =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
/** The same, and what else is no part of a line. */
export const lineControlPattern = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** What can be seen: not only spaces, joiners, direction marks, fillers and the blank Braille cell. */
export const visiblePattern = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\u2800]/u;

/** Characters of no width, but those that join and part letters and signs. */
const unseenPattern = /[\u200b\u2060\ufeff]/;
const unprintable = new RegExp(`${lineControlPattern.source}|${unseenPattern.source}`, 'g');

/**
 * Text as one line that a terminal can be given: what could move its cursor, forge a line or make two names look alike
 * by not being seen is not in it.
 */
export const printable = (text: string): string => text.toWellFormed().replaceAll(unprintable, '?');

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
