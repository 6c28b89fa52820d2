import type { KnownFlag } from './flags.ts';
import type { Sheet } from './sheet.ts';
import { wrapped } from './wrapped.ts';

/** A terminal of the least size that people still use. */
export const screen = { columns: 80, lines: 24 } as const;
const { columns } = screen;

const indent = '  ';

/** How wide the left side of a list may be before its remark goes to a line of its own. */
const leftMax = 30;

/** Names on the left, what they are on the right. */
export const listed = (rows: readonly (readonly [string, string])[]): readonly string[] => {
  const widths = rows.map(([left]) => left.length).filter((width) => width <= leftMax);
  const width = Math.max(0, ...widths) + indent.length;
  return rows.flatMap(([left, right]) => {
    const first = `${indent}${left.padEnd(width)}`;
    if (right === '') return [first.trimEnd()];
    const next = ' '.repeat(indent.length + width);
    return left.length < width
      ? wrapped(right, { first, next, columns })
      : [first, ...wrapped(right, { first: next, next, columns })];
  });
};

/** A flag with what it takes. */
export const flagText = ({ name, placeholder, no }: KnownFlag): string =>
  `--${no === true ? '[no-]' : ''}${name}${placeholder === undefined ? '' : ` ${placeholder}`}`;

export const flagRows = (flags: readonly KnownFlag[]): readonly (readonly [string, string])[] =>
  flags.map((flag) => [
    flagText(flag),
    [flag.meaning, flag.many === true ? '(repeatable)' : ''].join(' ').trim(),
  ]);

/** Flags one behind the other, each kept whole. */
const paragraph = (title: string, flags: readonly KnownFlag[]): readonly string[] => {
  if (flags.length === 0) return [];
  // What belongs together is kept together by a space that is no place to break a line.
  const all = flags.map((flag) => flagText(flag).replaceAll(' ', '\u00a0')).join(', ');
  const lines = wrapped(all, { first: `${title}: `, next: indent, columns });
  return lines.map((line) => line.replaceAll('\u00a0', ' '));
};

/** How to use one command, on one screen. */
export const sheetText = (sheet: Sheet): string => {
  const usage = ['signalbox', sheet.name, sheet.words].filter((part) => part !== '').join(' ');
  const head = [...wrapped(`${usage}: ${sheet.summary}`, { first: '', next: indent, columns }), ''];
  const lines = sheet.examples.map(exampleLines);
  const narrow = lines.filter((example) => example.every(({ length }) => length <= columns));
  const examples = narrow.length === 0 ? lines.slice(0, 1) : narrow;
  const tail = (shown: number): readonly string[] => [
    ...paragraph(`As every ${sheet.isCall ? 'call' : 'command'} (see signalbox help flags)`, sheet.common),
    '',
    shown === 1 ? 'Example:' : 'Examples:',
    ...examples.slice(0, shown).flat(),
  ];
  const own = [...listed(flagRows(sheet.flags)), ...paragraph('Also', sheet.rare)];
  const longest = [...sheet.flags, ...sheet.rare];
  const tight = longest.length === 0 ? [] : paragraph('Flags', longest);
  const drafts = [
    ...[2, 1].map((shown) => [
      ...head,
      ...own,
      ...(own.length === 0 ? [] : ['']),
      ...tail(Math.min(shown, examples.length)),
    ]),
    [...head, ...tight, '', ...tail(1)],
  ];
  const fitting = drafts.find((lines) => lines.length < screen.lines) ?? drafts.at(-1) ?? [];
  return `${fitting.join('\n')}\n`;
};

/** A command on as many lines as it needs, broken before a flag. */
export const exampleLines = (command: string): readonly string[] => {
  const parts = command.split(/ (?=--)/);
  const lines: string[] = [];
  let line = `${indent}${parts[0] ?? ''}`;
  for (const part of parts.slice(1)) {
    if (line.length + 1 + part.length + 2 > columns) {
      lines.push(`${line} \\`);
      line = `${indent}${indent}${part}`;
    } else line += ` ${part}`;
  }
  return [...lines, line];
};
