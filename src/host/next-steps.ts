import { shellWord } from '../surfaces/cli/answer.ts';
import { socketPathIn } from '../surfaces/http/address.ts';
import type { OwnerToken } from './access/owner-token.ts';
import { programWords } from './connect/program.ts';
import { shortPath } from './first-hub.ts';
import { mcpAddress } from './mcp-address.ts';

/** A hub that is ready. */
export interface Ready {
  readonly url: string;
  readonly dataDir: string;
  readonly workspace: string;
  /** Where the owner's token is, when the hub asks for one. */
  readonly token: OwnerToken | undefined;
  /** Whether a person reads this and nothing keeps it: then a token that was just made is shown, once. */
  readonly onTerminal?: boolean;
  /** A link by which the owner comes in with a browser, once. */
  readonly login?: string | undefined;
}

/** What a hub says once it is ready: for programs one JSON document, for people what to do next. */
export const readySteps = (ready: Ready, { json }: { readonly json: boolean }): string => {
  const { url, dataDir, workspace, token } = ready;
  return json
    ? `${JSON.stringify({ url, workspace, data_dir: dataDir, pid: process.pid, auth: token !== undefined })}\n`
    : nextSteps(ready);
};

/** Where the hub is, and lines to paste into the clients that people have. */
const nextSteps = (ready: Ready): string => {
  const { url, dataDir, workspace, token } = ready;
  const open = socketPathIn(url) === undefined ? stepsOverHttp(url, workspace) : stepsOverSocket(url);
  return `Signalbox is ready on ${url} (workspace "${workspace}", data in ${shortPath(dataDir)}).

${token === undefined ? open : stepsWithToken(ready, token)}

Then tell an agent: "Call start, and work on what is ready." Stop the hub with Ctrl-C; nothing is lost.
`;
};

const firstTask = `-d '{"title": "Say hello to the other agents"}'`;

/** What comes in by itself comes first; other programs show the token. */
const stepsWithToken = ({ url, workspace, login, onTerminal = false }: Ready, token: OwnerToken): string => {
  const [said, shown] =
    token.kind === 'given'
      ? ['It is the one that was given in SIGNALBOX_TOKEN', '$SIGNALBOX_TOKEN']
      : [
          `${madeWords(token, onTerminal)} in ${shortPath(token.path)}, which only you can read`,
          `$(cat ${shellWord(token.path)})`,
        ];
  const clients =
    token.kind === 'given'
      ? 'Commands, and signalbox mcp in the settings of a client, take it from SIGNALBOX_TOKEN.'
      : 'Commands, and signalbox mcp in the settings of a client, come in by themselves.';
  const browser =
    login === undefined
      ? ''
      : `\nOpen this link in your browser to log in there; it works once, within 10 minutes:\n  ${login}\nsignalbox login prints another one.\n`;
  return `Everybody else who calls is asked for a token. ${said}.
${clients}
${browser}
Give your agents the command signalbox mcp:
${stdioClients(['--workspace', workspace])}

Put a first task on the board:
  curl -s -H "Authorization: Bearer ${shown}" ${curlTarget(url)}/v1/operations/task_add ${firstTask}`;
};

/** What else reads the output than a person would keep the token. */
const madeWords = (token: Extract<OwnerToken, { readonly kind: 'file' }>, onTerminal: boolean): string => {
  if (!token.made) return 'It stands';
  return onTerminal
    ? `It was made just now, and is shown this once:\n  ${token.text}\nIt stands`
    : 'It was made just now and stands';
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
In another repository, signalbox status makes its own workspace, and signalbox workspace show prints its address.

Put a first task on the board:
  curl -s ${url}/v1/operations/task_add ${firstTask}`;
};

const anybody =
  'It asks nobody who calls (--insecure-no-auth): whoever reaches it acts as you. signalbox auth enable ends that.';

/** Clients of MCP cannot open a socket; a process of ours can. */
const stepsOverSocket = (url: string): string => `${anybody}

Give your agents the command signalbox mcp, which goes through it:
${stdioClients(['--url', url])}

Put a first task on the board:
  curl -s ${curlTarget(url)}/v1/operations/task_add ${firstTask}`;

/** Lines that make a client start a process of ours. */
const stdioClients = (flags: readonly [flag: string, value: string]): string => {
  const [command = 'signalbox', ...first] = programWords(process.env);
  const server = { command, args: [...first, 'mcp', ...flags] };
  const program = [command, ...first, 'mcp'].map(shellWord).join(' ');
  const words = `${program} ${flags.map(shellWord).join(' ')}`;
  const vsCode = JSON.stringify({ servers: { signalbox: { type: 'stdio', ...server } } });
  const cursor = JSON.stringify({ mcpServers: { signalbox: server } });
  const [flag, value] = flags;
  return `  claude mcp add signalbox -- ${words}
  codex mcp add signalbox -- ${words}
  gemini mcp add -e SIGNALBOX_${flag.slice(2).toUpperCase()}=${shellWord(value)} signalbox ${program}
or in a file, VS Code (.vscode/mcp.json) and Cursor (.cursor/mcp.json):
  ${vsCode}
  ${cursor}`;
};

/** What stands before the path in a line for curl. */
const curlTarget = (url: string): string => {
  const socket = socketPathIn(url);
  return socket === undefined ? url : `--unix-socket ${shellWord(socket)} http://localhost`;
};
