import { resolve } from 'node:path';
import { repeatable } from '../../kernel/text.ts';
import type { ClientFile } from '../../integrations/client-files.ts';
import type { NamedServer } from '../../integrations/client-servers.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { canRun } from '../can-run.ts';
import { type Finding, type Patient, good, warn } from './check.ts';
import { entryText, setProgram } from './client-entries.ts';

const wordsMax = 200;
const dataDirFlag = '--data-dir';

type Commanded = Extract<NamedServer, { readonly kind: 'command' }>;

/** Looks at the program that a client starts: whether it is there, is the MCP server, and works on this data. */
export const ofCommand = (
  file: ClientFile,
  { name, command, args, env }: Commanded,
  { configuration, place }: Patient,
): Finding => {
  const { settings, origins } = configuration;
  const starts = `${file.client} (${file.path}) starts ${repeatable([command, ...args].map(shellWord).join(' '), wordsMax)}`;
  const mend = (what: string, line: readonly string[]): Finding =>
    warn(`${what} Its entry should be ${entryText(file, name, { line })}`, setProgram(file, name, line));
  const isNamed = (origins.get('data-dir')?.kind ?? 'default') !== 'default';
  const data = isNamed ? [dataDirFlag, settings.dataDir] : [];
  if (!canRun(command, place.env))
    return mend(`${starts}, and there is no program ${repeatable(command, wordsMax)}.`, [
      ...thisProgram(place.env),
      'mcp',
      ...data,
    ]);
  if (!args.includes('mcp'))
    return mend(`${starts}, which is not the MCP server; that is signalbox mcp.`, [
      command,
      ...args.filter((arg) => arg !== 'serve'),
      'mcp',
    ]);
  const dataDir = flagIn(args, dataDirFlag) ?? env['SIGNALBOX_DATA_DIR'];
  if (dataDir !== undefined && resolve(place.cwd, dataDir) !== settings.dataDir)
    return mend(
      `${starts} with the data directory ${repeatable(dataDir, wordsMax)}; here it is ${settings.dataDir}, so its agents have another board.`,
      [command, ...without(args, dataDirFlag), ...data],
    );
  return good(`${starts}.`);
};

/** How this program is started: by its name, if that is found. */
const thisProgram = (env: NodeJS.ProcessEnv): readonly string[] => {
  const [, script = 'signalbox'] = process.argv;
  return canRun('signalbox', env) ? ['signalbox'] : [process.execPath, script];
};

const flagIn = (args: readonly string[], flag: string): string | undefined => {
  const at = args.indexOf(flag);
  return at === -1 ? args.find((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1) : args[at + 1];
};

const without = (args: readonly string[], flag: string): readonly string[] =>
  args.filter((arg, at) => arg !== flag && args[at - 1] !== flag && !arg.startsWith(`${flag}=`));
