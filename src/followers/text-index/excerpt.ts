import { placeOf, type Term } from './terms.ts';
import { placedWords } from './words.ts';

const charactersMax = 200;
/** How much of it may stand before the first word that was looked for. */
const leadCharactersMax = 60;

/**
 * The part of an entry's texts that shows why it was found: of the text with the most of the terms, from a little before
 * the first of them. `…` stands where the text goes on. The text itself is as it was written.
 */
export const excerptOf = (texts: readonly string[], terms: readonly Term[]): string => {
  let best = { text: texts[0] ?? '', fits: 0, at: 0 };
  for (const text of texts) {
    const words = placedWords(text);
    const places = terms.map((term) => placeOf(term, words)).filter((place) => place >= 0);
    if (places.length > best.fits)
      best = { text, fits: places.length, at: words[Math.min(...places)]?.from ?? 0 };
  }
  return cutOut(best.text, best.at);
};

const cutOut = (text: string, at: number): string => {
  const from = at <= leadCharactersMax ? 0 : wordStart(text, at);
  const whole = text.slice(from);
  const shown = whole.length <= charactersMax ? whole : `${whole.slice(0, lastBreak(whole))}…`;
  return (from > 0 ? `…${shown}` : shown).toWellFormed();
};

/** Where a word begins not more than the lead before `at`. */
const wordStart = (text: string, at: number): number => {
  const lead = text.slice(at - leadCharactersMax, at);
  const space = lead.search(/\s/u);
  return space < 0 ? at : at - leadCharactersMax + space + 1;
};

/** The end of the last word that fits, or as much as fits of one that is longer. */
const lastBreak = (text: string): number => {
  const space = text.slice(0, charactersMax).search(/\s\S*$/u);
  return space > charactersMax / 2 ? space : charactersMax;
};
