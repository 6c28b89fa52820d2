/**
 * `npm run check:conformance`: the official suite against the HTTP surface, for each revision of the protocol. With the
 * fixtures that it asks for everything has to pass; of the real server, everything that needs no fixture.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { startFixtures, startHub } from './hubs.ts';
import { conformance, installSuite } from './suite.ts';

interface Run {
  readonly name: string;
  readonly selection: readonly string[];
  readonly server: 'fixtures' | 'real';
  /** How many scenarios must have been run, so that none is left out unnoticed. */
  readonly scenarios: number;
}

const needsFixtures = (revision: string): readonly string[] => [
  '--expected-failures',
  join(import.meta.dirname, `needs-fixtures.${revision}.yaml`),
];

const runs: readonly Run[] = [
  {
    name: '2026-07-28',
    selection: ['--requirements', '2026-07-28'],
    server: 'fixtures',
    scenarios: 50,
  },
  {
    name: '2025-11-25',
    selection: ['--requirements', '2025-11-25'],
    server: 'fixtures',
    scenarios: 33,
  },
  {
    name: '2025-06-18',
    selection: ['--suite', 'all', '--spec-version', '2025-06-18'],
    server: 'fixtures',
    scenarios: 27,
  },
  {
    name: '2025-03-26',
    selection: ['--suite', 'all', '--spec-version', '2025-03-26'],
    server: 'fixtures',
    scenarios: 1,
  },
  {
    name: '2026-07-28, real server',
    selection: ['--requirements', '2026-07-28', ...needsFixtures('2026-07-28')],
    server: 'real',
    scenarios: 50,
  },
  {
    name: '2025-11-25, real server',
    selection: ['--requirements', '2025-11-25', ...needsFixtures('2025-11-25')],
    server: 'real',
    scenarios: 33,
  },
];

/** The tasks extension, which this server does not have; the suite runs its scenarios and does not score them. */
const isUnscored = (scenario: string): boolean => scenario.startsWith('tasks-');

/** No area has prompts whose list could change, and the fixtures say so. */
const skippable: ReadonlySet<string> = new Set([
  'sep-2575-server-sends-prompts-list-changed-on-subscription',
]);

const checksSchema = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
    errorMessage: z.string().optional(),
  }),
);

type Check = z.infer<typeof checksSchema>[number];

/** What the suite has written down, by scenario. */
const readChecks = (folder: string): ReadonlyMap<string, readonly Check[]> =>
  new Map(
    globSync('*/checks.json', { cwd: folder }).map((path) => [
      basename(dirname(path)).replace(/^server-(.+)-\d{4}-\d{2}-\d{2}T.*$/, '$1'),
      checksSchema.parse(JSON.parse(readFileSync(join(folder, path), 'utf8'))),
    ]),
  );

/** What is wrong with the checks of a scenario that has to pass. */
const faultsIn = (scenario: string, checks: readonly Check[]): readonly string[] => {
  const faults = checks
    .filter(({ id, status }) => !['SUCCESS', 'INFO'].includes(status) && !skippable.has(id))
    .map(({ id, status, errorMessage = '' }) => `${scenario}: ${id}: ${status} ${errorMessage}`);
  return checks.some(({ status }) => status === 'SUCCESS') ? faults : [`${scenario}: nothing was checked`];
};

interface Verdict {
  readonly line: string;
  readonly faults: readonly string[];
}

const judge = async ({ name, selection, server, scenarios }: Run, url: string): Promise<Verdict> => {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-checks-'));
  const { code, output } = await conformance(['server', '--url', url, ...selection, '-o', folder]);
  const found = readChecks(folder);
  await rm(folder, { recursive: true });
  const scored = [...found].filter(([scenario]) => !isUnscored(scenario));
  const passed = scored.flatMap(([, checks]) => checks).filter(({ status }) => status === 'SUCCESS').length;
  return {
    line: `${name}: ${scored.length} scenarios, ${passed} checks passed`,
    faults: [
      ...(code === 0 ? [] : [`${name}: the suite ended with ${String(code)}:\n${output}`]),
      ...(found.size === scenarios ? [] : [`${name}: ${found.size} scenarios were run, not ${scenarios}`]),
      ...(server === 'fixtures'
        ? scored.flatMap(([scenario, checks]) => faultsIn(scenario, checks)).map((text) => `${name}: ${text}`)
        : []),
    ],
  };
};

await installSuite();
const hubs = { fixtures: await startFixtures(), real: await startHub() };
const verdicts = await Promise.all(runs.map((run) => judge(run, hubs[run.server].url)));
await Promise.all([hubs.fixtures.close(), hubs.real.close()]);
for (const { line } of verdicts) console.log(line);
assert.deepEqual(
  verdicts.flatMap(({ faults }) => faults),
  [],
);
