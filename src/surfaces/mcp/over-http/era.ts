import {
  PROTOCOL_VERSION_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
  classifyInboundRequest,
} from '@modelcontextprotocol/server';
import { isRecord } from '../../../kernel/json.ts';
import { type McpExchange, headerOf } from './exchange.ts';

type Era = 'legacy' | 'modern';

/** Of the revisions with sessions (up to 2025-11-25), or of those without: as the SDK itself tells them apart. */
export const eraOf = ({ request, body }: McpExchange): Era => {
  const version = headerOf(request, 'mcp-protocol-version');
  const method = headerOf(request, 'mcp-method');
  const name = headerOf(request, 'mcp-name');
  const glimpsed = eraAtAGlance(version, body);
  if (glimpsed !== undefined) return glimpsed;
  const { kind } = classifyInboundRequest({
    httpMethod: request.method ?? 'GET',
    ...(version !== undefined && { protocolVersionHeader: version }),
    ...(method !== undefined && { mcpMethodHeader: method }),
    ...(name !== undefined && { mcpNameHeader: name }),
    body,
  });
  return kind === 'legacy' ? 'legacy' : 'modern';
};

/**
 * The same for the messages that nearly all requests are, without the schemas that the SDK runs them through. Undefined:
 * it takes the closer look.
 */
export const eraAtAGlance = (version: string | undefined, body: unknown): Era | undefined => {
  if (!isRecord(body) || !isMessage(body)) return undefined;
  const params = body['params'];
  const meta = isRecord(params) ? params['_meta'] : undefined;
  const named = isRecord(meta) && PROTOCOL_VERSION_META_KEY in meta;
  if (named) return body['method'] === 'initialize' ? undefined : 'modern';
  return version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(version) ? 'legacy' : undefined;
};

const isMessage = ({ jsonrpc, method, id, params }: Readonly<Record<string, unknown>>): boolean =>
  jsonrpc === '2.0' &&
  typeof method === 'string' &&
  (id === undefined || typeof id === 'string' || Number.isInteger(id)) &&
  (params === undefined || isRecord(params));
