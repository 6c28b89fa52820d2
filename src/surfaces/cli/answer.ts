import { styleText } from 'node:util';
import { printable } from '../../kernel/text.ts';
import { isRecord } from '../../kernel/json.ts';
import { type Column, type Paper, cellOf, tableLines } from './table.ts';
import { widthsFor } from './width.ts';

type Members = Readonly<Record<string, unknown>>;

interface Look extends Omit<Paper, 'widthOf'> {
  /** The members of items that are known, in the order in which they are shown. */
  readonly order?: readonly string[];
  /** The members of items that are no columns. */
  readonly hidden?: readonly string[];
}

/** The answer of any operation, for a person: records as lines, lists as tables. */
export const answerText = async (
  value: unknown,
  { columns, colour, order = [], hidden = [] }: Look,
): Promise<string> => {
  const widthOf = await widthsFor(JSON.stringify(value) ?? '');
  return `${linesOf(value, { columns, colour, widthOf }, { order, hidden }).join('\n')}\n`;
};

type Columns = Required<Pick<Look, 'order' | 'hidden'>>;

const asTheyCome: Columns = { order: [], hidden: [] };

const linesOf = (value: unknown, paper: Paper, columns: Columns = asTheyCome): readonly string[] => {
  if (!isRecord(value)) return [cellText(value)];
  const { items, total, next_cursor: next, ...others } = value;
  if (isRows(items) && Object.keys(others).length === 0)
    return listLines({ items, total, next, columns }, paper);
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  const [only] = entries;
  if (only !== undefined && entries.length === 1 && isRows(only[1])) return rowsLines(only[1], paper);
  return recordLines(entries, paper);
};

interface List {
  readonly items: readonly Members[];
  readonly total: unknown;
  readonly next: unknown;
  readonly columns: Columns;
}

const listLines = ({ items, total, next, columns }: List, paper: Paper): readonly string[] => [
  ...rowsLines(items, paper, columns),
  ...(typeof total === 'number' && total > items.length ? [`${items.length} of ${total} shown.`] : []),
  ...(typeof next === 'string' ? [`The next ones: --cursor ${shellWord(printable(next))}`] : []),
];

const rowsLines = (
  rows: readonly Members[],
  paper: Paper,
  columns: Columns = asTheyCome,
): readonly string[] => (rows.length === 0 ? ['None.'] : tableLines(columnsOf(rows, columns), paper));

const isRows = (value: unknown): value is readonly Members[] =>
  Array.isArray(value) && value.every((item) => isRecord(item));

const indent = '  ';

/** Scalars beside their names, then what needs lines of its own. */
const recordLines = (entries: readonly (readonly [string, unknown])[], paper: Paper): readonly string[] => {
  const short = entries.filter(([, value]) => !needsLines(value));
  const width = Math.max(0, ...short.map(([name]) => paper.widthOf(labelOf(name))));
  const inside = {
    ...paper,
    columns: paper.columns === undefined ? undefined : paper.columns - indent.length,
  };
  return [
    ...short.map(([name, value]) =>
      `${strong(labelOf(name).padEnd(width), paper)}${indent}${styled(name, cellText(value), paper)}`.trimEnd(),
    ),
    ...entries
      .filter(([, value]) => needsLines(value))
      .flatMap(([name, value]) => [
        strong(labelOf(name), paper),
        ...blockLines(value, inside).map((line) => `${indent}${line}`.trimEnd()),
      ]),
  ];
};

const needsLines = (value: unknown): boolean =>
  (typeof value === 'string' && value.includes('\n')) ||
  (isRecord(value) && Object.keys(value).length > 0) ||
  (isRows(value) && value.length > 0);

const blockLines = (value: unknown, paper: Paper): readonly string[] => {
  if (typeof value === 'string')
    return value.split('\n').map((line) => printable(line.replaceAll('\t', '    ')));
  return isRows(value) ? rowsLines(value, paper) : linesOf(value, paper);
};

const labelOf = (member: string): string => cellOf(member).replaceAll('_', ' ');

/**
 * The members that any of the rows has and that are not hidden: in the order given, and each other one behind the one
 * that it follows in its row.
 */
const columnsOf = (rows: readonly Members[], { order, hidden }: Columns): readonly Column[] => {
  const names = order.filter((name) => rows.some((row) => row[name] !== undefined && row[name] !== null));
  for (const row of rows) {
    let place = 0;
    for (const [name, value] of Object.entries(row)) {
      if (value === undefined || value === null) continue;
      const known = names.indexOf(name);
      if (known === -1) names.splice(place, 0, name);
      place = (known === -1 ? place : known) + 1;
    }
  }
  const shown = names.filter((name) => !hidden.includes(name));
  return shown.map((name) => ({
    title: labelOf(name).toUpperCase(),
    cells: rows.map((row) => cellText(row[name])),
    toTheRight: rows.every((row) => row[name] === undefined || typeof row[name] === 'number'),
    style: (cell) => styled(name, cell, { colour: true }),
  }));
};

const cellText = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return cellOf(value);
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(cellText).join(', ');
  if (!isRecord(value)) return '-';
  const members = Object.entries(value).map(([name, member]) => `${cellOf(name)}=${cellText(member)}`);
  return members.length === 0 ? '-' : members.join(', ');
};

const strong = (text: string, { colour }: Pick<Paper, 'colour'>): string =>
  colour ? styleText('bold', text, { validateStream: false }) : text;

const styles = {
  in_progress: 'yellow',
  in_review: 'cyan',
  blocked: 'red',
  done: 'green',
  cancelled: 'gray',
  active: 'green',
  stale: 'gray',
  abandoned: 'gray',
} as const;

const isStyled = (text: string): text is keyof typeof styles => Object.hasOwn(styles, text);

/** Only words of ours are coloured, never what somebody wrote. */
const styled = (member: string, text: string, { colour }: Pick<Paper, 'colour'>): string =>
  colour && (member === 'status' || member === 'tier') && isStyled(text)
    ? styleText(styles[text], text, { validateStream: false })
    : text;

/** A word as a shell takes it. */
export const shellWord = (text: string): string =>
  /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
