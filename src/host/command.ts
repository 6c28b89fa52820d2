import { randomUUID } from 'node:crypto';
import { writtenDescription } from '../catalogue/written-description.ts';
import { type Outcome, type Refusal, errorTable, ok, refuse } from '../kernel/errors.ts';
import { printable, quoted } from '../kernel/text.ts';
import { askingWord } from '../surfaces/cli/completion-scripts.ts';
import { type KnownFlag, type ReadLine, readFlags, seeHelp } from '../surfaces/cli/flags.ts';
import { writeJson } from '../surfaces/cli/plain.ts';
import { type Telling, refusalText } from '../surfaces/cli/refusal-text.ts';
import type { Terminal } from '../surfaces/cli/terminal.ts';
import { errorValue } from '../surfaces/json-text.ts';
import { findCommand } from './command-line.ts';
import {
  callFlags,
  callKeys,
  commonKeys,
  envFileFlag,
  everywhere,
  inputFlag,
  keyFlags,
} from './commands/flags.ts';
import type { Command, Given } from './commands/command.ts';
import { failWith, isFailure } from './commands/failure.ts';
import { type KeyFlags, readWithFaults } from './configuration/configuration.ts';
import type { EnvFiles, Surroundings } from './configuration/find-files.ts';
import type { KeyName } from './configuration/keys.ts';
import { stderrLog } from './log.ts';
import { version } from './version.ts';

/** Runs one command and sets the exit code; see the error table for what each code means. */
export const run = async (args: readonly string[]): Promise<void> => {
  process.stdout.on('error', (fault) => notWritten(fault, process.stderr));
  process.stderr.on('error', (fault) => notWritten(fault, undefined));
  if (args[0] === askingWord) return (await import('./complete.ts')).complete(args.slice(1));
  const terminal = terminalFor(args);
  const outcome = await guarded(() => runLine(args, terminal));
  if (!outcome.ok) fail(outcome, terminal);
  if (!outcome.ok && outcome.code === 'internal') endOnceWritten();
};

/** Whoever has fallen over a defect has closed nothing, and would keep the process alive for ever. */
const endOnceWritten = (): void => {
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
};

/** Who reads no further, such as head, need not hear of it. */
const notWritten = (fault: NodeJS.ErrnoException, told: NodeJS.WriteStream | undefined): void => {
  if (fault.code === 'EPIPE') return;
  process.exitCode = errorTable.internal.exit;
  told?.write(
    `signalbox: What this command says could not be written (${fault.message}). See where its output goes.\n`,
  );
};

/** Known before the line is understood, so that also what is wrong with it is said in the way that was asked for. */
const terminalFor = (args: readonly string[]): Terminal => {
  const end = args.indexOf('--');
  const flags = args.slice(0, end === -1 ? undefined : end);
  return {
    out: process.stdout,
    err: process.stderr,
    // A terminal that does not know its width says 0.
    columns: (process.stdout.isTTY && process.stdout.columns) || undefined,
    colour: process.stdout.isTTY && process.stdout.hasColors(),
    wide: flags.includes('--wide'),
    json: flags.includes('--json'),
  };
};

const guarded = async (work: () => Promise<Outcome<unknown>>): Promise<Outcome<unknown>> => {
  try {
    return await work();
  } catch (thrown) {
    const id = randomUUID();
    stderrLog({ logLevel: 'warn', debug: true }).error(`defect ${id}`, thrown);
    return refuse('internal', `Signalbox has a defect. What is said above under ${id} shows where.`, { id });
  }
};

const runLine = async (args: readonly string[], terminal: Terminal): Promise<Outcome<unknown>> => {
  const asked = findCommand(args);
  if (!asked.ok) return asked;
  switch (asked.value.kind) {
    case 'help':
      return (await import('./commands/help.ts')).writeHelp(asked.value.words, terminal);
    case 'version':
      if (terminal.json) writeJson(terminal, { version });
      else terminal.out.write(`${version}\n`);
      return ok(true);
    case 'command':
      return runCommand(asked.value.command, asked.value.rest, terminal);
    case 'operation': {
      const { operation, catalogue, rest } = asked.value;
      const { operationCommand, runOperation } = await import('./commands/operation.ts');
      const command = operationCommand(catalogue, operation);
      const flags = [...command.flags, ...callFlags, inputFlag];
      const read = readLine(rest, { name: command.name, flags, names: keysOfCall });
      if (!read.ok) return failWith(read, { catalogue, uncertain: false });
      const given = await givenBy(read.value, { names: keysOfCall, flags, terminal, despite: false });
      if (!given.ok) return given;
      const outcome = await runOperation(command, read.value, { catalogue, given: given.value });
      return toldHere(outcome, given.value);
    }
  }
};

const runCommand = async (
  command: Command,
  rest: readonly string[],
  terminal: Terminal,
): Promise<Outcome<unknown>> => {
  const { name, flags, words } = command;
  const names = [...command.keys, ...commonKeys];
  const read = readLine(rest, { name, flags, names });
  if (!read.ok) return read;
  const [extra] = words === '' ? read.value.words : [];
  if (extra !== undefined) {
    const shown = quoted(printable(extra.slice(0, wordCharactersMax)));
    return refuse('invalid_input', `${shown} is a word too many.${seeHelp({ command: name })}`);
  }
  const despite = command.despiteFaults === true;
  const given = await givenBy(read.value, { names, flags, terminal, despite });
  return given.ok ? toldHere(await command.run(given.value), given.value) : given;
};

/** What few commands need is loaded only there. */
const toldHere = async (outcome: Outcome<unknown>, { configuration }: Given): Promise<Outcome<unknown>> =>
  outcome.ok || outcome.code !== 'unauthenticated'
    ? outcome
    : (await import('./refused-token.ts')).refusedToken(outcome, configuration);

const keysOfCall = [...callKeys, ...commonKeys];

const wordCharactersMax = 64;

interface Taken {
  readonly name: string;
  readonly flags: readonly KnownFlag[];
  readonly names: readonly KeyName[];
}

const readLine = (rest: readonly string[], { name, flags, names }: Taken): Outcome<ReadLine> => {
  // A flag that is also a key of the configuration says both.
  const known = new Map(
    [...keyFlags(names), ...everywhere, ...flags].map((flag): [string, KnownFlag] => [flag.name, flag]),
  );
  return readFlags(rest, { known: [...known.values()], command: name });
};

interface Giving extends Pick<Taken, 'names' | 'flags'> {
  readonly terminal: Terminal;
  /** Whether the command is run although the environment or a file says what cannot be. */
  readonly despite: boolean;
}

const givenBy = async (
  { words, values }: ReadLine,
  { names, flags: known, terminal, despite }: Giving,
): Promise<Outcome<Given>> => {
  const said: Partial<Record<KeyName, string>> = {};
  for (const name of names) {
    const value = values.get(name)?.at(-1);
    if (value !== undefined && value !== false) said[name] = String(value);
  }
  const flags: KeyFlags = said;
  const lists = new Map(
    [...values].map(([name, all]) => [name, all.filter((value) => typeof value === 'string')] as const),
  );
  const surroundings: Surroundings = { env: process.env, cwd: process.cwd() };
  const paths = known.includes(envFileFlag) ? (lists.get(envFileFlag.name) ?? []) : [];
  const envFiles = await settingsIn(paths, flags, surroundings);
  if (!envFiles.ok) return envFiles;
  const { configuration, faults } = await readWithFaults(flags, {
    ...surroundings,
    envFiles: envFiles.value,
  });
  // What is wrong with the line itself is never passed over.
  const fault = faults.find(({ at }) => !despite || at.kind === 'flag');
  if (fault !== undefined) return fault.refusal;
  const { settings, warnings } = configuration;
  const log = stderrLog(settings);
  for (const warning of warnings) log.warn(warning);
  const own = [...values].flatMap(([name, [value]]) =>
    value === undefined || value === false ? [] : [[name, value] as const],
  );
  return ok({
    words,
    flags: new Map(own),
    lists,
    configuration,
    faults,
    terminal,
    log,
  });
};

/** What looks things up is loaded only where something is to be looked up. */
const settingsIn = async (
  paths: readonly string[],
  flags: KeyFlags,
  surroundings: Surroundings,
): Promise<Outcome<EnvFiles>> => {
  if (paths.length === 0) return ok({ said: new Map(), variables: [] });
  const { settingsInEnvFiles } = await import('./secrets/settings-in-env-files.ts');
  return settingsInEnvFiles(paths, flags, surroundings);
};

const fail = (refusal: Refusal, terminal: Terminal): void => {
  if (terminal.json) writeJson(terminal, errorValue(refusal));
  else terminal.err.write(refusalText(refusal, tellingOf(refusal)));
  process.exitCode = errorTable[refusal.code].exit;
};

const operationName = /\b[a-z]+_[a-z]+\b/;

/** The catalogue is read only for advice that names an operation, which is a command here. */
const tellingOf = (refusal: Refusal): Telling => {
  if (isFailure(refusal)) return refusal.telling;
  if (!operationName.test(refusal.message)) return { catalogue: undefined, uncertain: false };
  return { catalogue: writtenDescription(), uncertain: false };
};
