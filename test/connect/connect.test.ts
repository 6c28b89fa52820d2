/* Signalbox among the MCP servers of a client: put there by a command, found good by doctor, and taken out again. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { z } from 'zod';
import type { Ended } from '../cli/program.ts';
import { examine, of, write } from '../doctor/examine.ts';
import { mainOnly } from '../host/processes.ts';
import { type Ground, openGround } from '../workspaces/repositories.ts';

const launcher = join(import.meta.dirname, '../../bin/signalbox');

/** A place in which somebody works in a repository. */
const openShop = async (context: TestContext): Promise<Ground> => {
  const ground = await openGround(context);
  ground.repository('shop');
  return ground;
};

const connect = (ground: Ground, ...args: readonly string[]): Promise<Ended> =>
  ground.run(['connect', ...args], { cwd: ground.at('shop') });

const well = async (running: Promise<Ended>): Promise<string> => {
  const { status, out, err } = await running;
  assert.deepEqual([status, err], [0, '']);
  return out;
};

const claudeText = '{\n  "numStartups": 3,\n  "mcpServers": {},\n  "oauth": {"token": "hunter2"}\n}';
const codexText =
  'model = "x"   # mine\n\n[mcp_servers.github]\ncommand = "npx"\nenv = { TOKEN = "hunter2" }';

const cases: readonly {
  readonly args: readonly string[];
  readonly path: string;
  readonly text: string;
}[] = [
  { args: ['claude'], path: '.claude.json', text: claudeText },
  { args: ['claude', '--project'], path: 'shop/.mcp.json', text: '{"mcpServers":{"x":{"command":"y"}}}\n' },
  { args: ['codex'], path: '.codex/config.toml', text: codexText },
  { args: ['codex', '--project'], path: 'shop/.codex/config.toml', text: '# mine\r\n' },
];

describe('signalbox connect', () => {
  for (const { args, path, text } of cases) {
    it(`${args.join(' ')} changes ${path}, which doctor finds good, and undoes just that`, async (t) => {
      const ground = await openShop(t);
      const file = ground.at(path);
      write(file, text);
      chmodSync(file, 0o640);
      const said = await well(connect(ground, ...args, '--yes'));
      assert.match(said, /^--- (\S+)\n\+\+\+ \1\n@@ .* @@\n(?:[-+].*\n)+.* from its next start on\./);
      assert.doesNotMatch(said, /hunter2/);
      assert(readFileSync(file, 'utf8').includes(`"${launcher}"`));
      assert.equal(statSync(file).mode & 0o777, 0o640);
      const [finding, ...others] = of(await examine(ground, 'shop'), 'clients');
      assert.deepEqual([finding?.state, others], ['good', []], finding?.what);
      const changed = readFileSync(file);
      assert.match(await well(connect(ground, ...args, '--yes')), /starts Signalbox already/);
      assert.deepEqual(readFileSync(file), changed);
      const undone = await well(connect(ground, ...args, '--undo', '--yes'));
      assert.match(undone, /^-.*signalbox/m);
      assert.equal(readFileSync(file, 'utf8'), text);
      assert.equal(statSync(file).mode & 0o777, 0o640);
      assert.match(await well(connect(ground, ...args, '--undo', '--yes')), /Nothing to take away/);
      assert.deepEqual(
        readdirSync(dirname(file)).filter((name) => name.endsWith('.tmp')),
        [],
      );
    });

    it(`${args.join(' ')} makes ${path} where there is none, and takes it away again`, async (t) => {
      const ground = await openShop(t);
      const file = ground.at(path);
      assert.match(await well(connect(ground, ...args, '--yes')), /^--- \/dev\/null\n/);
      assert.equal(
        statSync(file).mode & 0o777,
        args.includes('--project') ? 0o666 & ~process.umask() : 0o600,
      );
      assert.equal(of(await examine(ground, 'shop'), 'clients')[0]?.state, 'good');
      await well(connect(ground, ...args, '--undo', '--yes'));
      assert(!existsSync(file));
    });
  }

  it('writes what a client can start as it is', async (t) => {
    const ground = await openShop(t);
    await well(connect(ground, 'claude', '--yes', '--data-dir', ground.at('board')));
    const server = z.object({ command: z.string(), args: z.array(z.string()) });
    const whole = z.object({ mcpServers: z.object({ signalbox: server }) });
    const { signalbox } = whole.parse(JSON.parse(readFileSync(ground.at('.claude.json'), 'utf8'))).mcpServers;
    assert.deepEqual(signalbox, { command: launcher, args: ['mcp', '--data-dir', ground.at('board')] });
    const client = new Client({ name: 'Test Client', version: '1' });
    await client.connect(new StdioClientTransport({ ...signalbox, env: { ...mainOnly, HOME: ground.home } }));
    ground.onEnd(() => client.close());
    const started = await client.callTool({ name: 'start', arguments: { agent: 'ada' } });
    assert.match(JSON.stringify(started.structuredContent), /"agent":"ada"/);
  });

  it('names the program by its name in a file that others share, where that is found', async (t) => {
    const ground = await openShop(t);
    const env = { PATH: `${dirname(launcher)}:${process.env['PATH'] ?? ''}` };
    const options = { cwd: ground.at('shop'), env };
    await well(ground.run(['connect', 'claude', '--project', '--yes'], options));
    assert.match(readFileSync(ground.at('shop/.mcp.json'), 'utf8'), /"command": "signalbox"/);
    await well(ground.run(['connect', 'claude', '--yes'], options));
    assert(readFileSync(ground.at('.claude.json'), 'utf8').includes(`"command": "${launcher}"`));
  });
});

describe('signalbox connect before it writes', () => {
  it('shows the change, and refuses where nobody can be asked', async (t) => {
    const ground = await openShop(t);
    write(ground.at('.claude.json'), claudeText);
    const { status, out, err } = await connect(ground, 'claude');
    assert.equal(status, 2);
    assert.match(out, /^--- /);
    assert.match(err, /no terminal on which somebody could answer\. Nothing was written; --yes/);
    assert.equal(readFileSync(ground.at('.claude.json'), 'utf8'), claudeText);
    const json = await ground.json(['connect', 'claude'], { cwd: ground.at('shop') });
    assert.match(JSON.stringify(json), /"code":"invalid_input".*"diff":"--- /);
  });

  it('refuses a file that it cannot read or write, and leaves it as it is', async (t) => {
    const ground = await openShop(t);
    const file = ground.at('.claude.json');
    for (const [text, words] of [
      [
        '{"token": "hunter2" x',
        /\.claude\.json\) has a configuration that cannot be changed: it is not valid JSON/,
      ],
      [Buffer.from([0x7b, 0xff, 0x7d]), /\.claude\.json is not text in UTF-8/],
      ['{"mcpServers":{"signalbox":{"command":"x"}}}', /another server that is called signalbox/],
    ] as const) {
      writeFileSync(file, text);
      for (const args of [['--yes'], ['--yes', '--undo']]) {
        const { status, err } = await connect(ground, 'claude', ...args);
        assert.equal(status, 4, err);
        assert.match(err, args.length === 1 ? words : /\.claude\.json/);
        assert.doesNotMatch(err, /hunter2/);
        assert.deepEqual(readFileSync(file), Buffer.from(text));
      }
    }
    for (const args of [[], ['gemini'], ['claude', 'codex']]) {
      const { status, err } = await connect(ground, ...args);
      assert.deepEqual([status, /connect needs one of claude, codex\./.test(err)], [2, true]);
    }
  });
});

describe('a file of a client that is a symbolic link', () => {
  it('stays one, and what it leads to is changed', async (t) => {
    const ground = await openShop(t);
    mkdirSync(ground.at('dotfiles'));
    mkdirSync(ground.at('.codex'));
    writeFileSync(ground.at('dotfiles/codex.toml'), codexText);
    symlinkSync('../dotfiles/codex.toml', ground.at('.codex/config.toml'));
    await well(connect(ground, 'codex', '--yes'));
    assert(lstatSync(ground.at('.codex/config.toml')).isSymbolicLink());
    assert.match(readFileSync(ground.at('dotfiles/codex.toml'), 'utf8'), /\[mcp_servers\.signalbox\]/);
    await well(connect(ground, 'codex', '--undo', '--yes'));
    assert.equal(readFileSync(ground.at('dotfiles/codex.toml'), 'utf8'), codexText);
    symlinkSync('nowhere', ground.at('.claude.json'));
    const { status, err } = await connect(ground, 'claude', '--yes');
    assert.equal(status, 4);
    assert.match(err, /is a symbolic link to a file that is not there/);
  });
});
