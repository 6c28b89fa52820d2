import { homedir } from 'node:os';
import { styleText } from 'node:util';
import { archivedStorage } from '../../journal/archived-store.ts';
import { type Outcome, errorTable, ok } from '../../kernel/errors.ts';
import { printable } from '../../kernel/text.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Terminal } from '../../surfaces/cli/terminal.ts';
import type { Given } from '../commands/command.ts';
import { sqliteStorage } from '../../stores/sqlite/storage.ts';
import type { Settings } from '../configuration/settings.ts';
import { archivesOf } from '../storage.ts';
import { checkJournal } from '../journal-check.ts';
import { thisProcess } from '../workspace-resolution/wanted.ts';
import { type Check, type Finding, type Patient, type ReadJournal, bad, reasonOf } from './check.ts';
import { clients } from './clients.ts';
import { database } from './database.ts';
import { dataDirectory, journalNames } from './data-directory.ts';
import { hub } from './hub.ts';
import { clock, journals } from './journals.ts';
import { diskSpace, versions } from './machine.ts';
import { denial } from './mends.ts';
import { mcpCall } from './mcp-call.ts';
import { configuration, workspace } from './settings.ts';
import { tokens } from './tokens.ts';

/** In the order in which they are told. Another subject adds its check here. */
const checks: readonly Check[] = [
  versions,
  configuration,
  dataDirectory,
  diskSpace,
  journals,
  database,
  clock,
  hub,
  tokens,
  mcpCall,
  workspace,
  clients,
];

interface Told extends Finding {
  readonly check: string;
}

/** Runs all checks and tells what they found; fails when something is bad. */
export const examine = async ({
  configuration: given,
  faults,
  terminal,
  log,
}: Given): Promise<Outcome<true>> => {
  const place = thisProcess();
  const { dataDir } = given.settings;
  const patient: Patient = {
    configuration: given,
    faults,
    place,
    home: place.env['HOME'] || homedir(),
    log,
    sealed: (await denial(dataDir, 'enter')) === 'EACCES',
    journals: given.settings.store.kind === 'sqlite' ? await readJournals(given.settings) : [],
  };
  const told: Told[] = [];
  for (const check of checks) {
    for (const finding of await run(check, patient)) told.push({ check: check.name, ...finding });
  }
  const healthy = told.every(({ state }) => state !== 'bad');
  if (terminal.json) writeJson(terminal, { healthy, findings: told });
  else terminal.out.write(textOf(told, terminal));
  if (!healthy) process.exitCode = errorTable.invalid_state.exit;
  return ok(true);
};

/** What stops one check must not keep the others from being told. */
const run = async (check: Check, patient: Patient): Promise<readonly Finding[]> => {
  try {
    return await check.run(patient);
  } catch (thrown) {
    return [bad(`This could not be looked at: ${reasonOf(thrown)}`, 'signalbox doctor --debug')];
  }
};

const readJournals = async (settings: Settings): Promise<readonly ReadJournal[]> => {
  const { dataDir } = settings;
  const read: ReadJournal[] = [];
  const storage = archivedStorage(sqliteStorage({ dataDir }), archivesOf(settings));
  for (const name of await journalNames(dataDir))
    read.push({ file: `${name}.journal`, checked: await checkJournal(storage, name) });
  return read;
};

const colours = { good: 'green', warn: 'yellow', bad: 'red' } as const;

const textOf = (told: readonly Told[], { colour }: Pick<Terminal, 'colour'>): string => {
  const width = Math.max(...told.map(({ check }) => check.length));
  const lines = told.flatMap(({ check, state, what, mend }) => {
    const word = colour ? styleText(colours[state], state, { validateStream: false }) : state;
    const indent = ' '.repeat('good  '.length + width + 2);
    return [
      `${word}${' '.repeat('good  '.length - state.length)}${check.padEnd(width)}  ${printable(what)}`,
      ...(mend === undefined ? [] : [`${indent}mend: ${printable(mend)}`]),
    ];
  });
  const count = (state: Finding['state']): number => told.filter((finding) => finding.state === state).length;
  const summary =
    count('bad') + count('warn') === 0
      ? 'All is well.'
      : `${count('bad')} bad, ${count('warn')} to look at, ${count('good')} good.`;
  return `${lines.join('\n')}\n${summary}\n`;
};
