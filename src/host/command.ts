import { parseArgs } from 'node:util';
import { type Outcome, type Refusal, errorTable, ok, refuse } from '../kernel/errors.ts';
import { stderrLog } from './log.ts';
import { commands } from './commands/index.ts';
import { type KeyFlags, readConfiguration } from './configuration/configuration.ts';
import { keys } from './configuration/keys.ts';
import { version } from './version.ts';

const help = (): string => `Signalbox ${version}: AI agents share one task board.

${commands.map(({ name, summary }) => `  signalbox ${name.padEnd(10)}${summary}\n`).join('')}  signalbox help      this text
  signalbox version   the version

Settings, by flag or environment:
${keyLines()}
Example: ${commands[0]?.example ?? ''}
`;

const keyLines = (): string =>
  Object.entries(keys)
    .map(
      ([name, { placeholder, variable, meaning }]) =>
        `  ${`--${name} ${placeholder}`.padEnd(20)}${variable.padEnd(22)}${meaning}\n`,
    )
    .join('');

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  'data-dir': { type: 'string' },
  workspace: { type: 'string' },
  agent: { type: 'string' },
  mode: { type: 'string' },
  url: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

interface Line {
  readonly name: string;
  readonly flags: KeyFlags;
}

/** Runs one command and sets the exit code; see the error table for what each code means. */
export const run = async (args: readonly string[]): Promise<void> => {
  const line = parse(args);
  const outcome = line.ok ? await dispatch(line.value) : line;
  if (!outcome.ok) fail(outcome);
};

const dispatch = async ({ name, flags }: Line): Promise<Outcome<unknown>> => {
  if (name === 'help') return ok(process.stdout.write(help()));
  if (name === 'version') return ok(process.stdout.write(`${version}\n`));
  const configuration = readConfiguration(flags, { env: process.env, cwd: process.cwd() });
  if (!configuration.ok) return configuration;
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined)
    return refuse('invalid_input', `There is no command "${name}". Run signalbox help to see all.`);
  return command.run({
    words: [],
    flags: new Map(),
    configuration: configuration.value,
    terminal: {
      out: process.stdout,
      err: process.stderr,
      columns: process.stdout.columns,
      colour: false,
      json: false,
    },
    log: stderrLog('warn'),
  });
};

const parse = (args: readonly string[]): Outcome<Line> => {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const { help: wantsHelp, version: wantsVersion, ...flags } = values;
    const [name = 'serve', extra] = positionals;
    if (extra !== undefined)
      return refuse(
        'invalid_input',
        `"${extra}" is one word too many. Run signalbox help to see what there is.`,
      );
    return ok({ name: wantsHelp ? 'help' : wantsVersion ? 'version' : name, flags });
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return refuse('invalid_input', `${reason}. Run signalbox help to see what there is.`);
  }
};

const fail = (refusal: Refusal): void => {
  process.stderr.write(`signalbox: ${refusal.message}\n`);
  process.exitCode = errorTable[refusal.code].exit;
};
