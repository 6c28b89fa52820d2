/* What campaigns have shown, as a page of docs: each adds a line, and its numbers to those of the ones before. */
import { invariants } from './ledger/checks.ts';
import type { Failure, Tally } from './tally.ts';
import { faultKinds } from './world.ts';

/** One campaign, as its line in the page. */
interface Campaign {
  readonly date: string;
  readonly commit: string;
  readonly from: number;
  readonly to: number;
  readonly schedules: number;
  readonly calls: number;
  readonly steps: number;
  readonly entries: number;
  readonly failed: number;
}

/** What a page holds. */
export interface Report {
  readonly campaigns: readonly Campaign[];
  readonly faults: Readonly<Record<string, number>>;
  readonly checks: Readonly<Record<string, number>>;
  readonly failures: readonly (Failure & { readonly commit: string })[];
}

export const emptyReport: Report = { campaigns: [], faults: {}, checks: {}, failures: [] };

const numbers = ['from', 'to', 'schedules', 'calls', 'steps', 'entries', 'failed'] as const;

const grouped = (value: number): string => value.toLocaleString('en-GB');
const numberIn = (text: string): number => Number(text.replaceAll(',', ''));

const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** What a page that was written by `pageOf` holds; nothing where it was written before there were lists of campaigns. */
export const readPage = (page: string): Report => {
  const lines = page.split('\n');
  const campaigns = lines.flatMap((line): Campaign[] => {
    const [date = '', commit = '', ...cells] = cellsOf(line);
    if (!/^\d{4}-\d\d-\d\d$/.test(date)) return [];
    const [from = 0, to = 0, schedules = 0, calls = 0, steps = 0, entries = 0, failed = 0] =
      cells.map(numberIn);
    return [{ date, commit, from, to, schedules, calls, steps, entries, failed }];
  });
  if (campaigns.length === 0) return emptyReport;
  const counted = (names: readonly string[]): Record<string, number> =>
    Object.fromEntries(
      lines.flatMap((line) => {
        const [name = '', times = '', ...more] = cellsOf(line);
        return more.length === 0 && names.includes(name) ? [[name, numberIn(times)]] : [];
      }),
    );
  const failures = lines.flatMap((line) => {
    const [, seed, commit = '', what = ''] = /^- (\d+) \((\S+)\): (.*)$/.exec(line) ?? [];
    return seed === undefined ? [] : [{ seed: Number(seed), commit, what }];
  });
  return { campaigns, faults: counted(faultKinds), checks: counted(invariants), failures };
};

const together = (
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Record<string, number> => {
  const both: Record<string, number> = { ...one };
  for (const [name, times] of Object.entries(other)) both[name] = (both[name] ?? 0) + times;
  return both;
};

/** With one more campaign: the seeds from `seed` on. */
export const withCampaign = (
  before: Report,
  tally: Tally,
  { seed, date, commit }: { readonly seed: number; readonly date: string; readonly commit: string },
): Report => {
  const { schedules, calls, steps, entries, failures } = tally;
  const to = seed + schedules - 1;
  const campaign = {
    date,
    commit,
    from: seed,
    to,
    schedules,
    calls,
    steps,
    entries,
    failed: failures.length,
  };
  return {
    campaigns: [...before.campaigns, campaign],
    faults: together(before.faults, tally.faults),
    checks: together(before.checks, tally.checks),
    failures: [...before.failures, ...failures.map((one) => ({ ...one, commit }))],
  };
};

/** The campaign that has run some of these seeds already, on the same sources. */
export const sameSeeds = (
  { campaigns }: Report,
  { commit, from, to }: Pick<Campaign, 'commit' | 'from' | 'to'>,
): Campaign | undefined => campaigns.find((one) => one.commit === commit && one.from <= to && from <= one.to);

/** Behind all seeds that were run. */
export const nextSeed = ({ campaigns }: Report): number | undefined =>
  campaigns.length === 0 ? undefined : Math.max(...campaigns.map(({ to }) => to)) + 1;

const table = (head: readonly [string, string], rows: readonly (readonly [string, number])[]): string =>
  [
    `| ${head.join(' | ')} |`,
    '| --- | ---: |',
    ...rows.map(([name, times]) => `| ${name} | ${grouped(times)} |`),
  ].join('\n');

const campaignsTable = (campaigns: readonly Campaign[]): string =>
  [
    '| Date | Commit | First seed | Last seed | Schedules | Calls | Steps | Entries | Failed |',
    `| --- | --- |${' ---: |'.repeat(numbers.length)}`,
    ...campaigns.map((one) => {
      const { date, commit, from, to } = one;
      const counts = numbers.slice(2).map((name) => grouped(one[name]));
      return `| ${[date, commit, from, to, ...counts].join(' | ')} |`;
    }),
  ].join('\n');

export const pageOf = ({ campaigns, faults, checks, failures }: Report): string => {
  const all = (name: 'schedules' | 'calls' | 'steps' | 'entries'): string =>
    grouped(campaigns.reduce((sum, one) => sum + one[name], 0));
  const checked = grouped(Object.values(checks).reduce((sum, times) => sum + times, 0));
  return `${[
    '# Simulation',
    `${all('schedules')} schedules: in each, two to six agents and one to three hubs (the engine, the areas and the journal as they are) over a simulated store, clock and network, with ${all('calls')} calls, ${all('steps')} steps and ${all('entries')} entries in all. After every step what is stored is held against a second, plain account of what it may mean.`,
    failures.length === 0
      ? `Nothing failed in ${checked} checks.`
      : [
          `**${grouped(failures.length)} schedules failed** in ${checked} checks:`,
          '',
          ...failures.map(({ seed, commit, what }) => `- ${seed} (${commit}): ${what}`),
        ].join('\n'),
    'Each run of `npm run simulate -- --runs N --report docs/reports/simulate.md` adds its schedules, with the seeds behind those that were run before. One schedule is shown step by step by `npm run simulate -- --seed N --trace`, with the sources of its commit.',
    '## Campaigns',
    campaignsTable(campaigns),
    '## Faults',
    table(
      ['Fault', 'Times'],
      faultKinds.flatMap((kind) => (faults[kind] === undefined ? [] : [[kind, faults[kind]]])),
    ),
    'A torn batch stands in the journal in part, until it is restored to its last whole batch: whoever meets it meanwhile has to refuse, and nobody may take the part for the whole.',
    '## Checks',
    table(
      ['What has to hold', 'Checked'],
      invariants.map((name) => [name, checks[name] ?? 0]),
    ),
    'Costs and their budgets are no area yet: instead of budgets, the limits of tasks in work are checked.',
  ].join('\n\n')}\n`;
};
