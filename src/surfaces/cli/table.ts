import { printable } from '../../kernel/text.ts';
import type { WidthOf } from './width.ts';
import { wrapped } from './wrapped.ts';

/** How a table may look. */
export interface Paper {
  /** Undefined where nothing limits it. */
  readonly columns: number | undefined;
  readonly colour: boolean;
  readonly widthOf: WidthOf;
}

export interface Column {
  readonly title: string;
  /** One for each row, already one line of plain text. */
  readonly cells: readonly string[];
  readonly toTheRight: boolean;
  /** How a cell is coloured, where there is colour. */
  readonly style?: (cell: string) => string;
}

const gap = '  ';

/** A column of text is not made narrower than this. */
const narrowest = 8;

/** Rows under a heading. What does not fit the width ends in an ellipsis, and what has no room at all is named below. */
export const tableLines = (columns: readonly Column[], paper: Paper): readonly string[] => {
  const { widthOf } = paper;
  const cut = cutter(widthOf);
  const padded = padder(widthOf);
  const natural = columns.map(({ title, cells }) => Math.max(widthOf(title), ...cells.map(widthOf)));
  const { widths, dropped } = fit(natural, paper.columns);
  const shown = columns.slice(0, columns.length - dropped);
  const heading = lineOf(
    shown.map(({ title, toTheRight }, i) => padded(title, widths[i] ?? 0, toTheRight)),
  ).trimEnd();
  const rows = (columns[0]?.cells ?? []).map((_, row) =>
    lineOf(
      shown.map(({ cells, toTheRight, style }, i) => {
        const cell = cells[row] ?? '';
        const text = cut(cell, widths[i] ?? 0);
        const last = i === shown.length - 1 && !toTheRight;
        const wide = last ? text : padded(text, widths[i] ?? 0, toTheRight);
        return paper.colour && style !== undefined ? wide.replace(text, () => style(text)) : wide;
      }),
    ).trimEnd(),
  );
  const left = columns.slice(shown.length).map(({ title }) => title.toLowerCase());
  return [
    heading,
    ...rows,
    ...(left.length === 0
      ? []
      : wrapped(`(--json has all; no room for ${left.join(', ')})`, {
          first: '',
          next: '',
          columns: paper.columns ?? 0,
        }).map((line) => cut(line, paper.columns ?? 0))),
  ];
};

const lineOf = (cells: readonly string[]): string => cells.join(gap);

interface Fit {
  readonly widths: readonly number[];
  /** How many columns at the end have no room. */
  readonly dropped: number;
}

const fit = (natural: readonly number[], limit: number | undefined): Fit => {
  if (limit === undefined) return { widths: natural, dropped: 0 };
  for (let dropped = 0; dropped < natural.length; dropped += 1) {
    const widths = natural.slice(0, natural.length - dropped);
    const room = limit - gap.length * (widths.length - 1);
    const least = widths.reduce((sum, width) => sum + Math.min(width, narrowest), 0);
    if (least <= room) return { widths: narrowed(widths, room), dropped };
  }
  return { widths: [limit], dropped: natural.length - 1 };
};

/** Takes from the widest first, so that short columns keep all they have. */
const narrowed = (natural: readonly number[], room: number): readonly number[] => {
  let low = narrowest;
  let high = Math.max(narrowest, ...natural);
  const total = (widest: number): number => natural.reduce((sum, width) => sum + Math.min(width, widest), 0);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (total(middle) <= room) low = middle;
    else high = middle - 1;
  }
  const widths = natural.map((width) => Math.min(width, low));
  let left = room - total(low);
  return widths.map((width, i) => {
    const grown = Math.min(left, (natural[i] ?? width) > width ? 1 : 0);
    left -= grown;
    return width + grown;
  });
};

const padder =
  (widthOf: WidthOf) =>
  (text: string, width: number, toTheRight: boolean): string => {
    const pad = ' '.repeat(Math.max(0, width - widthOf(text)));
    return toTheRight ? pad + text : text + pad;
  };

let segmenter: Intl.Segmenter | undefined;

/** The beginning of a text that is too wide, with an ellipsis. What a person sees as one character stays whole. */
const cutter =
  (widthOf: WidthOf) =>
  (text: string, width: number): string => {
    if (width <= 0 || widthOf(text) <= width) return text;
    segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
    let kept = '';
    let taken = 0;
    for (const { segment } of segmenter.segment(text)) {
      const wide = widthOf(segment);
      if (taken + wide > width - 1) break;
      kept += segment;
      taken += wide;
    }
    return `${kept.trimEnd()}…`;
  };

/** Somebody's text as a cell: one line, and nothing in it that could look like the gap between two columns. */
export const cellOf = (text: string): string => printable(text.replaceAll(/[\s\u00a0]+/g, ' ').trim());
