import { constants, statSync } from 'node:fs';
import { access, lstat, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { unixAddress } from './address.ts';

/** Where a hub is to be reached. */
export type Listen =
  | {
      readonly kind: 'tcp';
      readonly host: string;
      /** 0 = any free one. */
      readonly port: number;
      /** What is said there is encrypted. */
      readonly secure?: true;
    }
  | { readonly kind: 'unix'; readonly path: string };

/** Where it is reached, with the port that was found. */
export interface Listening {
  readonly at: Listen;
  readonly url: string;
}

/**
 * Takes a file for this process alone, until that gives it back or dies; `undefined` when somebody else has it, or when
 * it cannot be made.
 */
export type TakeAlone = (path: string) => (() => void) | undefined;

/** Begins to listen. What is in the way is in the details as `reason`. */
export const listenAt = (server: Server, at: Listen, takeAlone: TakeAlone): Promise<Outcome<Listening>> =>
  at.kind === 'tcp' ? onPort(server, at) : onSocket(server, at.path, takeAlone);

/** The error with which the attempt ended, if it did. */
const begin = (server: Server, listen: () => void): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((resolve) => {
    const listening = (): void => {
      server.off('error', fail);
      resolve(undefined);
    };
    const fail = (error: NodeJS.ErrnoException): void => {
      server.off('listening', listening);
      resolve(error);
    };
    server.once('error', fail);
    server.once('listening', listening);
    listen();
  });

type Tcp = Extract<Listen, { readonly kind: 'tcp' }>;

const onPort = async (server: Server, at: Tcp): Promise<Outcome<Listening>> => {
  const { host, port } = at;
  const error = await begin(server, () => server.listen({ host, port }));
  if (error !== undefined) return portRefusal(error, { host, port });
  const bound = server.address();
  const found = typeof bound === 'object' && bound !== null ? bound.port : port;
  const reached = { ...at, port: found };
  return ok({ at: reached, url: urlOf(reached) });
};

/** The address of a hub on this host and port. */
export const urlOf = ({ host, port, secure }: Omit<Tcp, 'kind'>): string =>
  `${secure === true ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;

const portRefusal = (
  { code, message }: NodeJS.ErrnoException,
  { host, port }: Pick<Tcp, 'host' | 'port'>,
): Refusal => {
  const details = { host, port, reason: code ?? message };
  switch (code ?? '') {
    case 'EADDRINUSE':
      return refuse(
        'invalid_state',
        `Port ${port} on ${host} is in use. Another hub may be running already: use that one, or choose another port with --port.`,
        details,
      );
    case 'EACCES':
      return refuse(
        'forbidden',
        `Port ${port} on ${host} may not be opened by this user. Choose one above 1023.`,
        details,
      );
    default:
      return refuse(
        'invalid_state',
        `Port ${port} on ${host} could not be opened (${code ?? message}). Choose another.`,
        details,
      );
  }
};

/** Read and write for its owner and nobody else. */
const othersMask = 0o177;

const onSocket = async (server: Server, path: string, takeAlone: TakeAlone): Promise<Outcome<Listening>> => {
  if (process.platform === 'win32') {
    return refuse(
      'invalid_state',
      'There are no such sockets on Windows. Leave --listen out, and the hub has a port.',
    );
  }
  const unwritable = await whyNotWritable(dirname(path));
  if (unwritable !== undefined) return socketRefusal(path, unwritable);
  // One start at a time looks at what is there: else one could take away the socket that another has just made.
  const giveBack = takeAlone(`${path}.lock`);
  if (giveBack === undefined) return socketRefusal(path, 'EADDRINUSE');
  try {
    return await listenAlone(server, path);
  } finally {
    giveBack();
  }
};

const whyNotWritable = async (folder: string): Promise<string | undefined> => {
  if (!isFolder(folder)) return 'ENOENT';
  try {
    await access(folder, constants.W_OK);
    return undefined;
  } catch (thrown) {
    return codeOf(thrown);
  }
};

const listenAlone = async (server: Server, path: string): Promise<Outcome<Listening>> => {
  // The socket is made before `listen` returns, so that nobody else can open it even for a moment.
  const listen = (): void => {
    const mask = process.umask(othersMask);
    try {
      server.listen({ path });
    } finally {
      process.umask(mask);
    }
  };
  let error = await begin(server, listen);
  if (error?.code === 'EADDRINUSE') {
    const refusal = await clearAway(path);
    if (refusal !== undefined) return refusal;
    error = await begin(server, listen);
  }
  return error === undefined
    ? ok({ at: { kind: 'unix', path }, url: unixAddress(path) })
    : socketRefusal(path, codeOf(error));
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const socketRefusal = (path: string, reason: string): Refusal => {
  const details = { path, reason };
  switch (reason) {
    case 'EADDRINUSE':
      return refuse(
        'invalid_state',
        `The socket ${path} is in use. Another hub may be running already: use that one, or choose another path with --listen.`,
        details,
      );
    case 'ENOENT':
    case 'ENOTDIR':
      return refuse(
        'invalid_state',
        `The folder of the socket ${path} does not exist. Make it, or choose another path with --listen.`,
        details,
      );
    case 'ENOTSOCK':
      return refuse(
        'invalid_state',
        `There is something else than a socket under ${path}. Move it, or choose another path with --listen.`,
        details,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return refuse(
        'forbidden',
        `This user may not make the socket ${path}. Choose another path with --listen.`,
        details,
      );
    default:
      return refuse(
        'invalid_state',
        `The socket ${path} could not be made (${reason}). Choose another path with --listen.`,
        details,
      );
  }
};

/** Takes away the socket that a hub has left there when it was killed; a refusal when something else is there. */
const clearAway = async (path: string): Promise<Refusal | undefined> => {
  try {
    if (!(await lstat(path)).isSocket()) return socketRefusal(path, 'ENOTSOCK');
    if (await answers(path)) return socketRefusal(path, 'EADDRINUSE');
    await rm(path);
    return undefined;
  } catch (thrown) {
    // Whoever had it has gone meanwhile.
    return codeOf(thrown) === 'ENOENT' ? undefined : socketRefusal(path, codeOf(thrown));
  }
};

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);

/** Whether somebody listens on a socket: only where nobody does is a connection refused. */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ path });
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => end(true));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
