/* Real servers for the tests of the Redis store: started on a free port, stopped and removed afterwards. */
import { fail, ok } from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { createClient } from '@redis/client';
import type { Storage } from '../journal/storage.ts';
import { assert } from '../kernel/assert.ts';
import { openRedisStorage, type RedisStorageOptions } from '../stores/redis/storage.ts';
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

/**
 * Registers tests that start servers of their own. Where there is none to start, one test says so instead; it fails
 * where all kinds of stores have to be tested.
 */
export const testsThatStartRedis = (what: string, register: () => void): void => {
  if (installedServers().length > 0) register();
  else instead(what, `neither ${programs.join(' nor ')} is installed`);
};

/** Registers tests for which a server will do that is there already (`TEST_REDIS_URL`). */
export const testsOnRedis = (what: string, register: () => void): void => {
  if (given !== undefined || installedServers().length > 0) register();
  else instead(what, `neither ${programs.join(' nor ')} is installed and TEST_REDIS_URL is not set`);
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
  const atExit = (): void => void process.kill(running.pid(), 'SIGKILL');
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
  return { pid: () => own, ended, isOver: () => over };
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
  after(async () => {
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
        cluster: `test-${randomUUID()}`,
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
