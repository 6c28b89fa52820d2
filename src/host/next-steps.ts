import { shellWord } from '../surfaces/cli/answer.ts';
import { socketPathIn } from '../surfaces/http/address.ts';
import type { OwnerToken } from './access/owner-token.ts';
import { programWords } from './connect/program.ts';
import { usualDataDir } from './configuration/find-files.ts';
import { keys } from './configuration/keys.ts';
import { type StoreSettings, databaseKeys } from './configuration/store.ts';
import { shortPath } from './first-hub.ts';
import { mcpAddress } from './mcp-address.ts';

/** A hub that is ready. */
export interface Ready {
  readonly url: string;
  readonly dataDir: string;
  /** Where the journals are: the data directory, or a database. */
  readonly place: string;
  /** What keeps them. */
  readonly store: Pick<StoreSettings, 'kind' | 'cluster'>;
  readonly workspace: string;
  /** Where the owner's token is, when the hub asks for one. */
  readonly token: OwnerToken | undefined;
  /** Whether a person reads this and nothing keeps it: then a token that was just made is shown, once. */
  readonly onTerminal?: boolean;
  /** The id of the key that what is new is encrypted with, if it is. */
  readonly encryptionKey?: string | undefined;
  /** A link by which the owner comes in with a browser, once. */
  readonly login?: string | undefined;
}

/** What a hub says once it is ready: for programs one JSON document, for people what to do next. */
export const readySteps = (ready: Ready, { json }: { readonly json: boolean }): string => {
  const { url, dataDir, workspace, token, encryptionKey } = ready;
  return json
    ? `${JSON.stringify({ url, workspace, data_dir: dataDir, pid: process.pid, auth: token !== undefined, ...(encryptionKey !== undefined && { encryption_key: encryptionKey }) })}\n`
    : nextSteps(ready);
};

/** Where the hub is, and lines to paste into the clients that people have. */
const nextSteps = (ready: Ready): string => {
  const { url, dataDir, place, workspace, token, encryptionKey } = ready;
  const where = place === dataDir ? shortPath(dataDir) : place;
  const open = socketPathIn(url) === undefined ? stepsOverHttp(url, workspace) : stepsOverSocket(url);
  return `Signalbox is ready on ${url} (workspace "${workspace}", data in ${where}).${encryptionKey === undefined ? '' : `\nWhat is new is encrypted with key ${encryptionKey}.`}

${token === undefined ? open : stepsWithToken(ready, token)}

Put a first task on the board, in another terminal:
  ${firstTask(ready)}
${whereDatabase(ready)}
Then tell an agent: "Call start, and work on what is ready." Stop the hub with Ctrl-C; nothing is lost.
`;
};

/** What comes in by itself comes first; other programs show the token. */
const stepsWithToken = (
  { dataDir, store, workspace, login, onTerminal = false }: Ready,
  token: OwnerToken,
): string => {
  const said =
    token.kind === 'given'
      ? 'Yours is the one that was given in SIGNALBOX_TOKEN'
      : `${madeWords(token, onTerminal)} in ${shortPath(token.path)}, which only you can read`;
  const clients =
    token.kind === 'given'
      ? 'Commands of signalbox, and signalbox mcp in the settings of a client, take it from SIGNALBOX_TOKEN.'
      : 'Commands of signalbox, and signalbox mcp in the settings of a client, find it by themselves.';
  const browser =
    login === undefined
      ? ''
      : `\nOpen this link in your browser to log in there; it works once, within 10 minutes:\n  ${login}\nsignalbox login prints another one.\n`;
  return `Whoever uses this hub shows it a token, a secret by which it knows who that is.
${said}.
${clients}
${browser}
Give your agents the command signalbox mcp:
${stdioClients([...ownStore(store), ...ownDataDir(dataDir), ['--workspace', workspace]])}`;
};

/** What else reads the output than a person would keep the token. */
const madeWords = (token: Extract<OwnerToken, { readonly kind: 'file' }>, onTerminal: boolean): string => {
  if (!token.made) return 'Yours stands';
  return onTerminal
    ? `Yours was made just now, and is shown this once:\n  ${token.text}\nIt stands`
    : 'Yours was made just now and stands';
};

const stepsOverHttp = (url: string, workspace: string): string => {
  const address = mcpAddress(url, workspace);
  const word = shellWord(address);
  const vsCode = JSON.stringify({ servers: { signalbox: { type: 'http', url: address } } });
  const cursor = JSON.stringify({ mcpServers: { signalbox: { url: address } } });
  return `${anybody}

Give your agents the address ${address}:
  claude mcp add --transport http signalbox ${word}
  codex mcp add signalbox --url ${word}
  gemini mcp add --transport http signalbox ${word}
or in a file, VS Code (.vscode/mcp.json) and Cursor (.cursor/mcp.json):
  ${vsCode}
  ${cursor}
In another repository, signalbox status makes its own workspace, and signalbox workspace show prints its address.`;
};

const anybody =
  'It asks nobody who calls (--insecure-no-auth): whoever reaches it acts as you. signalbox auth enable ends that.';

/** Clients of MCP cannot open a socket; a process of ours can. */
const stepsOverSocket = (url: string): string => `${anybody}

Give your agents the command signalbox mcp, which goes through it:
${stdioClients([['--url', url]])}`;

type Flag = readonly [name: string, value: string];

/** What leads to a data directory that is not looked for by itself. */
const ownDataDir = (dataDir: string): readonly Flag[] =>
  dataDir === usualDataDir(process.env) ? [] : [['--data-dir', dataDir]];

/** What leads to a board in a database, but for the address of that, which has its password in it. */
const ownStore = ({ kind, cluster }: Ready['store']): readonly Flag[] => {
  if (kind === 'sqlite') return [];
  return [['--store', kind], ...(cluster === keys.cluster.default ? [] : [['--cluster', cluster] as const])];
};

const whereDatabase = ({ store: { kind } }: Ready): string => {
  if (kind === 'sqlite') return '';
  const key = databaseKeys[kind];
  return `
The address of the database is in none of these lines, for its password: without a hub, programs take it from
${keys[key].variable} in their environment, or from ${key} in a configuration file (signalbox config shows which).
`;
};

/** Lines that make a client start a process of ours. */
const stdioClients = (flags: readonly Flag[]): string => {
  const [command = 'signalbox', ...first] = programWords(process.env);
  const server = { command, args: [...first, 'mcp', ...flags.flat()] };
  const program = [command, ...first, 'mcp'].map(shellWord).join(' ');
  const words = `${program} ${flags.flat().map(shellWord).join(' ')}`;
  const vsCode = JSON.stringify({ servers: { signalbox: { type: 'stdio', ...server } } });
  const cursor = JSON.stringify({ mcpServers: { signalbox: server } });
  const variables = flags.map(([flag, value]) => `-e ${variableOf(flag)}=${shellWord(value)}`).join(' ');
  return `  claude mcp add signalbox -- ${words}
  codex mcp add signalbox -- ${words}
  gemini mcp add ${variables} signalbox ${program}
or in a file, VS Code (.vscode/mcp.json) and Cursor (.cursor/mcp.json):
  ${vsCode}
  ${cursor}`;
};

const variableOf = (flag: string): string => `SIGNALBOX_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`;

/** A line to type into another terminal, wherever that is. */
const firstTask = ({ dataDir, store, workspace }: Ready): string => {
  const flags = [...ownStore(store), ...ownDataDir(dataDir), ['--workspace', workspace]]
    .flat()
    .map(shellWord)
    .join(' ');
  return `${programWords(process.env).map(shellWord).join(' ')} task add "Say hello to the other agents" ${flags}`;
};
