/* The package as its users have it: packed, installed into an empty folder, and run by `npx` on one Node or another. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { runProgram } from '../side-package.ts';

/** Makes the tarball in the folder; its path. */
export const packInto = async (folder: string, dist: string): Promise<string> => {
  const { code, output } = await runProgram('npm', ['pack', '--pack-destination', folder], { cwd: dist });
  assert.equal(code, 0, `npm pack failed:\n${output}`);
  const [tarball = '', ...more] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  assert.deepEqual(more, [], 'there is one tarball');
  return join(folder, tarball);
};

const ours = /^(?:SIGNALBOX_|NODE_(?:OPTIONS|COMPILE_CACHE)$|npm_(?!config_(?:cache|registry|userconfig)$))/;

/** Nothing of the checkout, or of the npm script that runs this, reaches what is tried. */
const withoutOurs = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || ours.test(name) ? [] : [[name, value]],
    ),
  );

/** Tells a whole group of processes to end; one that is gone has no need of it. */
const signalGroup = (pid: number | undefined): void => {
  try {
    process.kill(-(pid ?? 0), 'SIGTERM');
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown;
  }
};

/** An empty folder with the package installed in it, and what running it needs. */
export class Installed {
  readonly folder: string;
  readonly #env: Record<string, string>;

  private constructor(folder: string, node: string) {
    this.folder = folder;
    this.#env = {
      ...withoutOurs(process.env),
      PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}`,
      XDG_DATA_HOME: join(folder, 'home/data'),
      XDG_CACHE_HOME: join(folder, 'home/cache'),
      XDG_CONFIG_HOME: join(folder, 'home/config'),
      SIGNALBOX_PORT: '0',
    };
  }

  /** Installs the tarball with the npm of the machine, which runs on the given Node. */
  static async make(
    folder: string,
    { tarball, node }: { tarball: string; node: string },
  ): Promise<Installed> {
    const installed = new Installed(folder, node);
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    await installed.#run('npm', ['install', '--no-audit', '--no-fund', tarball]);
    return installed;
  }

  get dataDir(): string {
    return join(this.folder, 'home/data/signalbox');
  }

  has(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  /** Which Node runs the commands. */
  node(): Promise<string> {
    return this.#run('node', ['--version']);
  }

  /** What `npx signalbox …` prints until it ends, which it must do well. */
  npx(...args: readonly string[]): Promise<string> {
    return this.#run('npx', ['signalbox', ...args]);
  }

  /** The official client in front of `npx signalbox mcp`. */
  async mcp(): Promise<Client> {
    const client = new Client({ name: 'Package Check', version: '1' });
    await client.connect(
      new StdioClientTransport({
        command: 'npx',
        args: ['signalbox', 'mcp'],
        cwd: this.folder,
        env: this.#env,
        stderr: 'inherit',
      }),
    );
    return client;
  }

  /** `npx signalbox`, once it says that it is ready; where it is, and how to stop it. */
  async serve(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
    const child = spawn('npx', ['signalbox'], {
      cwd: this.folder,
      env: this.#env,
      // npx and its shell do not all pass a signal on, so the whole group gets it.
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    const stop = async (): Promise<void> => {
      signalGroup(child.pid);
      await closed;
    };
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /ready on (http:\/\/\S+)/.exec(line)?.[1];
      if (url === undefined) continue;
      child.stdout.resume();
      return { url, stop };
    }
    return assert.fail('npx signalbox ended before a hub was ready');
  }

  async #run(program: string, args: readonly string[]): Promise<string> {
    const { code, out, output } = await runProgram(program, args, { cwd: this.folder, env: this.#env });
    assert.equal(code, 0, `${program} ${args.join(' ')} ended with ${String(code)}:\n${output}`);
    return out.trim();
  }
}
