/** `npm run fuzz [-- --runs N] [-- --seed N] [-- --from HUB] [-- --report FILE]`: a campaign of generated calls. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { callMsMax, fuzz } from './campaign.ts';
import { reportOf } from './report.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seed: { type: 'string' },
    from: { type: 'string', default: '0' },
    report: { type: 'string' },
  },
});

const wholeNumber = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} has to be a whole number, and is ${text}.`);
  process.exit(2);
};

const runs = wholeNumber('runs', values.runs);
const from = wholeNumber('from', values.from);
const seed = values.seed === undefined ? randomInt(2 ** 31) : wholeNumber('seed', values.seed);
console.log(`seed ${seed}, ${runs} runs`);
const begun = performance.now();
const tally = await fuzz({
  seed,
  runs,
  callMsMax,
  from,
  onHub: ({ runs: done, faults }) => {
    const seconds = (performance.now() - begun) / 1_000;
    process.stderr.write(`\r${done} calls, ${faults.length} failed, ${Math.round(done / seconds)} a second `);
  },
});
const report = reportOf(tally);
if (values.report === undefined) console.log(`\n${report}`);
else {
  mkdirSync(dirname(values.report), { recursive: true });
  writeFileSync(values.report, report);
  console.log(`\n${values.report} written: ${tally.runs} calls, ${tally.faults.length} failed`);
}
for (const fault of tally.faults) console.error(JSON.stringify(fault));
process.exitCode = tally.faults.length === 0 ? 0 : 1;
