import type { Terminal } from './terminal.ts';

/** What JSON.stringify leaves as it is, though a terminal or an editor may obey it, or nobody sees it. */
const unsafe = /[\u007f-\u009f\u200b\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** JSON on one line that is safe to look at; what it says is the same. */
export const jsonLine = (value: unknown): string =>
  `${(JSON.stringify(value) ?? 'null').replaceAll(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;

/** Writes the one JSON document of a command. */
export const writeJson = ({ out }: Pick<Terminal, 'out'>, value: unknown): void => {
  out.write(jsonLine(value));
};
