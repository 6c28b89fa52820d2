import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { UnderWay } from './callers.ts';
import type { Exposure } from './exposure.ts';
import * as limits from './limits.ts';
import { networkOf } from './network.ts';
import { createServer } from './node-http.ts';

/** How long a client may take. */
export interface Patience {
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often it is looked for those that take longer. */
  readonly lookEveryMs: number;
}

export const usualPatience: Patience = {
  headersMs: limits.headersTimeoutMs,
  requestMs: limits.requestTimeoutMs,
  lookEveryMs: 1_000,
};

export interface NodeServerOptions {
  readonly exposure: Exposure;
  readonly patience: Patience;
  /** Of one network, before anybody has said who they are. */
  readonly connectionsPerNetworkMax: number;
  /** A connection has come on which requests can be read. */
  readonly connected: (socket: Socket) => void;
  /** Whether who comes from there is not counted: hundreds of agents share the address of their machine. */
  readonly isNear: (remote: string | undefined) => boolean;
  /** One was refused, because there are too many from there. */
  readonly crowded: (network: string) => void;
}

export interface NodeServer {
  readonly server: Server;
  /** Ends the connections on which nothing can be read yet. */
  readonly dropUnready: () => void;
}

/** A server of Node that speaks HTTP, or HTTPS where there is a certificate, and does not let one network take all of it. */
export const createNodeServer = (options: NodeServerOptions): NodeServer => {
  const { exposure, patience, connected } = options;
  const { tls } = exposure;
  const settings = {
    highWaterMark: limits.unreadBytesMax,
    maxHeaderSize: limits.requestHeadBytesMax,
    headersTimeout: patience.headersMs,
    requestTimeout: patience.requestMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: patience.lookEveryMs,
    // A missing Host is refused like a wrong one, in JSON.
    requireHostHeader: false,
  };
  const server =
    tls === undefined
      ? createServer(settings)
      : process.getBuiltinModule('node:https').createServer({
          ...settings,
          ...tls,
          minVersion: limits.tlsVersionMin,
          handshakeTimeout: patience.headersMs,
        });
  server.maxConnections = limits.connectionsMax;
  limitNetworks(server, options);
  if (tls === undefined) {
    server.on('connection', connected);
    return { server, dropUnready: () => {} };
  }
  const unready = new Map<string, Socket>();
  server.on('connection', (socket) => {
    const peer = peerOf(socket);
    unready.set(peer, socket);
    socket.once('close', () => {
      if (unready.get(peer) === socket) unready.delete(peer);
    });
  });
  server.on('secureConnection', (socket: Socket) => {
    unready.delete(peerOf(socket));
    connected(socket);
  });
  return {
    server,
    dropUnready: () => {
      for (const socket of unready.values()) socket.destroy();
    },
  };
};

/** The socket of TLS and the one below it are two objects of one connection. */
const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** All clients share the address of a proxy, so that none is counted there. */
const limitNetworks = (
  server: Server,
  { exposure, connectionsPerNetworkMax, isNear, crowded }: NodeServerOptions,
): void => {
  if (exposure.behindProxy) return;
  const open = new UnderWay(connectionsPerNetworkMax);
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    if (isNear(remoteAddress)) return;
    const network = networkOf(remoteAddress);
    if (open.begin(network)) socket.once('close', () => open.end(network));
    else {
      socket.destroy();
      crowded(network);
    }
  });
};
