import { shellWord } from '../surfaces/cli/answer.ts';
import { socketPathIn } from '../surfaces/http/address.ts';
import type { OwnerToken } from './access/owner-token.ts';
import { shortPath } from './first-hub.ts';
import { mcpAddress } from './mcp-address.ts';

/** A hub that is ready. */
export interface Ready {
  readonly url: string;
  readonly dataDir: string;
  readonly workspace: string;
  /** Where the owner's token is, when the hub asks for one. */
  readonly token: OwnerToken | undefined;
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
  const socket = socketPathIn(url);
  return `Signalbox is ready on ${url} (workspace "${workspace}", data in ${shortPath(dataDir)}).

${token !== undefined ? stepsWithToken(ready, token) : socket === undefined ? stepsOverHttp(url, workspace) : stepsOverSocket(url, socket)}

Then tell an agent: "Call start, and work on what is ready." Stop the hub with Ctrl-C; nothing is lost.
`;
};

const firstTask = `-d '{"title": "Say hello to the other agents"}'`;

/** What comes in by itself comes first; other programs show the token. */
const stepsWithToken = ({ url, workspace, login }: Ready, token: OwnerToken): string => {
  const socket = socketPathIn(url);
  const target = socket === undefined ? url : `--unix-socket ${shellWord(socket)} http://localhost`;
  const [said, shown] =
    token.kind === 'given'
      ? ['It is the one that was given in SIGNALBOX_TOKEN', '$SIGNALBOX_TOKEN']
      : [
          `${token.made ? 'It was made just now and stands' : 'It stands'} in ${shortPath(token.path)}, which only you can read`,
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
  claude mcp add signalbox -- signalbox mcp --workspace ${shellWord(workspace)}
  codex mcp add signalbox -- signalbox mcp --workspace ${shellWord(workspace)}

Put a first task on the board:
  curl -s -H "Authorization: Bearer ${shown}" ${target}/v1/operations/task_add ${firstTask}`;
};

const stepsOverHttp = (url: string, workspace: string): string => {
  const address = mcpAddress(url, workspace);
  const word = shellWord(address);
  const vsCode = JSON.stringify({ servers: { signalbox: { type: 'http', url: address } } });
  const cursor = JSON.stringify({ mcpServers: { signalbox: { url: address } } });
  return `Give your agents the address ${address}:
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

/** Clients of MCP cannot open a socket; a process of ours can. */
const stepsOverSocket = (url: string, path: string): string => {
  const server = { command: 'signalbox', args: ['mcp', '--url', url] };
  const word = shellWord(url);
  const vsCode = JSON.stringify({ servers: { signalbox: { type: 'stdio', ...server } } });
  const cursor = JSON.stringify({ mcpServers: { signalbox: server } });
  return `Give your agents the command signalbox mcp, which goes through it:
  claude mcp add signalbox -- signalbox mcp --url ${word}
  codex mcp add signalbox -- signalbox mcp --url ${word}
  gemini mcp add -e SIGNALBOX_URL=${word} signalbox signalbox mcp
or in a file, VS Code (.vscode/mcp.json) and Cursor (.cursor/mcp.json):
  ${vsCode}
  ${cursor}

Put a first task on the board:
  curl -s --unix-socket ${shellWord(path)} http://localhost/v1/operations/task_add ${firstTask}`;
};
