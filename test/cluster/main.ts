/**
 * `npm run cluster [-- --store postgres|redis|sqlite] [--clients N] [--seconds N] [--kill-every N] [--seed N]
 * [--report FILE]`: two hubs on one database under load, one of them killed again and again.
 */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { type StoreKind, startDatabase } from '../../src/testing/databases.ts';
import { errorRate, reportOf } from './report.ts';

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'postgres' },
    clients: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '120' },
    'kill-every': { type: 'string', default: '30' },
    seed: { type: 'string' },
    report: { type: 'string' },
  },
});

const kinds: readonly StoreKind[] = ['sqlite', 'postgres', 'redis'];
const store = kinds.find((kind) => kind === values.store);
if (store === undefined) throw new Error(`--store is one of ${kinds.join(', ')}`);
const seed = Number(values.seed ?? randomInt(2 ** 31));
console.log(`seed ${seed}`);
const database = await startDatabase(store);
try {
  const outcome = await runCampaign({
    database,
    clients: Number(values.clients),
    seconds: Number(values.seconds),
    killEverySeconds: Number(values['kill-every']),
    seed,
  });
  const report = reportOf(outcome);
  if (values.report === undefined) console.log(report);
  else writeFileSync(values.report, report);
  for (const what of [
    ...outcome.lost.map((one) => `lost: ${one}`),
    ...outcome.doubled.map((one) => `doubled: ${one}`),
  ])
    console.error(what);
  const failed = outcome.lost.length + outcome.doubled.length > 0 || errorRate(outcome) >= 0.001;
  process.exitCode = failed ? 1 : 0;
} finally {
  await database.stop();
}
