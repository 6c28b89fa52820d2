import { printable } from '../../kernel/text.ts';
import type { Piece } from '../../integrations/text-change.ts';

export interface Differing {
  readonly path: string;
  /** The text with the piece. */
  readonly whole: string;
  readonly piece: Piece;
  /** Whether the piece comes or goes. */
  readonly adds: boolean;
  /** Whether the file is not there without the piece. */
  readonly isAlone: boolean;
}

/**
 * The change as a diff without lines around it. Of a line that is changed only its brackets are shown besides the piece,
 * because files of clients hold secrets.
 */
export const diffText = ({ path, whole, piece, adds, isAlone }: Differing): string => {
  const { at, text } = piece;
  const from = at === 0 ? 0 : whole.lastIndexOf('\n', at - 1) + 1;
  const to = whole.indexOf('\n', at + text.length);
  const head = shownHead(whole.slice(from, at));
  const tail = shownTail(whole.slice(at + text.length, to === -1 ? undefined : to));
  const rows = { with: rowsOf(head + text + tail), without: rowsOf(head + tail) };
  // Where the piece is whole lines, the line before or behind it is as it was.
  const isSameFirst = /^\r?\n/.test(text) && tail === '' && rows.without.length > 0;
  const isSameLast = text.endsWith('\n') && head === '' && rows.without.length > 0;
  const kept = (all: readonly string[]): readonly string[] =>
    all.slice(isSameFirst ? 1 : 0, isSameLast && !isSameFirst ? -1 : undefined);
  const [before, after] = (adds ? [rows.without, rows.with] : [rows.with, rows.without]).map(kept);
  const line = whole.slice(0, from).split('\n').length - (isSameFirst ? 0 : 1);
  const name = (there: boolean): string => (there ? printable(path) : '/dev/null');
  const signed = [...(before ?? []).map((row) => `-${row}`), ...(after ?? []).map((row) => `+${row}`)];
  return [
    `--- ${name(!isAlone || !adds)}`,
    `+++ ${name(!isAlone || adds)}`,
    `@@ -${rangeOf(line, before)} +${rangeOf(line, after)} @@`,
    ...signed,
  ]
    .map((row) => `${row}\n`)
    .join('');
};

/** As in other diffs: no lines stand behind the line that is named. */
const rangeOf = (line: number, rows: readonly string[] = []): string =>
  `${rows.length === 0 ? line : line + 1},${rows.length}`;

const rowsOf = (text: string): readonly string[] => {
  const rows = text.split('\n').map((row) => printable(row.replace(/\r$/, '').replaceAll('\t', '  ')));
  return rows.at(-1) === '' ? rows.slice(0, -1) : rows;
};

const brackets = ' \t\r{}[],';

const shownHead = (text: string): string => {
  let from = text.length;
  while (from > 0 && brackets.includes(text.charAt(from - 1))) from -= 1;
  return from === 0 ? text : `…${text.slice(from)}`;
};

const shownTail = (text: string): string => {
  let to = 0;
  while (to < text.length && brackets.includes(text.charAt(to))) to += 1;
  return to === text.length ? text : `${text.slice(0, to)}…`;
};
