import type { Agent, AgentOptions, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';

/**
 * Node's own client and server, without `import`: that evaluates every export of the module, among them a whole
 * WebSocket client, and takes longer than all the rest of a short command.
 */
const http = process.getBuiltinModule('node:http');

export const { createServer } = http;

/** What TLS needs is loaded where a hub is called by it. Certificates are checked as Node does, NODE_EXTRA_CA_CERTS among them. */
const isSecure = ({ protocol }: URL): boolean => protocol === 'https:';

/** A redirect is an answer like any other: what was sent goes to nobody else. */
export const request = (
  url: URL,
  options: RequestOptions,
  answered?: (response: IncomingMessage) => void,
): ClientRequest =>
  isSecure(url)
    ? process.getBuiltinModule('node:https').request(url, options, answered)
    : http.request(url, options, answered);

/** For requests to this address. `certificate`: the only one that is believed there, in PEM, whoever has signed it. */
export const newAgent = (url: URL, options: AgentOptions, certificate?: string): Agent => {
  if (!isSecure(url)) return new http.Agent(options);
  const pinned = certificate === undefined ? {} : { ca: certificate, allowPartialTrustChain: true };
  return new (process.getBuiltinModule('node:https').Agent)({ ...options, ...pinned });
};
