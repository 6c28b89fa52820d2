import { styleText } from 'node:util';
import { filled, longestWord } from './filled.ts';
import type { WidthOf } from './width.ts';

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

/** What stands in a cell of which nothing is known. */
export const nothingThere = '-';

const gap = '  ';

/** The widest column holds what somebody wrote; narrower than this it would be a pile of words. */
const proseLeast = 16;

/**
 * Rows under a heading. What does not fit goes on below, broken between words, so that nothing is cut; and where a row
 * cannot be a row without breaking words, each is a block of lines.
 */
export const tableLines = (columns: readonly Column[], paper: Paper): readonly string[] => {
  const natural = columns.map(({ title, cells }) =>
    Math.max(paper.widthOf(title), ...cells.map(paper.widthOf)),
  );
  const widths = fit(columns, natural, paper);
  return widths === undefined ? blocks(columns, paper) : grid(columns, widths, paper);
};

/** Names, and what there is to say of each: beside it, and on as many lines as that needs. */
export const labelled = (pairs: readonly LabelledText[], paper: Paper): readonly string[] => {
  const { widthOf, columns } = paper;
  const width = Math.max(0, ...pairs.map(({ label }) => widthOf(label)));
  const room = columns === undefined ? undefined : columns - width - gap.length;
  return pairs.flatMap(({ label, text, style }) =>
    filled(text, room, widthOf).map((part, i, parts) => {
      const name = i === 0 ? strong(padded(label, { width, widthOf }), paper) : ' '.repeat(width);
      return `${name}${gap}${paper.colour && style !== undefined && parts.length === 1 ? style(part) : part}`.trimEnd();
    }),
  );
};

interface LabelledText {
  readonly label: string;
  readonly text: string;
  readonly style?: ((text: string) => string) | undefined;
}

export const strong = (text: string, { colour }: Pick<Paper, 'colour'>): string =>
  colour ? styleText('bold', text, { validateStream: false }) : text;

const rowsIn = ([first]: readonly Column[]): readonly number[] => [...(first?.cells.keys() ?? [])];

const blocks = (columns: readonly Column[], paper: Paper): readonly string[] =>
  rowsIn(columns).flatMap((row) => {
    const pairs = columns.map(({ title, cells, style }) => ({
      label: title.toLowerCase(),
      text: cells[row] ?? nothingThere,
      style,
    }));
    const said = pairs.filter(({ text }) => text !== nothingThere);
    return [...(row === 0 ? [] : ['']), ...labelled(said.length === 0 ? pairs.slice(0, 1) : said, paper)];
  });

const grid = (columns: readonly Column[], widths: readonly number[], paper: Paper): readonly string[] => {
  const { widthOf, colour } = paper;
  const heading = columns.map(({ title, toTheRight }, i) =>
    padded(title, { width: widths[i] ?? 0, widthOf, toTheRight }),
  );
  const rows = rowsIn(columns).flatMap((row) => {
    const parts = columns.map(({ cells }, i) => filled(cells[row] ?? '', widths[i], widthOf));
    const lines = Array.from({ length: Math.max(...parts.map(({ length }) => length)) }, (_, line) =>
      columns.map(({ toTheRight, style }, i) => {
        const text = parts[i]?.[line] ?? '';
        const wide = padded(text, { width: widths[i] ?? 0, widthOf, toTheRight });
        const isWhole = parts[i]?.length === 1 && text !== '';
        return colour && style !== undefined && isWhole ? wide.replace(text, () => style(text)) : wide;
      }),
    );
    return lines.map(lineOf);
  });
  return [lineOf(heading), ...rows];
};

const lineOf = (cells: readonly string[]): string => cells.join(gap).trimEnd();

/** How wide each column may be; undefined when there is no room for the words that they hold. */
const fit = (
  columns: readonly Column[],
  natural: readonly number[],
  { columns: limit, widthOf }: Paper,
): readonly number[] | undefined => {
  if (limit === undefined) return natural;
  const room = limit - gap.length * (natural.length - 1);
  const prose = natural.indexOf(Math.max(...natural));
  const least = columns.map(({ title, cells }, i) =>
    Math.max(
      widthOf(title),
      ...cells.map((cell) => longestWord(cell, widthOf)),
      i === prose ? Math.min(natural[i] ?? 0, proseLeast) : 0,
    ),
  );
  return sum(least) > room ? undefined : narrowed(natural, least, room);
};

const sum = (widths: readonly number[]): number => widths.reduce((all, width) => all + width, 0);

/** Takes from the widest first, so that short columns keep all they have. */
const narrowed = (natural: readonly number[], least: readonly number[], room: number): readonly number[] => {
  const upTo = (widest: number): readonly number[] =>
    natural.map((width, i) => Math.max(Math.min(width, widest), least[i] ?? 0));
  let low = 0;
  let high = Math.max(0, ...natural);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (sum(upTo(middle)) <= room) low = middle;
    else high = middle - 1;
  }
  const widths = upTo(low);
  let left = room - sum(widths);
  return widths.map((width, i) => {
    const grown = Math.min(left, (natural[i] ?? width) > width ? 1 : 0);
    left -= grown;
    return width + grown;
  });
};

interface Padding {
  readonly width: number;
  readonly widthOf: WidthOf;
  readonly toTheRight?: boolean;
}

const padded = (text: string, { width, widthOf, toTheRight = false }: Padding): string => {
  const pad = ' '.repeat(Math.max(0, width - widthOf(text)));
  return toTheRight ? pad + text : text + pad;
};
