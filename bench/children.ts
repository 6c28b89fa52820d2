import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadReport } from './load.ts';

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A server in a process of its own that sends its port once it listens. */
export interface Server {
  readonly port: number;
  readonly process: ChildProcess;
  readonly stop: () => Promise<void>;
}

export const startFloor = async (name: string, args: readonly string[] = []): Promise<Server> => {
  const child = fork(fileOf(`./floors/${name}.ts`), [...args]);
  const [port] = await once(child, 'message');
  return { port: Number(port), process: child, stop: () => stop(child) };
};

/** The environment of a hub that asks who calls, and of one that lets in everybody. */
export const hubAccess = {
  asking: { SIGNALBOX_INSECURE_NO_AUTH: 'false' },
  open: { SIGNALBOX_INSECURE_NO_AUTH: 'true' },
} as const satisfies Readonly<Record<string, NodeJS.ProcessEnv>>;

/** The hub as users start it. `wrap`: a program to run it under, such as a tracer. */
export const startHub = async (
  dataDir: string,
  {
    wrap = [],
    port = 0,
    env = {},
  }: {
    readonly wrap?: readonly string[];
    readonly port?: number;
    readonly env?: NodeJS.ProcessEnv;
  } = {},
): Promise<Server & { readonly startedMs: number }> => {
  const command = [
    ...wrap,
    fileOf('../bin/signalbox'),
    'serve',
    '--port',
    String(port),
    '--data-dir',
    dataDir,
  ];
  const [program = '', ...args] = command;
  const began = performance.now();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: wrap.length > 0,
    // Not the workspace of the checkout that this stands in, which would be noted in its git config.
    env: { ...process.env, SIGNALBOX_WORKSPACE: 'main', ...hubAccess.open, ...env },
  });
  const listening = await new Promise<number>((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.once('exit', (code) => reject(new Error(`the hub ended with ${String(code)}: ${printed}`)));
  });
  return { port: listening, process: child, startedMs: performance.now() - began, stop: () => stop(child) };
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
};

/** One load generator, used for every measurement of a run. */
export interface Load {
  readonly run: (order: LoadOrder) => Promise<LoadReport>;
  readonly stop: () => Promise<void>;
}

export const startLoad = (): Load => {
  const child = fork(fileOf('./load-process.ts'));
  return {
    run: async (order) => {
      child.send(order);
      const [report]: [LoadReport] = await nextMessage(child);
      return report;
    },
    stop: () => stop(child),
  };
};

const nextMessage = (child: ChildProcess): Promise<[LoadReport]> =>
  new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the load generator ended'));
    child.once('exit', ended);
    child.once('message', (report: LoadReport) => {
      child.off('exit', ended);
      resolve([report]);
    });
  });

/** For how long a process has had a processor so far, its threads included. */
export const cpuSeconds = ({ process: { pid } }: Server): number => {
  const stat = readFileSync(`/proc/${pid ?? 'self'}/stat`, 'utf8');
  // Behind the name, which may hold anything; the 14th and 15th of all fields.
  const ticksPerSecond = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

/** How much memory a process has in use. */
export const residentMegabytes = ({ process: { pid } }: Server): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid ?? 'self'}/status`, 'utf8'))?.[1] ?? Number.NaN) /
  1_024;
