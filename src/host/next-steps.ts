import { homedir } from 'node:os';

/** What a hub says once it is ready: where it is, and lines to paste into the clients that people have. */
export const nextSteps = (
  url: string,
  { dataDir, workspace }: { readonly dataDir: string; readonly workspace: string },
): string => {
  const where = dataDir.startsWith(`${homedir()}/`) ? `~${dataDir.slice(homedir().length)}` : dataDir;
  const address = `${url}/mcp`;
  const vsCode = JSON.stringify({ servers: { signalbox: { type: 'http', url: address } } });
  const cursor = JSON.stringify({ mcpServers: { signalbox: { url: address } } });
  return `Signalbox is ready on ${url} (workspace "${workspace}", data in ${where}).

Give your agents the address ${address}:
  claude mcp add --transport http signalbox ${address}
  codex mcp add signalbox --url ${address}
  gemini mcp add --transport http signalbox ${address}
or in a file, VS Code (.vscode/mcp.json) and Cursor (.cursor/mcp.json):
  ${vsCode}
  ${cursor}

Put a first task on the board:
  curl -s ${url}/v1/operations/task_add -d '{"title": "Say hello to the other agents"}'

Then tell an agent: "Call start, and work on what is ready." Stop the hub with Ctrl-C; nothing is lost.
`;
};
