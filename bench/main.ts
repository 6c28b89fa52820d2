import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { accessCases } from './cases/access.ts';
import { boardCases } from './cases/board.ts';
import { callCases } from './cases/calls.ts';
import { deliveryCases } from './cases/delivery.ts';
import { journalCases } from './cases/journal.ts';
import { lockCases } from './cases/locks.ts';
import { mcpCases } from './cases/mcp.ts';
import { syncCases } from './cases/syncs.ts';
import { storeCases } from './cases/stores.ts';
import { startCases } from './cases/starts.ts';
import { type Row, printRows } from './rows.ts';

/**
 * `npm run bench [-- --json FILE] [-- --only calls,journal] [-- --stores]`: all figures and their floors in one run. The stores, which need
 * the servers of databases, are measured by themselves.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    stores: { type: 'boolean', default: false },
  },
});

const cases: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  calls: callCases,
  mcp: mcpCases,
  syncs: syncCases,
  board: boardCases,
  journal: journalCases,
  starts: startCases,
  locks: lockCases,
  delivery: deliveryCases,
  access: accessCases,
  stores: storeCases,
};

const usual = Object.keys(cases).filter((name) => name !== 'stores');
const chosen = values.stores ? ['stores'] : (values.only?.split(',') ?? usual);
const rows: Row[] = [];
for (const name of chosen) {
  const run = cases[name];
  if (run === undefined)
    throw new Error(`there is no case "${name}"; there are ${Object.keys(cases).join(', ')}`);
  console.error(`measuring ${name} ...`);
  rows.push(...(await run()));
}
console.log(
  `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}; load generator: raw keep-alive sockets, hrtime, own process`,
);
printRows(rows);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
