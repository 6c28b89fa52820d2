/**
 * `npm run attack`: every attack of every family, on hubs of their own. Prints what stopped each, writes
 * docs/reports/attack.md, and fails when one succeeds. Words narrow the run to the families whose names contain one;
 * the report is left alone then.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { families } from '../families/index.ts';
import type { Attack, Family } from './attack.ts';
import { Range } from './range.ts';
import { type Tried, type TriedFamily, reportOf, succeeded } from './report.ts';

const reportPath = join(import.meta.dirname, '../../../docs/reports/attack.md');

const tried = async ({ name, run }: Attack, range: Range): Promise<Tried> => {
  const begunAt = performance.now();
  try {
    return { attack: name, stoppedBy: await run(range), fault: undefined, ms: performance.now() - begunAt };
  } catch (thrown) {
    const fault = thrown instanceof Error ? thrown.message : String(thrown);
    return { attack: name, stoppedBy: undefined, fault, ms: performance.now() - begunAt };
  }
};

const logOf: Attack = {
  name: 'what the hub has logged of all this, down to debug',
  run: async (range) => {
    const faults = range.faultsInLog();
    if (faults.length > 0) throw new Error(faults.slice(0, 3).join('; '));
    return 'whole lines of JSON, no token in them, and no defect';
  },
};

const print = ({ attack: name, stoppedBy, fault, ms }: Tried): void => {
  const word = stoppedBy === undefined ? 'SUCCEEDED' : 'stopped  ';
  console.log(`  ${word}  ${name}  --  ${stoppedBy ?? fault} (${Math.round(ms)} ms)`);
};

const attack = async (family: Family): Promise<TriedFamily> => {
  console.log(`\n${family.name}: ${family.aim}`);
  const range = await Range.open(family.hub);
  const seen = async (one: Attack): Promise<Tried> => {
    const result = await tried(one, range);
    print(result);
    return result;
  };
  try {
    const control = await seen(family.control);
    const attacks: Tried[] = [];
    for (const one of [...family.attacks, logOf]) attacks.push(await seen(one));
    return { family, control, attacks };
  } finally {
    await range.close();
  }
};

const words = process.argv.slice(2);
const chosen = families.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const done: TriedFamily[] = [];
for (const family of chosen) {
  done.push(await attack(family));
}
const open = succeeded(done).length;
const count = done.reduce((sum, { attacks }) => sum + attacks.length, 0);
console.log(`\n${count} attacks in ${done.length} families, ${open} succeeded.`);
if (words.length === 0) {
  mkdirSync(dirname(reportPath), { recursive: true });
  writeFileSync(reportPath, reportOf(done));
  console.log('The report is in docs/reports/attack.md.');
}
process.exitCode = open === 0 && count > 0 ? 0 : 1;
