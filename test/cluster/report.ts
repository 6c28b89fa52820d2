import type { Outcome } from './campaign.ts';
import type { Tally } from './worker.ts';

/** Calls that nobody could bring to an end, of all. */
export const errorRate = ({ tallies }: Pick<Outcome, 'tallies'>): number =>
  sum(tallies, ({ failed }) => failed.length) / sum(tallies, ({ calls }) => calls);

export const reportOf = (outcome: Outcome): string => {
  const { wanted, tallies, acks, kills, seconds, entries, claims, lost, doubled } = outcome;
  const calls = sum(tallies, (tally) => tally.calls);
  const times = acks.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const at = (part: number): string => `${(times[Math.floor((times.length - 1) * part)] ?? 0).toFixed(1)} ms`;
  const again = acks.filter(({ tries }) => tries > 1).length;
  return `# Two hubs, and one after the other killed

${wanted.clients} clients of two hubs on one ${wanted.database.kind} for ${Math.round(seconds)} s, with seed ${wanted.seed}: each makes one call after the other, at a hub of its choice, and tries again at the other one, with the same request id, what has failed. Every ${wanted.killEverySeconds} s a hub is killed (\`kill -9\`) and started again: ${kills} times. Afterwards the journal is read without any of the program's code, and held against what clients were told.

| | |
| --- | ---: |
| calls | ${count(calls)} (${Math.round(calls / seconds)} a second) |
| answered | ${count(acks.length)} |
| answered at a second or later try | ${count(again)} |
| refused by a rule | ${count(sum(tallies, ({ refused }) => total(refused)))} |
| given up after all tries | ${count(sum(tallies, ({ failed }) => failed.length))} (${(errorRate(outcome) * 100).toFixed(3)} %) |
| lost: answered, and not in the journal | ${lost.length} |
| doubled: one request id done twice | ${doubled.length} |
| entries in the journal, its chain whole | ${count(entries)} |
| claims, none of a task that somebody held | ${count(claims)} |
| time of a call, tries included: p50, p99, longest | ${at(0.5)}, ${at(0.99)}, ${at(1)} |

## Tries that failed

${table(tallies, ({ faults }) => faults)}

## Refusals

${table(tallies, ({ refused }) => refused)}

Written by \`npm run cluster -- --store ${wanted.database.kind} --clients ${wanted.clients} --seconds ${wanted.seconds} --kill-every ${wanted.killEverySeconds} --seed ${wanted.seed} --report FILE\`.
`;
};

const count = (value: number): string => value.toLocaleString('en-US');

const sum = (tallies: readonly Tally[], of: (tally: Tally) => number): number =>
  tallies.reduce((all, tally) => all + of(tally), 0);

type Counts = Readonly<Record<string, number>>;

const total = (counts: Counts): number => Object.values(counts).reduce((all, one) => all + one, 0);

const table = (tallies: readonly Tally[], of: (tally: Tally) => Counts): string => {
  const counts = new Map<string, number>();
  for (const tally of tallies) {
    for (const [name, times] of Object.entries(of(tally))) counts.set(name, (counts.get(name) ?? 0) + times);
  }
  const rows = [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, times]) => `| ${name} | ${count(times)} |`);
  return rows.length === 0 ? 'None.' : ['| What | Times |', '| --- | ---: |', ...rows].join('\n');
};
