import type { IncomingMessage } from 'node:http';
import type { Role } from '../../kernel/entry.ts';
import type { Refusal } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';

/** What clients are told that could get a token from an identity provider. RFC 9728. */
export interface ProtectedResource {
  readonly issuer: string;
  /** Where clients reach this hub, without a slash at its end; undefined where that is the address that they call. */
  readonly resource: string | undefined;
  /** The scopes that mean something here. */
  readonly scopes: readonly string[];
  /**
   * All scopes with which this caller would have that role; undefined where no scope helps, or where it came in with no
   * token of the issuer.
   */
  readonly scopesFor: (caller: Caller, role: Role) => readonly string[] | undefined;
}

const wellKnown = '/.well-known/oauth-protected-resource';
const mcpPattern = /^\/mcp(?:\/[\w.,~%-]{1,200})?$/;

/** The path of what is protected, when this is where that is described. */
export const describedBy = (path: string): string | undefined => {
  if (path === wellKnown) return '';
  const rest = path.startsWith(wellKnown) ? path.slice(wellKnown.length) : '';
  return mcpPattern.test(rest) ? rest : undefined;
};

const baseOf = ({ resource }: ProtectedResource, { headers }: IncomingMessage): string =>
  resource ?? `http://${headers.host ?? ''}`;

/** The metadata of what is protected at this path. RFC 9728, section 2. */
export const resourceMetadata = (
  resource: ProtectedResource,
  request: IncomingMessage,
  path: string,
): Readonly<Record<string, unknown>> => ({
  resource: `${baseOf(resource, request)}${path === '' ? '/' : path}`,
  authorization_servers: [resource.issuer],
  ...(resource.scopes.length > 0 && { scopes_supported: resource.scopes }),
  bearer_methods_supported: ['header'],
  resource_name: 'Signalbox',
});

/** The scopes that a refusal asks for; undefined when another token would not help. */
const wantedBy = ({ code, details }: Refusal): readonly string[] | undefined => {
  const scopes = code === 'forbidden' ? details['scopes'] : undefined;
  return Array.isArray(scopes) && scopes.length > 0 ? scopes.map(String) : undefined;
};

/**
 * What goes behind the scheme in `WWW-Authenticate`, so that a client finds out where to get a token: RFC 9728, section
 * 5.1, and RFC 6750, section 3. Undefined when there is nothing to tell.
 */
export const challengeFor = (
  resource: ProtectedResource,
  refusal: Refusal,
  request: IncomingMessage,
): string | undefined => {
  const wanted = wantedBy(refusal);
  if (refusal.code !== 'unauthenticated' && wanted === undefined) return undefined;
  const path = (request.url ?? '').split('?')[0]?.replace(/\/$/, '') ?? '';
  const metadata = `${baseOf(resource, request)}${wellKnown}${mcpPattern.test(path) ? path : ''}`;
  const scopes = wanted ?? resource.scopes;
  return [
    ...(wanted === undefined ? [] : ['error="insufficient_scope"']),
    `resource_metadata="${metadata}"`,
    ...(scopes.length > 0 ? [`scope="${scopes.join(' ')}"`] : []),
  ].join(', ');
};
