/** One line of the report. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, in the same unit, measured in the same run. */
  readonly floor: number | null;
  readonly ratio: number | null;
  readonly target: string | null;
  readonly holds: boolean | null;
}

export type Target = { readonly atMost: number } | { readonly atLeast: number };

const meets = (value: number, target: Target): boolean =>
  'atMost' in target ? value <= target.atMost : value >= target.atLeast;

const words = (target: Target, of: string): string =>
  'atMost' in target ? `<= ${target.atMost} ${of}`.trim() : `>= ${target.atLeast} ${of}`.trim();

/** A figure without a target. */
export const figure = (name: string, value: number, unit: string): Row => ({
  name,
  value,
  unit,
  floor: null,
  ratio: null,
  target: null,
  holds: null,
});

/** A figure with a target of its own. */
export const bounded = (name: string, [value, unit]: readonly [number, string], target: Target): Row => ({
  ...figure(name, value, unit),
  target: words(target, unit),
  holds: meets(value, target),
});

/** A figure with a target in terms of a floor. */
export const against = (
  name: string,
  [value, unit]: readonly [number, string],
  { floor, target }: { readonly floor: number; readonly target: Target },
): Row => {
  const ratio = value / floor;
  return { name, value, unit, floor, ratio, target: words(target, 'x floor'), holds: meets(ratio, target) };
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
};

const round = (value: number | null): string =>
  value === null ? '' : Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);

export const printRows = (rows: readonly Row[]): void => {
  const table = [
    ['', 'value', 'unit', 'floor', 'ratio', 'target', ''],
    ...rows.map((row) => [
      row.name,
      round(row.value),
      row.unit,
      round(row.floor),
      round(row.ratio),
      row.target ?? '',
      row.holds === null ? '' : row.holds ? 'holds' : 'MISSED',
    ]),
  ];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  for (const line of table) {
    console.log(
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    );
  }
};
