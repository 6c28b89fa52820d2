import { printable } from '../../../kernel/text.ts';
import { beginningCharactersMax } from './limits.ts';

const keptCharacters = 2 * beginningCharactersMax;

/** As much of a text as its beginning is made of. A string of its own, so that not all of the text is kept with it. */
export const rawBeginning = (text: string): string => ` ${text.slice(0, keptCharacters)}`.slice(1);

/** The beginning of a text on one line, not cut within a character, for hints. */
export const beginningOf = (raw: string): string => {
  const line = printable(raw.trim().replaceAll(/\s+/g, ' '));
  if (line.length <= beginningCharactersMax && raw.length < keptCharacters) return line;
  return `${line
    .slice(0, beginningCharactersMax - 1)
    .toWellFormed()
    .replace(/\uFFFD$/, '')}…`;
};
