import { parseArgs } from 'node:util';
import { type Outcome, type Refusal, errorTable, ok, refuse } from '../kernel/errors.ts';
import { stderrLog } from './log.ts';
import { type Flags, type Settings, defaultPort, readSettings } from './settings.ts';
import { version } from './version.ts';

const help = `Signalbox ${version}: AI agents share one task board.

  signalbox serve     the hub, on http://127.0.0.1:${defaultPort}
  signalbox mcp       an MCP server on stdio; uses the running hub, or opens the board itself
  signalbox verify    checks the journal of a workspace and names the first bad entry
  signalbox help      this text
  signalbox version   the version

Settings, by flag or environment:
  --port N            SIGNALBOX_PORT        ${defaultPort}; 0 = any free one
  --host NAME         SIGNALBOX_HOST        127.0.0.1; only addresses of this machine
  --data-dir DIR      SIGNALBOX_DATA_DIR    $XDG_DATA_HOME/signalbox
  --workspace NAME    SIGNALBOX_WORKSPACE   main
  --agent NAME        SIGNALBOX_AGENT       the name of whoever starts over mcp without one
  --mode MODE         SIGNALBOX_MODE        which tools mcp shows: minimal, standard, full, or categories
  --url URL           SIGNALBOX_URL         a hub for mcp to use

Example: signalbox serve --port 9000 --data-dir ./board
`;

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

interface Command {
  readonly name: string;
  readonly flags: Flags;
}

/** Runs one command and sets the exit code; see the error table for what each code means. */
export const run = async (args: readonly string[]): Promise<void> => {
  const command = parse(args);
  const outcome = command.ok ? await dispatch(command.value) : command;
  if (!outcome.ok) fail(outcome);
};

const dispatch = async ({ name, flags }: Command): Promise<Outcome<unknown>> => {
  if (name === 'help') return ok(process.stdout.write(help));
  if (name === 'version') return ok(process.stdout.write(`${version}\n`));
  const settings = readSettings(flags, process.env);
  if (!settings.ok) return settings;
  return work(name, settings.value);
};

const work = async (name: string, settings: Settings): Promise<Outcome<unknown>> => {
  switch (name) {
    case 'serve':
      return (await import('./serve.ts')).serve(settings, stderrLog('warn'));
    case 'mcp':
      return (await import('./mcp.ts')).serveStdio(settings, stderrLog('warn'));
    case 'verify':
      return (await import('./verify.ts')).verifyWorkspace(settings);
    default:
      return refuse('invalid_input', `There is no command "${name}". Run signalbox help to see all.`);
  }
};

const parse = (args: readonly string[]): Outcome<Command> => {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const { help: wantsHelp, version: wantsVersion, ...flags } = values;
    const [name = 'help', extra] = positionals;
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
