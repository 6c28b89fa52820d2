import { writtenDescription } from '../../catalogue/written-description.ts';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { repeatable } from '../../kernel/ids.ts';
import { type ClientFile, clientFiles } from '../../integrations/client-files.ts';
import { type NamedServer, readClientFile } from '../../integrations/client-servers.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { connectHub } from '../../surfaces/http/client.ts';
import { connectFound } from '../found-hub.ts';
import { readHubFile } from '../hub-file.ts';
import { mcpAddress } from '../mcp-address.ts';
import { lookOnce } from '../look-once.ts';
import { gitIn } from '../workspace-resolution/git.ts';
import { resolveWorkspace } from '../workspace-resolution/resolve.ts';
import type { Settings } from '../configuration/settings.ts';
import { type Check, type Finding, type Patient, good, warn } from './check.ts';

/** A hub on this machine answers at once. */
const answerTimeoutMs = 1_000;
const wordsMax = 200;

export const clients: Check = {
  name: 'clients',
  run: async (patient) => {
    const { settings } = patient.configuration;
    const hubUrl = await runningHub(settings);
    const about = { patient, hubUrl, workspace: await workspaceHere(patient) };
    const folders = { home: patient.home, project: await projectOf(patient), env: patient.place.env };
    const findings: Finding[] = [];
    for (const file of clientFiles(folders)) {
      const found = await readClientFile(file);
      if (found.kind === 'unreadable') findings.push(unreadable(file, found.reason));
      if (found.kind !== 'read') continue;
      for (const server of found.servers) findings.push(await ofServer(file, server, about));
    }
    if (findings.length > 0) return findings;
    const address = addressOf(about);
    const how =
      // A process finds the workspace of its repository by itself.
      address === undefined || about.workspace === undefined
        ? 'signalbox -- signalbox mcp'
        : `--transport http signalbox ${shellWord(address)}`;
    return [
      warn(
        'No client that is known (Claude Code, Codex, Gemini CLI, VS Code, Cursor) has Signalbox among its MCP servers. This is the line for Claude Code; signalbox serve prints those of the others.',
        `claude mcp add ${how}`,
      ),
    ];
  },
};

const unreadable = ({ client, path }: ClientFile, reason: string): Finding =>
  warn(
    `${client} (${path}) has a configuration that cannot be read: ${repeatable(reason, wordsMax)}`,
    `\${EDITOR:-vi} ${shellWord(path)}`,
  );

/** The top of the repository, where clients look for what belongs to a project. */
const projectOf = async ({ place: { cwd, env } }: Patient): Promise<string> => {
  const top = await gitIn(cwd, env)('rev-parse', '--show-toplevel');
  return top.status === 0 && top.out !== '' ? top.out : cwd;
};

const runningHub = async ({ url, dataDir }: Settings): Promise<string | undefined> => {
  if (url !== undefined) return url;
  const file = await readHubFile(dataDir);
  const found = file === undefined ? undefined : await connectFound(file);
  found?.close();
  return found === undefined ? undefined : file?.url;
};

/** The address that clients are given, while none runs that of one as configured; none where a hub is on a socket. */
const addressOf = ({ patient, hubUrl, workspace }: About): string | undefined => {
  const { listen } = patient.configuration.settings;
  const url = hubUrl ?? (listen.kind === 'tcp' ? `http://${listen.host}:${listen.port}` : undefined);
  return url?.startsWith('http:') ? mcpAddress(url, workspace) : undefined;
};

/** The workspace of this folder; undefined in a repository that has none yet, or says one that is not there. */
const workspaceHere = async ({ configuration, place, log }: Patient): Promise<string | undefined> => {
  const { settings } = configuration;
  const wanted = await resolveWorkspace({ configured: settings.workspace, ...place });
  if (!wanted.ok) return undefined;
  if (wanted.value.by === 'configuration' || wanted.value.by === 'default') return wanted.value.name;
  const looked = await lookOnce(settings, wanted.value, { catalogue: writtenDescription(), log });
  return looked.ok && looked.value.there ? looked.value.name : undefined;
};

interface About {
  readonly patient: Patient;
  readonly hubUrl: string | undefined;
  readonly workspace: string | undefined;
}

const ofServer = (file: ClientFile, server: NamedServer, about: About): Promise<Finding> | Finding =>
  server.kind === 'address' ? ofAddress(file, server, about) : ofCommand(file, server, about);

type Addressed = Extract<NamedServer, { readonly kind: 'address' }>;
type Commanded = Extract<NamedServer, { readonly kind: 'command' }>;

const ofAddress = async (file: ClientFile, server: Addressed, about: About): Promise<Finding> => {
  const { patient, hubUrl } = about;
  const { settings } = patient.configuration;
  const who = `${file.client} (${file.path})`;
  const shown = repeatable(withoutSecrets(server.url), wordsMax);
  const right = addressOf(about);
  const mend = setAddress(file, server.name, right);
  const address = URL.parse(server.url);
  if (address === null || !/^\/mcp(?:\/|$)/.test(address.pathname))
    return warn(`${who} has the address ${shown}, where no hub serves MCP; it ends in /mcp.`, mend);
  if (hubUrl !== undefined && originOf(address) === originOf(URL.parse(hubUrl)))
    return good(`${who} has the address of the hub, ${shown}.`);
  const other = await connectHub(address.origin, answerTimeoutMs);
  if (other.ok) other.value.close();
  if (hubUrl !== undefined)
    return warn(
      `${who} has the address ${shown}, where ${other.ok ? 'another hub' : 'no hub'} answers; the hub of this data directory is at ${hubUrl}.`,
      mend,
    );
  return other.ok
    ? good(`${who} has the address ${shown}, where a hub answers.`)
    : warn(
        `${who} has the address ${shown}, where no hub answers now.`,
        `signalbox serve${portFlag(address, settings)}`,
      );
};

const portFlag = ({ port }: URL, { listen }: Settings): string =>
  port === '' || (listen.kind === 'tcp' && Number(port) === listen.port) ? '' : ` --port ${port}`;

/** Localhost has three names. */
const originOf = (address: URL | null): string | undefined =>
  address?.origin.replace(/\/\/(?:localhost|\[::1\])(?=:|$)/, '//127.0.0.1');

/** An address may hold a password or a token. */
const withoutSecrets = (url: string): string => {
  const address = URL.parse(url);
  return address === null ? url : `${address.protocol}//${address.host}${address.pathname}`;
};

/** How the address of a server is set in each client. */
const setAddress = ({ client, path, scope }: ClientFile, name: string, right: string | undefined): string => {
  if (right === undefined) return edit(path);
  const address = shellWord(right);
  const server = shellWord(name);
  switch (client) {
    case 'Claude Code':
      return `claude mcp remove --scope ${scope} ${server} && claude mcp add --scope ${scope} --transport http ${server} ${address}`;
    case 'Codex':
      return scope === 'user'
        ? `codex mcp remove ${server} && codex mcp add ${server} --url ${address}`
        : edit(path);
    case 'Gemini CLI':
      return `gemini mcp remove --scope ${scope} ${server} && gemini mcp add --scope ${scope} --transport http ${server} ${address}`;
    case 'VS Code':
    case 'Cursor':
      return edit(path);
  }
};

const edit = (path: string): string => `\${EDITOR:-vi} ${shellWord(path)}`;

const ofCommand = (file: ClientFile, server: Commanded, { patient }: About): Finding => {
  const {
    configuration: { settings },
    place,
  } = patient;
  const { command, args, env } = server;
  const who = `${file.client} (${file.path})`;
  const line = repeatable([command, ...args].map(shellWord).join(' '), wordsMax);
  if (!canRun(command, place.env))
    return warn(
      `${who} starts ${line}, and there is no program ${repeatable(command, wordsMax)}.`,
      edit(file.path),
    );
  if (!args.includes('mcp'))
    return warn(
      `${who} starts ${line}, which is not the MCP server; that is signalbox mcp.`,
      edit(file.path),
    );
  const dataDir = flagIn(args, '--data-dir') ?? env['SIGNALBOX_DATA_DIR'];
  if (dataDir !== undefined && resolve(place.cwd, dataDir) !== settings.dataDir)
    return warn(
      `${who} starts ${line} with the data directory ${repeatable(dataDir, wordsMax)}; here it is ${settings.dataDir}, so its agents have another board.`,
      edit(file.path),
    );
  return good(`${who} starts ${line}.`);
};

const flagIn = (args: readonly string[], flag: string): string | undefined => {
  const at = args.indexOf(flag);
  return at === -1 ? args.find((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1) : args[at + 1];
};

const canRun = (command: string, env: NodeJS.ProcessEnv): boolean => {
  const folders = isAbsolute(command) ? [''] : (env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
};
