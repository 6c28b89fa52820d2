/* What a campaign has shown, as a page of docs. */
import { callMsMax, callsPerHub, type Tally } from './campaign.ts';
import { sorts } from './cases.ts';

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

const grouped = (value: number): string => value.toLocaleString('en-GB');

/** How often each outcome was seen, the most frequent first. */
const totals = ({ outcomes }: Tally): readonly (readonly [string, number])[] => {
  const all = new Map<string, number>();
  for (const codes of outcomes.values())
    for (const [code, times] of codes) all.set(code, (all.get(code) ?? 0) + times);
  return [...all].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

/** The page; without times and machines, so that the same seed writes the same page but for the slowest call. */
export const reportOf = (tally: Tally): string => {
  const { seed, runs, faults, outcomes, slowestMs, slowestOperation } = tally;
  const perOperation = [...outcomes]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, codes]) => {
      const others = [...codes].filter(([code]) => code !== 'ok').toSorted(([a], [b]) => (a < b ? -1 : 1));
      const refused = others.map(([code, times]) => `${code} ${grouped(times)}`).join(', ');
      return [`\`${name}\``, grouped(sum(codes.values())), grouped(codes.get('ok') ?? 0), refused];
    });
  return `${[
    '# Fuzzing',
    `${grouped(runs)} generated calls over the schemas of the catalogue, with seed ${seed}, to a hub in one process over journals in memory: ${sorts
      .map((sort) => `${grouped(tally.sorts.get(sort) ?? 0)} ${sort}`)
      .join(', ')}. Every ${grouped(callsPerHub)} calls, an empty hub began.`,
    faults.length === 0
      ? `No call crashed, was answered with \`internal\`, took more than ${callMsMax} ms, left a rejection that nobody caught, or changed a prototype. The slowest took ${Math.round(slowestMs)} ms (\`${slowestOperation}\`).`
      : [`**${faults.length} calls failed:**`, ...faults.map((fault) => `- ${JSON.stringify(fault)}`)].join(
          '\n',
        ),
    `Written by \`npm run fuzz -- --seed ${seed} --runs ${runs} --report docs/reports/fuzz.md\`.`,
    '## Outcomes',
    table(
      ['Outcome', 'Calls'],
      totals(tally).map(([code, times]) => [code, grouped(times)]),
    ),
    '## Operations',
    table(['Operation', 'Calls', 'ok', 'refused'], perOperation),
  ].join('\n\n')}\n`;
};
