/* What a campaign has shown, as a page of docs. */
import { invariants } from './ledger/checks.ts';
import type { Tally } from './tally.ts';
import { faultKinds } from './world.ts';

const grouped = (value: number): string => value.toLocaleString('en-GB');

const table = (head: readonly [string, string], rows: readonly (readonly [string, number])[]): string =>
  [
    `| ${head.join(' | ')} |`,
    '| --- | ---: |',
    ...rows.map(([name, times]) => `| ${name} | ${grouped(times)} |`),
  ].join('\n');

/** The page; without times and machines, so that the same seed writes the same page. */
export const reportOf = (
  tally: Tally,
  { seed, runs }: { readonly seed: number; readonly runs: number },
): string => {
  const { schedules, calls, steps, entries, faults, checks, failures } = tally;
  const all = Object.values(checks).reduce((sum, times) => sum + times, 0);
  return `${[
    '# Simulation',
    `${grouped(schedules)} schedules, the seeds from ${seed} to ${seed + runs - 1}: in each, two to four agents and one to three hubs (the engine, the areas and the journal as they are) over a simulated store, clock and network, with ${grouped(calls)} calls, ${grouped(steps)} steps and ${grouped(entries)} entries in all. After every step what is stored is held against a second, plain account of what it may mean.`,
    failures.length === 0
      ? `Nothing failed in ${grouped(all)} checks.`
      : [
          `**${failures.length} schedules failed:**`,
          ...failures.map(({ seed: one, what }) => `- ${one}: ${what}`),
        ].join('\n'),
    `Written by \`npm run simulate -- --seed ${seed} --runs ${runs} --report docs/reports/simulate.md\`. One schedule is shown step by step by \`npm run simulate -- --seed N --trace\`.`,
    '## Faults',
    table(
      ['Fault', 'Times'],
      faultKinds.flatMap((kind) => (faults[kind] === undefined ? [] : [[kind, faults[kind]]])),
    ),
    '## Checks',
    table(
      ['What has to hold', 'Checked'],
      invariants.map((name) => [name, checks[name] ?? 0]),
    ),
    'Costs and their budgets are no area yet: instead of budgets, the limits of tasks in work are checked.',
  ].join('\n\n')}\n`;
};
