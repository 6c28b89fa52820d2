/** `npm run simulate -- [--runs N] [--seed S] [--workers W] [--json FILE] [--report FILE]`, or `--seed S --trace`. */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { campaign } from './campaign.ts';
import { type Report, emptyReport, nextSeed, pageOf, readPage, sameSeeds, withCampaign } from './report.ts';
import { simulate } from './schedule.ts';
import type { Tally } from './tally.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    workers: { type: 'string' },
    json: { type: 'string' },
    report: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

const wholeNumber = (name: string, text: string, least: number): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  console.error(`--${name} has to be a whole number from ${least} on, and is ${text}.`);
  process.exit(2);
};

const before: Report =
  values.report !== undefined && existsSync(values.report)
    ? readPage(readFileSync(values.report, 'utf8'))
    : emptyReport;

const seed =
  values.seed === undefined ? (nextSeed(before) ?? randomInt(2 ** 31)) : wholeNumber('seed', values.seed, 0);

/** Which sources these are. */
const commitHere = (): string => {
  const git = (...words: readonly string[]): string =>
    execFileSync('git', words, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  const changed =
    git('status', '--porcelain', '--untracked-files=no', '--', '../../src', '.') === '' ? '' : '+';
  return `${git('rev-parse', '--short', 'HEAD')}${changed}`;
};

const put = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, times) => total + times, 0);

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, times]) => `  ${String(times).padStart(12)}  ${name}`)
    .join('\n');

const showOne = async (): Promise<boolean> => {
  const { trace, failure, mark, agents, hubs, calls, steps, entries } = await simulate(seed, { trace: true });
  for (const line of trace) console.log(line);
  console.log(
    `seed ${seed}: ${agents} agents, ${hubs} hubs, ${calls} calls, ${steps} steps, ${entries} entries, ${mark}`,
  );
  console.log(failure === undefined ? 'Everything held.' : `FAILED ${failure}`);
  return failure === undefined;
};

const showMany = async (): Promise<boolean> => {
  const runs = wholeNumber('runs', values.runs, 1);
  const workers =
    values.workers === undefined ? availableParallelism() : wholeNumber('workers', values.workers, 1);
  const commit = values.report === undefined ? '' : commitHere();
  const ran = sameSeeds(before, { commit, from: seed, to: seed + runs - 1 });
  if (ran !== undefined) {
    console.error(`Of these seeds, those from ${ran.from} to ${ran.to} were run on ${commit} already.`);
    process.exit(2);
  }
  console.log(`seed ${seed}, ${runs} schedules, ${workers} ${workers === 1 ? 'process' : 'processes'}`);
  const begun = performance.now();
  const secondsGone = (): number => (performance.now() - begun) / 1_000;
  let shown = 0;
  const tally: Tally = await campaign({ seed, runs, workers }, ({ schedules, failures }) => {
    for (const { seed: one, what } of failures.slice(shown))
      process.stderr.write(`\nFAILED ${what}\n  npm run simulate -- --seed ${one} --trace\n`);
    shown = failures.length;
    const rate = Math.round(schedules / secondsGone());
    process.stderr.write(`\r${schedules} of ${runs} schedules, ${failures.length} failed, ${rate} a second `);
  });
  const { schedules, calls, steps, entries, faults, checks, failures } = tally;
  process.stderr.write('\n');
  console.log(
    `${schedules} schedules in ${Math.round(secondsGone())} s: ${calls} calls, ${steps} steps, ${entries} entries`,
  );
  console.log(`${sum(faults)} faults:\n${listed(faults)}`);
  console.log(`${sum(checks)} checks:\n${listed(checks)}`);
  if (values.json !== undefined) put(values.json, `${JSON.stringify({ seed, runs, ...tally }, null, 2)}\n`);
  const date = new Date().toISOString().slice(0, 10);
  if (values.report !== undefined)
    put(values.report, pageOf(withCampaign(before, tally, { seed, date, commit })));
  console.log(failures.length === 0 ? 'Everything held.' : `${failures.length} schedules failed.`);
  return failures.length === 0;
};

process.exitCode = (await (values.trace ? showOne() : showMany())) ? 0 : 1;
