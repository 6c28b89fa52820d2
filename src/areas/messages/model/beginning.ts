import { printable } from '../../../kernel/ids.ts';
import { beginningCharactersMax } from './limits.ts';

/** The beginning of a text on one line, not cut within a character, for hints. */
export const beginningOf = (text: string): string => {
  const line = printable(
    text
      .slice(0, beginningCharactersMax * 2)
      .trim()
      .replaceAll(/\s+/g, ' '),
  );
  if (line.length <= beginningCharactersMax && text.length <= beginningCharactersMax * 2) return line;
  return `${line
    .slice(0, beginningCharactersMax - 1)
    .toWellFormed()
    .replace(/\uFFFD$/, '')}…`;
};
