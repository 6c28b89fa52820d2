import { z } from 'zod';
import { requestText } from './load.ts';

/** Requests of MCP as they go over the wire, in both eras. */
const modernVersion = '2026-07-28';
const legacyVersion = '2025-11-25';

const accept = 'application/json, text/event-stream';

export const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': modernVersion,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
};

export interface ToolUse {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The model's id of this use of the tool. */
  readonly use?: string;
}

export const modernCall = (path: string, { name, arguments: args, use }: ToolUse): string =>
  requestText(
    path,
    JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name,
        arguments: args,
        _meta: { ...modernMeta, ...(use !== undefined && { 'claudecode/toolUseId': use }) },
      },
    }),
    {
      Accept: accept,
      'MCP-Protocol-Version': modernVersion,
      'Mcp-Method': 'tools/call',
      'Mcp-Name': name,
    },
  );

/** Within a session every request under way has an id of its own: `id`. */
export const legacyCall = (
  path: string,
  { session, id }: { readonly session: string; readonly id: number },
  { name, arguments: args }: ToolUse,
): string =>
  requestText(
    path,
    JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } }),
    { Accept: accept, 'MCP-Protocol-Version': legacyVersion, 'Mcp-Session-Id': session },
  );

const postLegacy = async (url: string, body: unknown, session?: string): Promise<Response> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: accept,
      ...(session !== undefined && { 'Mcp-Session-Id': session, 'MCP-Protocol-Version': legacyVersion }),
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  await response.text();
  return response;
};

/** Opens a session as a client of the older era does; its id. */
export const openLegacySession = async (url: string): Promise<string> => {
  const params = {
    protocolVersion: legacyVersion,
    capabilities: {},
    clientInfo: { name: 'bench', version: '1.0.0' },
  };
  const opened = await postLegacy(url, { jsonrpc: '2.0', id: 0, method: 'initialize', params });
  const session = opened.headers.get('mcp-session-id');
  if (session === null) throw new Error(`${url} gave no session`);
  await postLegacy(url, { jsonrpc: '2.0', method: 'notifications/initialized' }, session);
  return session;
};

const listSchema = z.object({ result: z.object({ tools: z.array(z.unknown()) }) });

/** What a client of today gets when it asks for the tools at this address. */
export const listTools = async (url: string): Promise<readonly unknown[]> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: accept,
      'MCP-Protocol-Version': modernVersion,
      'Mcp-Method': 'tools/list',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: modernMeta } }),
  });
  const answer = listSchema.safeParse(await response.json());
  if (!answer.success) throw new Error(`${url} gave no list: ${answer.error.message}`);
  return answer.data.result.tools;
};
