import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { assert } from '../kernel/assert.ts';

type SqlRow = Readonly<Record<string, unknown>>;

/** A real server with a database for tests. */
export interface PostgresDatabase {
  readonly url: string;
  /** Runs SQL as the owner of the database; its rows. */
  readonly sql: (text: string) => Promise<readonly SqlRow[]>;
}

/** One that a test may do with as it likes. */
export interface PostgresServer extends PostgresDatabase {
  readonly port: number;
  /** A folder for whatever a test needs; the user that the server runs as may write there. */
  readonly folder: string;
  /** Ends every process of it on the spot, as a crash of the machine would. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Starts it, and waits until it takes connections. */
  readonly start: () => Promise<void>;
  /** Adds a file of the data folder, or lines to one; they count from the next start. */
  readonly configure: (lines: string, file?: 'postgresql.conf' | 'standby.signal') => void;
}

const given = process.env['TEST_POSTGRES_URL'] ?? '';
const isRequired = process.env['SIGNALBOX_TEST_STORES'] === 'required';
const isRoot = process.getuid?.() === 0;

/** PostgreSQL refuses to run as root; Debian's package makes this user for it. It ends when this process does. */
const user = 'postgres';
const asUser = isRoot
  ? ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--pdeathsig=QUIT']
  : [];

/** Whether a file system of its own can be mounted for a server; that takes root and Linux. */
const canMount = isRoot && process.platform === 'linux';

const versionIn = (path: string): number => Number(/\d+/.exec(path)?.[0] ?? 0);

/** Where Debian, the path, and those who built it themselves have the programs of the server. */
const findPrograms = (): string | undefined =>
  [
    ...globSync('/usr/lib/postgresql/*/bin').toSorted((a, b) => versionIn(b) - versionIn(a)),
    ...(process.env['PATH'] ?? '').split(':'),
    '/usr/local/pgsql/bin',
  ].find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));

const programs = findPrograms();

const whyNot = (needs: 'any' | 'own' | 'mount'): string | undefined => {
  if (programs !== undefined && (needs !== 'mount' || canMount)) return undefined;
  if (needs === 'any' && given !== '') return undefined;
  return programs === undefined
    ? 'skipped, because PostgreSQL is not installed (apt-get install postgresql), and TEST_POSTGRES_URL is not set or not enough'
    : 'skipped, because only root can mount a disk for PostgreSQL';
};

/**
 * Registers tests that need PostgreSQL. Where there is none they are one test that says why it was skipped, or one that
 * fails where the stores have to be tested (`SIGNALBOX_TEST_STORES=required`).
 *
 * `own`: they start servers of their own; else `TEST_POSTGRES_URL` is used when it is given. `mount`: these have a file
 * system of their own, which takes root.
 */
export const withPostgres = (title: string, needs: 'any' | 'own' | 'mount', register: () => void): void => {
  const reason = whyNot(needs);
  if (reason === undefined) return register();
  test(title, (context) => {
    assert(!isRequired, `must not be ${reason}`);
    context.skip(reason);
  });
};

/** What test files need to share one server, which ends with this process. */
export const postgresEnvironment = async () => {
  const skipped = whyNot('any');
  if (skipped !== undefined) return { skipped, isFailure: isRequired };
  return { environment: { TEST_POSTGRES_URL: (await sharedPostgres()).url } };
};

let shared: Promise<PostgresDatabase> | undefined;

/** The database that all tests of this process share, each under a cluster of its own. */
export const sharedPostgres = (): Promise<PostgresDatabase> =>
  (shared ??= given === '' ? startPostgres() : Promise.resolve(databaseAt(given)));

export const databaseAt = (url: string): PostgresDatabase => ({
  url,
  sql: async (text) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      const { rows } = await client.query<SqlRow>(text);
      return rows;
    } finally {
      await client.end();
    }
  },
});

interface ServerOptions {
  /** Lines for postgresql.conf. */
  readonly lines?: string;
  /** The size of a file system that only this server sees, mounted at `disk` in its folder. */
  readonly disk?: string;
}

/** A new server on a free port. It ends with this process at the latest. */
export const startPostgres = async ({ lines = '', disk }: ServerOptions = {}): Promise<PostgresServer> => {
  assert(programs !== undefined, 'PostgreSQL is installed');
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-postgres-'));
  if (isRoot) execFileSync('chown', [user, folder]);
  const data = join(folder, 'data');
  const initdb = [
    join(programs, 'initdb'),
    '-D',
    data,
    '-U',
    'signalbox',
    '--auth=trust',
    '-E',
    'UTF8',
    '-N',
  ];
  runAsUser([...initdb, '--locale=C.UTF-8'], folder);
  const port = await freePort();
  const configure: PostgresServer['configure'] = (more, file = 'postgresql.conf') =>
    appendFileSync(join(data, file), `\n${more}\n`);
  configure(`
    listen_addresses = '127.0.0.1'
    port = ${port}
    unix_socket_directories = '${folder}'
    max_connections = 200
    shared_buffers = 32MB
    ${lines}
  `);
  const mounting = disk === undefined ? [] : await withDisk(join(folder, 'disk'), disk);
  const command = [...mounting, ...asUser, join(programs, 'postgres'), '-D', data];
  const process = new ServerProcess(command, folder);
  await process.start();
  return {
    ...databaseAt(`postgresql://signalbox@127.0.0.1:${port}/postgres`),
    port,
    folder,
    configure,
    start: () => process.start(),
    stop: () => process.end('SIGINT'),
    kill: () => process.end('SIGKILL'),
  };
};

/** Runs what follows with a file system of this size at the folder. */
const withDisk = async (folder: string, size: string): Promise<readonly string[]> => {
  await mkdir(folder);
  const script = 'mount -t tmpfs -o "size=$1,uid=$(id -u postgres)" signalbox "$2" && shift 2 && exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', script, 'sh', size, folder];
};

const runAsUser = (command: readonly string[], cwd: string): void => {
  const [program = '', ...args] = [...asUser, ...command];
  execFileSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  assert(typeof address === 'object' && address !== null, 'it listens on a port');
  return address.port;
};

const ready = /database system is ready to accept (?:read-only )?connections/;

class ServerProcess {
  readonly #command: readonly string[];
  readonly #folder: string;
  #child: ChildProcess | undefined;

  constructor(command: readonly string[], folder: string) {
    this.#command = command;
    this.#folder = folder;
    process.once('exit', () => {
      this.#killAll();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    });
  }

  async start(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#start();
      } catch (thrown) {
        // Of a server that was killed a process below it may go on for a moment.
        if (!String(thrown).includes('pre-existing shared memory') || attempt === 50) throw thrown;
        await new Promise((resolve) => void setTimeout(resolve, 100));
      }
    }
  }

  async #start(): Promise<void> {
    const [program = '', ...args] = this.#command;
    const child = spawn(program, args, { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    const started = Promise.withResolvers<void>();
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-4_000);
      if (ready.test(said)) started.resolve();
    });
    child.once('exit', () => started.reject(new Error(`PostgreSQL ended: ${said}`)));
    await started.promise;
    // It waits for us, and not the other way round.
    child.unref();
    if ('unref' in child.stderr && typeof child.stderr.unref === 'function') child.stderr.unref();
  }

  async end(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.ref();
    if (signal === 'SIGKILL') this.#killAll();
    else child.kill(signal);
    await ended;
  }

  /** The processes below the first one would go on for a moment, and could even finish what they are at. */
  #killAll(): void {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGSTOP');
    for (const pid of childrenOf(child.pid)) killProcess(pid);
    child.kill('SIGKILL');
  }
}

const childrenOf = (pid: number): readonly number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number).filter(Boolean);
  } catch {
    // Not Linux: they end by themselves.
    return [];
  }
};

const killProcess = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
};
