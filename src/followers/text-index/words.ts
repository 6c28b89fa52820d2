/**
 * What is a word, for whatever is indexed and for whatever is looked for alike. Runs of letters, digits and marks are
 * words; of scripts that are written without spaces each character is one, so that a part of a sentence can be found.
 * Capitals and accents make no difference.
 *
 * The division of FTS5 itself is not used: its tables of characters are those of Unicode 6.1, and it has no words in
 * Chinese.
 */
export interface Word {
  readonly word: string;
  /** Where it stands in the text. */
  readonly from: number;
  readonly to: number;
}

const unspaced = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`;
const pattern = new RegExp(String.raw`[${unspaced}]|[[\p{L}\p{N}\p{M}]--[${unspaced}]]+`, 'gv');
const asciiPattern = /[a-z0-9]+/g;
const accents = /[\u0300-\u036f]|[^\p{L}\p{N}\p{M}]/gu;

/** Half-width and other forms of a letter are the letter (Unicode's compatibility decomposition). */
const folded = (word: string): string => word.normalize('NFKD').replace(accents, '').toLowerCase();

const isAscii = (text: string): boolean => !/[^\u0000-\u007f]/.test(text);

export const wordsOf = (text: string): readonly string[] =>
  isAscii(text) ? (text.toLowerCase().match(asciiPattern) ?? []) : placedWords(text).map(({ word }) => word);

export const placedWords = (text: string): readonly Word[] =>
  Array.from(text.matchAll(pattern), ({ 0: found, index }) => ({
    word: folded(found),
    from: index,
    to: index + found.length,
  })).filter(({ word }) => word !== '');
