import type { WidthOf } from './width.ts';

/** A script without spaces is broken anywhere, but no piece is narrower than this for that reason. */
const pieceLeast = 16;

/** How wide a column must be for a text to be filled into it without breaking what belongs together. */
export const longestWord = (text: string, widthOf: WidthOf): number =>
  Math.max(
    0,
    ...text.split(' ').map((word) => {
      const width = widthOf(word);
      return isPlain(word, width) ? width : Math.min(width, pieceLeast);
    }),
  );

/**
 * A text on lines of so many columns, broken between its words. A word that is wider stays whole, because it may be a
 * name that somebody copies; only one of a script that needs no spaces goes on in the next line.
 */
export const filled = (text: string, columns: number | undefined, widthOf: WidthOf): readonly string[] => {
  if (columns === undefined || widthOf(text) <= columns) return [text];
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of text.split(' ').flatMap((one) => piecesOf(one, columns, widthOf))) {
    if (line !== undefined && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      line = undefined;
    }
    line = line === undefined ? word : `${line} ${word}`;
  }
  return line === undefined ? lines : [...lines, line];
};

/** Whether each of its characters takes one column, as in names, paths and addresses. */
const isPlain = (word: string, width: number): boolean =>
  width === word.length && !/[^\u0000-\u10ff]/.test(word);

let segmenter: Intl.Segmenter | undefined;

/** What a person sees as one character stays whole. */
const piecesOf = (word: string, columns: number, widthOf: WidthOf): readonly string[] => {
  const width = widthOf(word);
  if (width <= columns || isPlain(word, width)) return [word];
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  const pieces: string[] = [];
  let piece = '';
  for (const { segment } of segmenter.segment(word)) {
    if (piece !== '' && widthOf(piece) + widthOf(segment) > columns) {
      pieces.push(piece);
      piece = '';
    }
    piece += segment;
  }
  return [...pieces, piece];
};
