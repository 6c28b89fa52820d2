import { styleText } from 'node:util';
import { printable } from '../../kernel/text.ts';
import { isRecord } from '../../kernel/json.ts';
import { cellOf, labelOf, timeText } from './shown.ts';
import { type Column, type Paper, labelled, nothingThere, strong, tableLines } from './table.ts';
import { widthsFor } from './width.ts';

type Members = Readonly<Record<string, unknown>>;

interface Look extends Omit<Paper, 'widthOf'> {
  /** The members of items that are known, in the order in which they are shown. */
  readonly order?: readonly string[];
  /** Members that only programs read: by name, or by path such as `items.since`. */
  readonly hidden?: readonly string[];
  /** Whether all there is is shown, as it is: what is hidden or empty too, and instants and durations in full. */
  readonly wide?: boolean;
  /** Of which day it is, in milliseconds since 1970. */
  readonly now?: number;
}

/** The answer of any operation, for a person: records as lines, lists as tables. */
export const answerText = async (value: unknown, look: Look): Promise<string> => {
  const { columns, colour, order = [], hidden = [], wide = false, now = Date.now() } = look;
  const widthOf = await widthsFor(JSON.stringify(value) ?? '');
  const sheet = { columns, colour, widthOf, order, hidden: wide ? [] : hidden, wide, now, path: '' };
  return `${linesOf(value, sheet).join('\n')}\n`;
};

/** What is known of the place that is being written. */
interface Sheet extends Paper, Required<Pick<Look, 'order' | 'hidden' | 'wide' | 'now'>> {
  /** Of the members that stand here: empty, or ending in a dot. */
  readonly path: string;
}

const linesOf = (value: unknown, sheet: Sheet): readonly string[] => {
  if (!isRecord(value)) return [cellText(value)];
  const { items, total, next_cursor: next, ...others } = value;
  return isRows(items)
    ? listLines({ items, total, next, others: shownMembers(others, sheet) }, sheet)
    : recordLines(shownMembers(value, sheet), sheet);
};

interface List {
  readonly items: readonly Members[];
  readonly total: unknown;
  readonly next: unknown;
  /** What else the answer says. */
  readonly others: readonly Member[];
}

type Member = readonly [name: string, value: unknown];

const listLines = ({ items, total, next, others }: List, sheet: Sheet): readonly string[] => {
  const short = others.filter(([, value]) => !needsLines(value));
  return [
    ...(short.length === 0 ? [] : [...recordLines(short, sheet), '']),
    ...rowsLines(items, within(sheet, 'items')),
    ...(typeof total === 'number' && total > items.length ? [`${items.length} of ${total} shown.`] : []),
    ...(typeof next === 'string' ? [`The next ones: --cursor ${shellWord(printable(next))}`] : []),
    ...blocksOf(others, sheet),
  ];
};

const within = (sheet: Sheet, name: string): Sheet => ({ ...sheet, path: `${sheet.path}${name}.` });

const rowsLines = (rows: readonly Members[], sheet: Sheet): readonly string[] =>
  rows.length === 0 ? ['None.'] : tableLines(columnsOf(rows, sheet), sheet);

const isRows = (value: unknown): value is readonly Members[] =>
  Array.isArray(value) && value.every((item) => isRecord(item));

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isRecord(value) && Object.keys(value).length === 0);

const isHidden = ({ hidden, path }: Sheet, name: string): boolean =>
  hidden.includes(name) || hidden.includes(`${path}${name}`);

/** Without what is not for people, and what says nothing: an empty member, or the length of a list that is all here. */
const shownMembers = (record: Members, sheet: Sheet): readonly Member[] =>
  Object.entries(record).filter(
    ([name, value]) =>
      value !== undefined &&
      (sheet.wide || !(isEmpty(value) || isHidden(sheet, name) || isLengthOf(record, name))),
  );

const isLengthOf = (record: Members, name: string): boolean => {
  const [, list] = /^(\w+)_(?:length|total)$/.exec(name) ?? [];
  if (list === undefined) return false;
  const shown = record[list] ?? [];
  return Array.isArray(shown) && record[name] === shown.length;
};

const indent = '  ';

/** Scalars beside their names, then what needs lines of its own. */
const recordLines = (members: readonly Member[], sheet: Sheet): readonly string[] => {
  const [only] = members;
  if (only === undefined) return ['None.'];
  if (members.length === 1 && isRows(only[1])) return rowsLines(only[1], within(sheet, only[0]));
  const short = members.filter(([, value]) => !needsLines(value));
  return [
    ...labelled(
      short.map(([name, value]) => ({
        label: labelFor(name, sheet),
        text: valueText(name, value, sheet),
        style: (text) => styled(name, text),
      })),
      sheet,
    ),
    ...blocksOf(members, sheet),
  ];
};

const blocksOf = (members: readonly Member[], sheet: Sheet): readonly string[] => {
  const columns = sheet.columns === undefined ? undefined : sheet.columns - indent.length;
  return members
    .filter(([, value]) => needsLines(value))
    .flatMap(([name, value]) => [
      strong(labelFor(name, sheet), sheet),
      ...blockLines(value, { ...within(sheet, name), columns }).map((line) => `${indent}${line}`.trimEnd()),
    ]);
};

const needsLines = (value: unknown): boolean =>
  (typeof value === 'string' && value.includes('\n')) ||
  ((isRecord(value) || isRows(value)) && !isEmpty(value));

const blockLines = (value: unknown, sheet: Sheet): readonly string[] => {
  if (typeof value === 'string')
    return value.split('\n').map((line) => printable(line.replaceAll('\t', '    ')));
  return isRows(value) ? rowsLines(value, sheet) : linesOf(value, sheet);
};

const labelFor = (member: string, { wide }: Sheet): string =>
  wide ? cellOf(member).replaceAll('_', ' ') : labelOf(member);

/**
 * The members of which any row says something and that are not hidden: in the order given, and each other one behind the
 * one that it follows in its row.
 */
const columnsOf = (rows: readonly Members[], sheet: Sheet): readonly Column[] => {
  const order = sheet.path === 'items.' ? sheet.order : [];
  const names = order.filter((name) => rows.some((row) => !isEmpty(row[name])));
  for (const row of rows) {
    let place = 0;
    for (const [name, value] of Object.entries(row)) {
      if (isEmpty(value)) continue;
      const known = names.indexOf(name);
      if (known === -1) names.splice(place, 0, name);
      place = (known === -1 ? place : known) + 1;
    }
  }
  const shown = names.filter((name) => !isHidden(sheet, name));
  return shown.map((name) => ({
    title: labelFor(name, sheet).toUpperCase(),
    cells: rows.map((row) => valueText(name, row[name], sheet)),
    toTheRight: rows.every((row) => isEmpty(row[name]) || typeof row[name] === 'number'),
    style: (cell) => styled(name, cell),
  }));
};

const valueText = (name: string, value: unknown, { wide, now }: Sheet): string =>
  (wide ? undefined : timeText(name, value, now)) ?? cellText(value);

const cellText = (value: unknown): string => {
  if (isEmpty(value)) return nothingThere;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return cellOf(value) || nothingThere;
  if (Array.isArray(value)) return value.map(cellText).join(', ');
  if (!isRecord(value)) return nothingThere;
  return Object.entries(value)
    .map(([name, member]) => `${cellOf(name)}=${cellText(member)}`)
    .join(', ');
};

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
const styled = (member: string, text: string): string =>
  (member === 'status' || member === 'tier') && isStyled(text)
    ? styleText(styles[text], text, { validateStream: false })
    : text;

/** A word as a shell takes it. */
export const shellWord = (text: string): string =>
  /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
