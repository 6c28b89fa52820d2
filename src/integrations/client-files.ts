import { join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import stripJsonComments from 'strip-json-comments';

/** The clients whose configuration is known. */
type ClientName = 'Claude Code' | 'Codex' | 'Gemini CLI' | 'VS Code' | 'Cursor';

/** A file in which a client names its MCP servers. */
export interface ClientFile {
  readonly client: ClientName;
  readonly path: string;
  /** Whether it is for this project only, or for all of the user's. */
  readonly scope: 'project' | 'user';
  /** Parses its text. Throws what the parser throws. */
  readonly parse: (text: string) => unknown;
  /** The paths in it to the servers by name. */
  readonly members: readonly (readonly string[])[];
}

export interface Folders {
  readonly home: string;
  readonly project: string;
  readonly env: NodeJS.ProcessEnv;
}

const parseJson = (text: string): unknown => JSON.parse(text);
const parseCommentedJson = (text: string): unknown =>
  JSON.parse(stripJsonComments(text, { trailingCommas: true }));

/** Where the clients that are known look for MCP servers. */
export const clientFiles = ({ home, project, env }: Folders): readonly ClientFile[] => {
  const codexHome = env['CODEX_HOME'] || join(home, '.codex');
  const configHome = env['XDG_CONFIG_HOME'] || join(home, '.config');
  const servers = [['mcpServers']] as const;
  return [
    {
      client: 'Claude Code',
      path: join(project, '.mcp.json'),
      scope: 'project',
      parse: parseJson,
      members: servers,
    },
    {
      client: 'Claude Code',
      path: join(env['CLAUDE_CONFIG_DIR'] || home, '.claude.json'),
      scope: 'user',
      parse: parseJson,
      members: [['mcpServers'], ['projects', project, 'mcpServers']],
    },
    ...(
      [
        ['project', join(project, '.codex')],
        ['user', codexHome],
      ] as const
    ).map(
      ([scope, folder]): ClientFile => ({
        client: 'Codex',
        path: join(folder, 'config.toml'),
        scope,
        parse: parseToml,
        members: [['mcp_servers']],
      }),
    ),
    ...(
      [
        ['project', project],
        ['user', home],
      ] as const
    ).flatMap(([scope, folder]): readonly ClientFile[] => [
      {
        client: 'Gemini CLI',
        path: join(folder, '.gemini', 'settings.json'),
        scope,
        parse: parseCommentedJson,
        members: servers,
      },
      {
        client: 'Cursor',
        path: join(folder, '.cursor', 'mcp.json'),
        scope,
        parse: parseCommentedJson,
        members: servers,
      },
    ]),
    ...(
      [
        ['project', join(project, '.vscode')],
        ['user', join(configHome, 'Code', 'User')],
      ] as const
    ).map(
      ([scope, folder]): ClientFile => ({
        client: 'VS Code',
        path: join(folder, 'mcp.json'),
        scope,
        parse: parseCommentedJson,
        members: [['servers']],
      }),
    ),
  ];
};
