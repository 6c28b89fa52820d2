/* The commands of the documents do what they say: each is run as it is printed, or stands here with the reason. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { parse } from 'yaml';
import { keys } from '../../src/host/configuration/keys.ts';
import { commandsIn, textsOf } from './shell-blocks.ts';

const root = join(import.meta.dirname, '../..');

const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...globSync(['docs/*.md', 'examples/*/README.md'], { cwd: root }).toSorted(),
];

/** Documents that are read for what can be done with them; the others may have no command. */
const leading: readonly string[] = ['README.md', 'CONTRIBUTING.md', 'docs/first-hour.md'];

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const notRun: ReadonlyMap<string, string> = new Map([
  ['npm ci', 'it replaces the node_modules that this test runs from; CI begins with it'],
  ['npm cit', 'it is npm ci and this test; CI runs it'],
  ['npm test', 'this test is part of it; CI runs it'],
  ['npm run gate', 'the tests are part of it; CI runs it'],
  ['npm run format', 'it changes files under the other tests; the gate runs the same formatter'],
  ['npm run docs', 'it writes files that other tests read; the gate checks that it would change nothing'],
  ['npm run fuzz', 'it takes half an hour; a part of it is a test of its own'],
  ['npm run simulate', 'it takes a while; a part of it is a test of its own'],
  ['npm run attack', 'it writes a report that is committed; its attacks are tests of their own'],
  [
    'claude mcp add --scope user signalbox -- /path/to/this/checkout/bin/signalbox mcp',
    'that client is not installed; test/examples starts the same program',
  ],
  [
    'codex mcp add signalbox -- /path/to/this/checkout/bin/signalbox mcp',
    'that client is not installed; test/examples starts the same program',
  ],
  [
    'gemini mcp add --scope user signalbox /path/to/this/checkout/bin/signalbox mcp',
    'that client is not installed; test/examples starts the same program',
  ],
  [
    'signalbox exec --env-file agent.env -- claude',
    'that client is not installed; test/exec starts other programs so',
  ],
  [
    'useradd --system --create-home --home-dir /var/lib/signalbox --shell /bin/sh signalbox',
    'it makes a user of the machine, which only root can',
  ],
  ["su - signalbox -c '/opt/signalbox/bin/signalbox serve'", 'there is no such user; test/host starts hubs'],
  [
    "su - signalbox -c '/opt/signalbox/bin/signalbox token create --for-agent ada'",
    'there is no such user; test/cli/tokens.test.ts makes tokens at a terminal',
  ],
  [
    'SIGNALBOX_URL=http://127.0.0.1:8321 SIGNALBOX_TOKEN=sbx_… signalbox mcp',
    'it needs the token of a hub that is there; test/connect starts the same with one',
  ],
  [
    'bin/signalbox erase ada --workspace main',
    'it asks a person at a terminal; test/erase/erase.test.ts erases what agents wrote',
  ],
  [
    'signalbox token create --label prometheus --role reader --categories metrics',
    'it asks a person at a terminal; test/host/metrics.test.ts makes such a token',
  ],
  [
    'signalbox serve --otel-endpoint http://127.0.0.1:4318',
    'it needs a collector; test/host/tracing.test.ts starts one',
  ],
]);

const startsHub = (command: string): boolean => /^(?:npm start|bin\/signalbox serve)\b/.test(command);

/** What holds for all that is typed after it in the same terminal. */
const lasts = (command: string): boolean => /^(?:(?:export|cd) |\w+=)/.test(command);

/** Runs commands as a newcomer would, on a data directory and a port that nobody else has. */
class Shell {
  readonly #env: NodeJS.ProcessEnv;
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly #lasting: string[] = [];
  #url: string | undefined;

  private constructor(home: string) {
    // Inside a test, Node's runner would believe that it runs a second time, and do nothing.
    const { NODE_TEST_CONTEXT: _context, XDG_DATA_HOME: _data, XDG_CACHE_HOME: _cache, ...env } = process.env;
    this.#env = { ...env, HOME: home, SIGNALBOX_PORT: '0', SIGNALBOX_WORKSPACE: 'main' };
  }

  static async open(context: TestContext): Promise<Shell> {
    const home = await mkdtemp(join(tmpdir(), 'signalbox-docs-'));
    const shell = new Shell(home);
    context.after(async () => {
      for (const end of shell.#ends) await end();
      await rm(home, { recursive: true });
    });
    return shell;
  }

  /** Runs a command to its end; what it printed. */
  async run(command: string): Promise<string> {
    const child = this.#spawn([...this.#lasting, this.#here(command)].join(' && '));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    assert.equal(child.exitCode, 0, `${command}\n${out}${err}`);
    if (lasts(command)) this.#lasting.push(command);
    return out;
  }

  /** Runs the command of a hub until it is ready; what it has printed by then. The test's end stops it. */
  async start(command: string): Promise<string> {
    const child = this.#spawn(command);
    const ended = once(child, 'close');
    this.#ends.push(() => {
      // npm and its shell do not all pass a signal on, so the whole group gets it.
      process.kill(-(child.pid ?? 0), 'SIGTERM');
      return ended;
    });
    child.stderr.resume();
    let out = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      out += String(chunk);
      this.#url = /ready on http:\/\/(\S+)/.exec(out)?.[1];
      if (this.#url !== undefined && out.includes('Ctrl-C')) return out;
    }
    assert.fail(`${command} ended before it was ready: ${out}`);
  }

  #here(command: string): string {
    return this.#url === undefined ? command : command.replaceAll('127.0.0.1:8321', this.#url);
  }

  #spawn(command: string) {
    return spawn('sh', ['-c', command], {
      cwd: root,
      env: this.#env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

/** What curl printed; it also succeeds when the hub refuses, which no document shows. */
const answerOf = (command: string, out: string): unknown => {
  const answer = z.record(z.string(), z.unknown()).parse(JSON.parse(out));
  assert.equal(answer['error'], undefined, `${command}: ${out}`);
  return answer;
};

const listed = z.object({ items: z.array(z.object({ id: z.string() })) });

type Outputs = ReadonlyMap<string, string>;

/** What a document says about what its commands print. */
const promises: Readonly<Record<string, (outs: Outputs) => void>> = {
  'docs/first-hour.md': (outs) => {
    const [board] = textsOf(read('docs/first-hour.md'), 'text');
    assert.equal(outs.get('signalbox task list')?.trim(), board, 'the board is the one that is shown');
    assert.match(
      outs.get('signalbox task get T-1 --notes 5') ?? '',
      /ada +The draft is in docs\/release\.md/,
    );
    const taken = outs.get('signalbox lock list file:docs/release.md --agent grace') ?? '';
    assert.match(taken, /^free +no$/m);
    assert.match(taken, /file:docs\/\*\* .* held +ada .* Rewriting the docs/);
    assert.match(outs.get('signalbox wait --for lock --agent ada') ?? '', /grace asked .* file:docs\/\*\*/);
    assert.match(outs.get('signalbox wait --agent ada') ?? '', /docs\/release\.md is mine until noon/);
    assert.match(outs.get('signalbox inbox --ack all --agent ada') ?? '', /^None\.$/m);
    assert.match(outs.get('signalbox lock release --agent grace') ?? '', /released +file:docs\/release\.md/);
    const left = listed.parse(JSON.parse(outs.get('signalbox task list --status todo --json') ?? ''));
    assert.deepEqual(left, { items: [{ id: 'T-3' }] }, 'two tasks were done, and the third is free again');
  },
};

for (const path of documents) {
  const commands = commandsIn(read(path));
  describe(`the commands of ${path}`, () => {
    it('can be run, one after the other', async (t) => {
      assert(commands.length > 0 || !leading.includes(path), 'there are some');
      const shell = await Shell.open(t);
      const outs = new Map<string, string>();
      for (const { text: command } of commands) {
        if (notRun.has(command)) continue;
        const out = await (startsHub(command) ? shell.start(command) : shell.run(command));
        if (command.startsWith('curl ')) answerOf(command, out);
        outs.set(command, out);
      }
      promises[path]?.(outs);
    });
  });
}

describe('what the documents tell to write into files', () => {
  for (const path of documents) {
    it(`can be read, in ${path}`, () => {
      for (const block of textsOf(read(path), 'json')) assert.doesNotThrow(() => JSON.parse(block), block);
      for (const block of textsOf(read(path), 'yaml')) {
        const said = z.record(z.string(), z.unknown()).parse(parse(block));
        const known = Object.keys(keys).map((name) => name.replaceAll('-', '_'));
        const strange = Object.keys(said).filter((name) => !known.includes(name));
        assert.deepEqual(strange, [], `${path} shows a signalbox.yaml with keys that there are not`);
      }
    });
  }
});

describe('the commands that are not run', () => {
  const all = new Set(
    documents.flatMap((path) => commandsIn(read(path)).map(({ text: command }) => command)),
  );

  it('are still in a document', () => {
    assert.deepEqual(
      [...notRun.keys()].filter((command) => !all.has(command)),
      [],
    );
  });

  it('are scripts that there are, where npm runs them', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('package.json')));
    for (const command of all) {
      const script = /^npm (?:run )?(test|start|(?<=run )\S+)/.exec(command)?.[1];
      if (script !== undefined) assert(script in scripts, command);
    }
  });
});

describe('what a newcomer sees first', () => {
  it('is a board with the task that README puts there, listed by README', async (t) => {
    const shell = await Shell.open(t);
    await shell.start('npm start');
    const outs: unknown[] = [];
    for (const { text: command } of commandsIn(read('README.md'))) {
      if (lasts(command)) await shell.run(command);
      if (command.startsWith('curl ')) outs.push(answerOf(command, await shell.run(command)));
    }
    assert.match(JSON.stringify(outs.at(0)), /"T-1"/);
    assert.match(JSON.stringify(outs.at(1)), /"agent":"ada".*"next_task":\{"id":"T-1"/);
    assert.match(JSON.stringify(outs.at(2)), /"Write the release notes".*"total":1/);
  });

  it('is what the hub itself says to do next, which works as printed', async (t) => {
    for (const [flags, asks] of [
      ['', true],
      [' --insecure-no-auth', false],
    ] as const) {
      const shell = await Shell.open(t);
      const said = await shell.start(`bin/signalbox serve${flags}`);
      assert.equal(/^Whoever uses this hub shows it a token, /m.test(said), asks);
      assert.doesNotMatch(said, /curl/);
      const command = /^ {2}(\S*signalbox task add .*)$/m.exec(said)?.[1] ?? '';
      assert.match(await shell.run(command), /T-1/);
    }
  });

  it('are lines for every client, which start a process that comes in by itself', async (t) => {
    const shell = await Shell.open(t);
    const said = await shell.start('bin/signalbox serve');
    // The command is not on the PATH of tests.
    const command = join(root, 'bin/signalbox');
    const words = `${command} mcp --workspace main`;
    const server = { command, args: ['mcp', '--workspace', 'main'] };
    assert.deepEqual(linesIn(said), [
      `claude mcp add signalbox -- ${words}`,
      `codex mcp add signalbox -- ${words}`,
      `gemini mcp add -e SIGNALBOX_WORKSPACE=main signalbox ${command} mcp`,
    ]);
    assert.deepEqual(filesIn(said), [
      { servers: { signalbox: { type: 'stdio', ...server } } },
      { mcpServers: { signalbox: server } },
    ]);
    const here = { command: '/path/to/this/checkout/bin/signalbox', args: ['mcp'] };
    assert.deepEqual(
      textsOf(read('docs/first-hour.md'), 'json').map((block): unknown => JSON.parse(block)),
      [{ servers: { signalbox: { type: 'stdio', ...here } } }, { mcpServers: { signalbox: here } }],
      'and the first hour has them',
    );
    assert(said.split('\n').length <= 24, 'it fits on a screen');
  });

  it('are lines with the address of a hub that asks nobody', async (t) => {
    const shell = await Shell.open(t);
    const said = await shell.start('bin/signalbox serve --insecure-no-auth');
    const url = `${/ready on (\S+)/.exec(said)?.[1] ?? ''}/mcp?workspace=main`;
    assert.deepEqual(linesIn(said), [
      `claude mcp add --transport http signalbox '${url}'`,
      `codex mcp add signalbox --url '${url}'`,
      `gemini mcp add --transport http signalbox '${url}'`,
    ]);
    assert.deepEqual(filesIn(said), [
      { servers: { signalbox: { type: 'http', url } } },
      { mcpServers: { signalbox: { url } } },
    ]);
    assert.match(said, /asks nobody who calls \(--insecure-no-auth\)/);
    assert(said.split('\n').length <= 24, 'it fits on a screen');
  });
});

/** What is to be typed for clients that have a command for it. */
const linesIn = (said: string): readonly string[] =>
  said.split('\n').flatMap((line) => /^ {2}(\w+ mcp add .*)$/.exec(line)?.[1] ?? []);

/** What is to be written into the files of the others. */
const filesIn = (said: string): readonly unknown[] =>
  said
    .split('\n')
    .filter((line) => line.startsWith('  {'))
    .map((line): unknown => JSON.parse(line));
