import type { Sources } from './imports.ts';

/** A longer file holds more than one thing. The limit for functions, 70 lines, is kept by oxlint. */
const fileLinesMax = 400;

/** Data, text and pictures, which nobody reads from top to bottom, and what is generated. */
const exempt: readonly RegExp[] = [
  /\.(?:json|jsonl|md|snap|svg|png|ico|woff2)$/,
  /^docs\/reference\//,
  /(?:^|\/)(?:snapshots|__snapshots__)\//,
];

const linesOf = (source: string): number => source.split('\n').length - (source.endsWith('\n') ? 1 : 0);

export const sizeFaults = (sources: Sources): readonly string[] =>
  [...sources]
    .filter(([path]) => !exempt.some((pattern) => pattern.test(path)))
    .map(([path, source]) => ({ path, lines: linesOf(source) }))
    .filter(({ lines }) => lines > fileLinesMax)
    .map(
      ({ path, lines }) => `${path}: ${lines} lines, at most ${fileLinesMax} are allowed; split it by noun`,
    );
