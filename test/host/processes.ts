/* The program as its users start it: processes from the sources, on data directories of their own. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { type EndedThere, runAtTerminal } from '../terminal.ts';
import { testedCode } from '../tested-code.ts';

/** Its sources, for tests of what they load, and of what a checkout says of itself. */
export const sources = join(import.meta.dirname, '../../src/host/main.ts');

/** The program. */
export const main = testedCode('src/host/main.ts');

/** Without it, a process that is started in a checkout would take, and note in its git config, the checkout's own. */
export const mainOnly = { SIGNALBOX_WORKSPACE: 'main' } as const;

/** Compiled once for all tests of this machine, in every thread, as bin/signalbox does it for its users. */
export const compiledOnce = { NODE_COMPILE_CACHE: join(tmpdir(), 'signalbox-cli-compiled') } as const;

/** The same for another user, who reads nothing that this one has. */
export const compiledBy = (user: number) => ({
  NODE_COMPILE_CACHE: `${compiledOnce.NODE_COMPILE_CACHE}-${user}`,
});

/**
 * Makes a command a fifth less work: it has so much room for what is young that nothing is collected while it runs, and
 * no file of its code is looked at for being a link.
 */
export const swift = ['--min-semi-space-size=16', '--preserve-symlinks', '--preserve-symlinks-main'] as const;

/** A hub that is started so asks nobody who calls. */
export const open = { SIGNALBOX_INSECURE_NO_AUTH: 'true' } as const;

/** A data directory, and what has to end before it is taken away. */
export interface Site {
  readonly dataDir: string;
  readonly onEnd: (end: () => Promise<unknown>) => void;
}

/** A data directory that goes away with the test, after all processes that were started on it. */
export const openSite = async (context: TestContext): Promise<Site> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-host-'));
  const ends: (() => Promise<unknown>)[] = [];
  context.after(async () => {
    for (const end of ends.toReversed()) await end();
    await rm(dataDir, { recursive: true });
  });
  return { dataDir, onEnd: (end) => void ends.push(end) };
};

export interface HubProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Tells it to stop, and waits until it has; how it ended. May be called twice. */
  readonly stop: () => Promise<number | null>;
  /** Ends it on the spot, as a crash would. */
  readonly crash: () => Promise<void>;
}

const urlPattern = /ready on (https?:\/\/\S+)/;

export interface HubOptions {
  /** `main` when absent. */
  readonly program?: string;
  /** Before the program's own arguments. */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Any free one when absent. */
  readonly port?: string;
  /** Lets in only who shows a token, as hubs do unless told otherwise. Most tests are about something else. */
  readonly auth?: boolean;
  /** Hears what it writes on stderr, which is ours when nobody does. */
  readonly hears?: (text: string) => void;
}

/** A hub on a free port, once it says that it is ready. What is loaded into it may talk over Node's own channel. */
export const startHub = async (
  { dataDir, onEnd }: Site,
  { program = main, nodeArgs = [], env = {}, port = '0', auth = false, hears }: HubOptions = {},
): Promise<HubProcess> => {
  const child = spawn(
    process.execPath,
    [...swift, ...nodeArgs, program, 'serve', '--port', port, '--data-dir', dataDir],
    {
      stdio: ['ignore', 'pipe', hears === undefined ? 'inherit' : 'pipe', 'ipc'],
      env: { ...process.env, ...compiledOnce, ...mainOnly, ...(!auth && open), ...env },
    },
  );
  assert(child.stdout !== null);
  if (hears !== undefined) child.stderr?.setEncoding('utf8').on('data', hears);
  const ended = once(child, 'exit').then((): number | null => child.exitCode);
  const stop = (): Promise<number | null> => {
    child.kill('SIGTERM');
    return ended;
  };
  const crash = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onEnd(stop);
  for await (const line of createInterface({ input: child.stdout })) {
    const url = urlPattern.exec(line)?.[1];
    if (url !== undefined) {
      child.stdout.resume();
      return { url, child, stop, crash };
    }
  }
  assert.fail('the hub ended before it was ready');
};

export interface StdioOptions {
  /** `legacy` when absent. */
  readonly era?: 'legacy' | 'modern';
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** An official MCP client in front of a process `signalbox mcp` of its own. */
export const stdioClient = async (
  { dataDir, onEnd }: Site,
  { era = 'legacy', flags = [], env = {} }: StdioOptions = {},
): Promise<Client> => {
  const client = new Client(
    { name: 'Test Client', version: '1' },
    { versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } } },
  );
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [...swift, main, 'mcp', '--data-dir', dataDir, ...flags],
      env: { ...compiledOnce, ...mainOnly, ...env },
      stderr: 'inherit',
    }),
  );
  onEnd(() => client.close());
  return client;
};

/** Runs a command to its end. */
export const runCommand = async (args: readonly string[]) => {
  const child = spawn(process.execPath, [...swift, main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...compiledOnce, ...mainOnly },
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  await once(child, 'close');
  return { status: child.exitCode, ...said };
};

/** Runs a command to its end at a terminal, where somebody types the number that is asked for. */
export const runAsPerson = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<EndedThere> =>
  runAtTerminal({
    words: [process.execPath, ...swift, main, ...args],
    env: { ...process.env, ...compiledOnce, ...mainOnly, ...env },
  });
