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
import { type Ended, envIn } from '../cli/program.ts';
import { tellHere } from '../cli/told-here.ts';
import { examine, of, write } from '../doctor/examine.ts';
import { mainOnly, sources } from '../host/processes.ts';
import { type Ground, openGround } from '../workspaces/repositories.ts';

const launcher = join(import.meta.dirname, '../../bin/signalbox');

/** A place in which somebody works in a repository. */
const openShop = async (context: TestContext): Promise<Ground> => {
  const ground = await openGround(context, sources);
  ground.repository('shop');
  return ground;
};

const connect = (ground: Ground, ...args: readonly string[]): Promise<Ended> =>
  ground.run(['connect', ...args], { cwd: ground.at('shop') });

/** At a terminal, by a person who confirms what needs one. */
const connectThere = async (ground: Ground, ...args: readonly string[]): Promise<string> => {
  const { status, out, err } = await ground.person(['connect', ...args], { cwd: ground.at('shop') });
  assert.equal(status, 0, err);
  return out;
};

/** The tokens that hold and were made for this client. */
const tokensFor = async ({ dataDir }: Ground, label: string): Promise<readonly string[]> => {
  const [answer] = await tellHere(dataDir, [{ operation: 'token_list', input: {}, asPerson: true }]);
  return tokensSchema
    .parse(answer)
    .items.filter((item) => item.label === label)
    .map(({ id }) => id);
};

const tokensSchema = z.looseObject({
  items: z.array(z.looseObject({ id: z.string(), label: z.string().optional() })),
});

const tokenPattern = /sbx_[\w-]{43}/;
const tokenIn = (path: string): string => tokenPattern.exec(readFileSync(path, 'utf8'))?.[0] ?? '';

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
      const isOwn = !args.includes('--project');
      const mode = isOwn ? 0o600 : 0o640;
      chmodSync(file, mode);
      const said = await connectThere(ground, ...args, '--yes');
      assert.match(said, /^--- (\S+)\n\+\+\+ \1\n@@ .* @@\n(?:[-+].*\n)+.* from its next start on\./);
      assert.doesNotMatch(said, /hunter2/);
      assert.doesNotMatch(said, tokenPattern);
      assert.equal(said.includes('sbx_…'), isOwn);
      assert.equal(tokenIn(file) !== '', isOwn);
      assert(readFileSync(file, 'utf8').includes(`"${launcher}"`));
      assert.equal(statSync(file).mode & 0o777, mode);
      const [finding, ...others] = of(await examine(ground, 'shop'), 'clients');
      assert.deepEqual([finding?.state, others], ['good', []], finding?.what);
      const changed = readFileSync(file);
      if (isOwn) {
        const first = tokenIn(file);
        const [before] = await tokensFor(ground, args[0] ?? '');
        assert.match(await connectThere(ground, ...args), /^-.*sbx_…[^]*^\+.*sbx_…/m);
        assert.notEqual(tokenIn(file), first);
        const after = await tokensFor(ground, args[0] ?? '');
        assert.deepEqual(
          [after.length, after.includes(before ?? '')],
          [1, false],
          'the former one is revoked',
        );
        assert.equal(readFileSync(file, 'utf8').replace(tokenPattern, first), String(changed));
      } else {
        assert.match(await well(connect(ground, ...args, '--yes')), /starts Signalbox already/);
        assert.deepEqual(readFileSync(file), changed);
      }
      const undone = await well(connect(ground, ...args, '--undo', '--yes'));
      assert.match(undone, /^-.*signalbox/m);
      assert.doesNotMatch(undone, tokenPattern);
      assert.deepEqual(await tokensFor(ground, args[0] ?? ''), [], 'no token is left');
      assert.equal(readFileSync(file, 'utf8'), text);
      assert.equal(statSync(file).mode & 0o777, mode);
      assert.match(await well(connect(ground, ...args, '--undo', '--yes')), /Nothing to take away/);
      assert.deepEqual(
        readdirSync(dirname(file)).filter((name) => name.endsWith('.tmp')),
        [],
      );
    });

    it(`${args.join(' ')} makes ${path} where there is none, and takes it away again`, async (t) => {
      const ground = await openShop(t);
      const file = ground.at(path);
      assert.match(await connectThere(ground, ...args, '--yes'), /^--- \/dev\/null\n/);
      assert.equal(
        statSync(file).mode & 0o777,
        args.includes('--project') ? 0o666 & ~process.umask() : 0o600,
      );
      assert.equal(of(await examine(ground, 'shop'), 'clients')[0]?.state, 'good');
      await well(connect(ground, ...args, '--undo', '--yes'));
      assert(!existsSync(file));
    });
  }
});

describe('the program that signalbox connect names', () => {
  it('writes what a client can start as it is', async (t) => {
    const ground = await openShop(t);
    await connectThere(ground, 'claude', '--data-dir', ground.at('board'));
    const env = z.record(z.string(), z.string());
    const server = z.object({ command: z.string(), args: z.array(z.string()), env });
    const whole = z.object({ mcpServers: z.object({ signalbox: server }) });
    const { signalbox } = whole.parse(JSON.parse(readFileSync(ground.at('.claude.json'), 'utf8'))).mcpServers;
    assert.deepEqual(signalbox, {
      command: launcher,
      args: ['mcp', '--data-dir', ground.at('board')],
      env: { SIGNALBOX_TOKEN: tokenIn(ground.at('.claude.json')) },
    });
    const client = new Client({ name: 'Test Client', version: '1' });
    const around = { ...mainOnly, ...envIn(ground.home) };
    await client.connect(new StdioClientTransport({ ...signalbox, env: { ...around, ...signalbox.env } }));
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
    assert.match(
      readFileSync(ground.at('shop/.mcp.json'), 'utf8'),
      /"SIGNALBOX_TOKEN": "\$\{SIGNALBOX_TOKEN:-\}"/,
    );
    const { status, err } = await ground.person(['connect', 'claude'], options);
    assert.equal(status, 0, err);
    assert(readFileSync(ground.at('.claude.json'), 'utf8').includes(`"command": "${launcher}"`));
  });
});

describe('signalbox connect before it writes', () => {
  it('shows the change, and refuses where nobody can be asked', async (t) => {
    const ground = await openShop(t);
    write(ground.at('.claude.json'), claudeText);
    chmodSync(ground.at('.claude.json'), 0o600);
    const { status, out, err } = await connect(ground, 'claude', '--project');
    assert.equal(status, 2);
    assert.match(out, /^--- /);
    assert.match(err, /no terminal on which somebody could answer\. Nothing was written; --yes/);
    assert(!existsSync(ground.at('shop/.mcp.json')));
    for (const more of [[], ['--yes']]) {
      const refused = await connect(ground, 'claude', ...more);
      assert.equal(refused.status, 5);
      assert.match(refused.out, /^--- /);
      assert.match(refused.err, /needs a person.*run in a terminal: signalbox connect claude/);
      assert.equal(readFileSync(ground.at('.claude.json'), 'utf8'), claudeText);
    }
    const json = await ground.json(['connect', 'claude'], { cwd: ground.at('shop') });
    assert.match(JSON.stringify(json), /"code":"forbidden".*"diff":"--- /);
  });

  it('asks once, and does nothing when the number is not typed', async (t) => {
    const ground = await openShop(t);
    const cwd = ground.at('shop');
    const refused = await ground.person(['connect', 'codex'], { cwd, answer: () => 'y' });
    assert.equal(refused.status, 5, refused.err);
    assert(!existsSync(ground.at('.codex/config.toml')));
    assert.deepEqual(await tokensFor(ground, 'codex'), []);
    const done = await ground.person(['connect', 'codex', '--json'], { cwd });
    assert.equal(done.status, 0, done.err);
    assert.equal(done.err.match(/Type \d{4}/g)?.length, 1);
    assert.match(done.err, /a token is made for the agents of Codex \(role worker,.*config\.toml is changed/);
    assert.match(done.out, /"diff":"--- .*sbx_…/);
    assert.doesNotMatch(done.out, tokenPattern);
    assert.deepEqual((await tokensFor(ground, 'codex')).length, 1);
  });
});

describe('a file that signalbox connect is to write', () => {
  it('puts no token where others of the machine can read it, nor anywhere else than there', async (t) => {
    const ground = await openShop(t);
    const file = ground.at('.claude.json');
    write(file, claudeText);
    chmodSync(file, 0o644);
    const cwd = ground.at('shop');
    const open = await ground.person(['connect', 'claude'], { cwd });
    assert.equal(open.status, 4, open.err);
    assert.match(open.err, /can be read by others.*Run chmod 600 \S+\.claude\.json, then the same again/);
    assert.equal(readFileSync(file, 'utf8'), claudeText);
    chmodSync(file, 0o600);
    await connectThere(ground, 'claude');
    const secret = tokenIn(file).slice('sbx_'.length);
    const holding = readdirSync(ground.home, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile() && readFileSync(join(one.parentPath, one.name)).includes(secret))
      .map(({ name }) => name);
    assert.deepEqual(holding, ['.claude.json']);
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
    chmodSync(ground.at('dotfiles/codex.toml'), 0o600);
    await connectThere(ground, 'codex');
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
