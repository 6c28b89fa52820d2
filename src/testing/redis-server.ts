/* Real servers for the tests of the Redis store: started on a free port, stopped and removed afterwards. */
import { fail, ok } from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { createClient } from '@redis/client';
import type { Storage } from '../journal/storage.ts';
import { assert } from '../kernel/assert.ts';
import { openRedisStorage, type RedisStorageOptions } from '../stores/redis/storage.ts';
import { newCluster } from './new-cluster.ts';
import { opened } from './store-files.ts';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly pid: () => number;
  readonly ask: (...command: [string, ...string[]]) => Promise<unknown>;
  /** Starts it again, on what it left. */
  readonly restart: () => Promise<void>;
  /** With SIGKILL unless another signal is named; returns when it has ended. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
  /** From now on it keeps this process no longer alive, and ends with it. */
  readonly unref: () => void;
  /** Kills it, and removes what it left. */
  readonly stop: () => Promise<void>;
}

export interface RedisServerOptions {
  /** Lines of redis.conf, by which it differs from one that syncs each write; `$port` is its port in them. */
  readonly settings?: readonly string[];
  readonly directory?: string;
  /** A command that runs the server in other circumstances. */
  readonly under?: readonly string[];
  readonly program?: string;
}

const programs = ['redis-server', 'valkey-server'] as const;

const isInstalled = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** The servers of this kind that this machine can start. */
export const installedServers = (): readonly string[] => programs.filter(isInstalled);

const given = process.env['TEST_REDIS_URL'];
const isRequired = process.env['SIGNALBOX_TEST_STORES'] === 'required';

const noProgram = `neither ${programs.join(' nor ')} is installed`;
const noServer = `${noProgram}, and TEST_REDIS_URL is not set`;

/**
 * Registers tests that start servers of their own. Where there is none to start, one test says so instead; it fails
 * where all kinds of stores have to be tested.
 */
export const testsThatStartRedis = (what: string, register: () => void): void => {
  if (installedServers().length > 0) register();
  else instead(what, noProgram);
};

/** Registers tests for which a server will do that is there already (`TEST_REDIS_URL`). */
export const testsOnRedis = (what: string, register: () => void): void => {
  if (given !== undefined || installedServers().length > 0) register();
  else instead(what, noServer);
};

const instead = (what: string, reason: string): void => {
  test(`${what}: skipped, because ${reason}`, () => {
    ok(
      process.env['SIGNALBOX_TEST_STORES'] !== 'required',
      `${what}: it has to be tested here, but ${reason}`,
    );
  });
};

/** What ends with this process, also when it is killed. */
const mortal = isInstalled('setpriv') ? ['setpriv', '--pdeathsig', 'KILL'] : [];

const durable = ['appendonly yes', 'appendfsync always', 'save ""'] as const;

export const startRedis = async (options: RedisServerOptions = {}): Promise<RedisServer> => {
  const { settings = [], under = [], program = installedServers()[0] ?? programs[0] } = options;
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'signalbox-redis-'));
  const port = await freePort();
  const own = settings.map((line) => line.replace('$port', String(port)));
  const lines = ['bind 127.0.0.1', `port ${port}`, `dir ${directory}`, ...durable, ...own];
  const commandLine = [...mortal, ...under, program, ...lines.flatMap(argumentsOf)];
  let running = await begin(commandLine);
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    process.kill(running.pid(), signal);
    await running.ended;
  };
  const atExit = (): void => {
    if (!running.isOver()) process.kill(running.pid(), 'SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', atExit);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: () => running.pid(),
    ask: (...command) => ask(`redis://127.0.0.1:${port}`, command),
    restart: async () => {
      running = await begin(commandLine);
    },
    kill,
    unref: () => running.unref(),
    stop: async () => {
      process.removeListener('exit', atExit);
      if (!running.isOver()) await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

const argumentsOf = (line: string): string[] => {
  const [name = '', ...values] = line.split(' ');
  return [`--${name}`, ...values.map((value) => (value === '""' ? '' : value))];
};

interface Running {
  readonly unref: () => void;
  readonly pid: () => number;
  readonly ended: Promise<unknown>;
  readonly isOver: () => boolean;
}

/** Returns when it accepts connections. */
const begin = async ([command = '', ...rest]: readonly string[]): Promise<Running> => {
  const child: ChildProcessByStdio<null, Readable, null> = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let over = false;
  const ready = Promise.withResolvers<void>();
  const said: string[] = [];
  let own = child.pid ?? 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line);
    // The server's own number, which is not the child's when it runs under another command.
    own = Number(/^(\d+):[A-Z]/.exec(line)?.[1] ?? own);
    if (line.includes('Ready to accept connections')) ready.resolve();
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve()).once('error', () => resolve());
  }).then(() => {
    over = true;
    ready.resolve();
  });
  await ready.promise;
  if (over) fail(`${command} does not start; it said: ${said.join('\n')}`);
  const unref = (): void => {
    child.unref();
    if (child.stdout instanceof Socket) child.stdout.unref();
  };
  return { pid: () => own, ended, isOver: () => over, unref };
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  assert(address !== null && typeof address === 'object', 'it listens on a port');
  return address.port;
};

const ask = async (url: string, command: readonly string[]): Promise<unknown> => {
  const client = createClient({
    url,
    RESP: 2,
    maintNotifications: 'disabled',
    disableClientInfo: true,
    socket: { reconnectStrategy: false },
  });
  // What goes wrong is the answer to the command as well.
  client.on('error', () => {});
  await client.connect();
  try {
    return await client.sendCommand([...command]);
  } finally {
    client.destroy();
  }
};

let forAll: Promise<string> | undefined;

/** A server that all who ask in this process share, and with which it ends; the one of `TEST_REDIS_URL` when given. */
const redisForAll = (): Promise<string> =>
  (forAll ??= given === undefined ? startForAll() : Promise.resolve(given));

const startForAll = async (): Promise<string> => {
  const server = await startRedis();
  server.unref();
  return server.url;
};

/** What other processes need in their environment to share that server, or why there is none. */
export const redisEnvironment = async () =>
  given === undefined && installedServers().length === 0
    ? { skipped: `skipped, because ${noServer}`, isFailure: isRequired }
    : { environment: { TEST_REDIS_URL: await redisForAll() } };

/** Storage in this cluster on that server. Whoever asks for it need not close it. */
export const freshRedisStorage = async (cluster: string): Promise<Storage> =>
  opened(
    await openRedisStorage({
      url: await redisForAll(),
      cluster,
      acceptDataLossWindow: false,
    }),
  );

export interface SharedRedis {
  readonly url: () => Promise<string>;
  /** Storage in a cluster of its own each time, by whose name others can open the same one. */
  readonly storage: (
    over?: Partial<RedisStorageOptions>,
  ) => Promise<{ readonly storage: Storage; readonly options: RedisStorageOptions }>;
}

/**
 * One server for the tests of a file, started with the first that needs it; the one at `TEST_REDIS_URL` when that is
 * given. Called at the top of the file.
 */
export const sharedRedis = (program?: string): SharedRedis => {
  let server: Promise<RedisServer> | undefined;
  const storages: Storage[] = [];
  // A test that waits to hear of news must not end because nothing else is under way.
  const alive = setInterval(() => {}, 60_000);
  after(async () => {
    clearInterval(alive);
    for (const storage of storages) await clear(storage);
    await (await server)?.stop();
  });
  const url = async (): Promise<string> => {
    if (given !== undefined && program === undefined) return given;
    server ??= startRedis({ ...(program !== undefined && { program }) });
    return (await server).url;
  };
  return {
    url,
    storage: async (over = {}) => {
      const options = {
        url: await url(),
        cluster: newCluster(),
        acceptDataLossWindow: false,
        ...over,
      };
      const storage = opened(await openRedisStorage(options));
      storages.push(storage);
      return { storage, options };
    },
  };
};

const clear = async (storage: Storage): Promise<void> => {
  const names = await storage.names();
  if (names.ok) for (const name of names.value) await storage.remove(name);
  await storage.close();
};
