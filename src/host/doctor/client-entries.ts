import type { ClientFile } from '../../integrations/client-files.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { editFile } from './mends.ts';

/** What clients should have. */
export interface Right {
  /** The hub that calls from here go to, if it answers. */
  readonly hubUrl: string | undefined;
  readonly workspace: string | undefined;
  /** Where MCP is served for the workspace; undefined where that is on a socket. */
  readonly address: string | undefined;
}

/** How the address of a server is set in each client. */
export const setAddress = (file: ClientFile, name: string, address: string | undefined): string => {
  if (address === undefined) return editFile(file.path);
  const [server, word] = [shellWord(name), shellWord(address)];
  return set(file, server, {
    claude: `--transport http ${server} ${word}`,
    codex: `${server} --url ${word}`,
    gemini: `--transport http ${server} ${word}`,
  });
};

/** How the program of a server is set in each client. */
export const setProgram = (file: ClientFile, name: string, line: readonly string[]): string => {
  const server = shellWord(name);
  const words = line.map(shellWord).join(' ');
  return set(file, server, {
    claude: `${server} -- ${words}`,
    codex: `${server} -- ${words}`,
    gemini: `${server} ${words}`,
  });
};

/** Whether no command of the client sets it, so that a person writes the file. */
export const isWrittenByHand = ({ client, scope }: Pick<ClientFile, 'client' | 'scope'>): boolean =>
  client === 'VS Code' || client === 'Cursor' || (client === 'Codex' && scope === 'project');

interface Arguments {
  readonly claude: string;
  readonly codex: string;
  readonly gemini: string;
}

const set = (file: ClientFile, server: string, how: Arguments): string => {
  if (isWrittenByHand(file)) return editFile(file.path);
  const scope = `--scope ${file.scope}`;
  if (file.client === 'Codex') return `codex mcp remove ${server} && codex mcp add ${how.codex}`;
  return file.client === 'Gemini CLI'
    ? `gemini mcp remove ${scope} ${server} && gemini mcp add ${scope} ${how.gemini}`
    : `claude mcp remove ${scope} ${server} && claude mcp add ${scope} ${how.claude}`;
};

/** The member that belongs into the file of a client, for those who write it by hand. */
export const entryText = (
  { client }: ClientFile,
  name: string,
  entry: { readonly url: string } | { readonly line: readonly string[] },
): string => {
  const [command = '', ...args] = 'line' in entry ? entry.line : [];
  if (client === 'Codex') {
    const members =
      'url' in entry
        ? `url = ${JSON.stringify(entry.url)}`
        : `command = ${JSON.stringify(command)}, args = ${JSON.stringify(args)}`;
    return `mcp_servers.${JSON.stringify(name)} = { ${members} }`;
  }
  const members = 'line' in entry ? { command, args } : addressMembers(client, entry.url);
  return `${JSON.stringify(name)}: ${JSON.stringify(members)}`;
};

const addressMembers = (client: ClientFile['client'], url: string): Readonly<Record<string, string>> => {
  if (client === 'Gemini CLI') return { httpUrl: url };
  return client === 'Cursor' ? { url } : { type: 'http', url };
};
