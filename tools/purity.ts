import { findInCode, type Passage, type Scan } from './scan.ts';

/** Names that reach for the clock, chance, the process or the world. */
const impureNames: readonly string[] = [
  'Date',
  'Temporal',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'process',
  'crypto',
  'performance',
  'globalThis',
  'fetch',
  'console',
];

/** A property of something else (`x.process`) is not the global; the three dots of a spread make no property. */
const impureName = new RegExp(`(?<![\\w$#]|(?<!\\.\\.)\\.)(?:${impureNames.join('|')})(?![\\w$])`, 'g');

const impureWord = /(?<![\w$.#])(?:async|await)(?![\w$])/g;

/** Math.random under any spelling: the member, the element and taking it out of Math by its name. */
const random = /\bMath\s*(?:\?\.|\.)\s*random\b|\bMath\s*(?:\?\.)?\[|\}\s*=\s*Math\b/g;

/** A key or a declared property (`process: z.string()`) uses no global; the middle of `a ? process : b` does. */
const isKey = ({ code }: Scan, { at, text }: Passage): boolean =>
  /^\s*\??:/.test(code.slice(at + text.length)) && !code.slice(0, at).trimEnd().endsWith('?');

/** What the code of an area may not say, because its rules must give the same answer everywhere and always. */
export const impuritiesOf = (scanned: Scan): readonly Passage[] => {
  const names = [...findInCode(scanned, impureName), ...findInCode(scanned, impureWord)];
  return [...names.filter((name) => !isKey(scanned, name)), ...findInCode(scanned, random)].map(
    ({ at, text }) => ({
      at,
      text: `areas are pure, without ${text}`,
    }),
  );
};
