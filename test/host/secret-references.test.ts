/* Secrets of the configuration by reference: looked up when they are needed, shown to the hub, and nowhere else. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { newTokenText } from '../../src/host/access/token-text.ts';
import { type Place, type Started, envIn, openPlace } from '../cli/program.ts';
import { main, swift } from './processes.ts';

/** Makes a hub ask who calls. */

interface Vault extends Place {
  readonly token: string;
  readonly write: (path: string, text: string, mode?: number) => string;
  /** Says something in the person's own file. */
  readonly own: (text: string) => string;
  /** The environment of every program here: `op` in it answers with the token, and notes how it was called. */
  readonly env: Readonly<Record<string, string>>;
  /** How often something was looked up by a program. */
  readonly lookUps: () => number;
}

const openVault = async (context: TestContext): Promise<Vault> => {
  const place = await openPlace(context);
  const token = newTokenText();
  const write: Vault['write'] = (path, text, mode = 0o600) => {
    const whole = join(place.home, path);
    mkdirSync(join(whole, '..'), { recursive: true });
    writeFileSync(whole, text);
    chmodSync(whole, mode);
    return whole;
  };
  const vault = write('vault/token', `${token}\n`);
  const noted = write('vault/noted', '');
  write('bin/op', `#!/bin/sh\necho "op $*" >> ${noted}\ncat ${vault}\n`, 0o700);
  write('bin/look', `#!/bin/sh\necho "look $*" >> ${noted}\ncat ${vault}\n`, 0o700);
  return {
    ...place,
    token,
    write,
    own: (text) => write('.config/signalbox/signalbox.yaml', text),
    env: { PATH: `${join(place.home, 'bin')}:${process.env['PATH'] ?? ''}` },
    lookUps: () => readFileSync(noted, 'utf8').split('\n').length - 1,
  };
};

/** A hub that tells everything it does. */
const serve = async (
  { start }: Vault,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<{ readonly url: string; readonly hub: Started }> => {
  const hub = start(['serve', '--port', '0', '--debug', ...args], { env });
  return { url: /ready on (\S+)/.exec(await hub.says('Ctrl-C'))?.[1] ?? '', hub };
};

/** Every file in the home but the vault that holds a token, as text or as the bytes that it stands for. */
const holding = ({ home }: Place, token: string): readonly string[] => {
  const secret = token.slice('sbx_'.length);
  const forms = [Buffer.from(secret), Buffer.from(secret, 'base64url')];
  const files = readdirSync(home, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.parentPath !== join(home, 'vault'))
    .map((entry) => join(entry.parentPath, entry.name));
  assert.ok(files.some((path) => path.endsWith('hub.journal')));
  return files.filter((path) => forms.some((form) => readFileSync(path).includes(form)));
};

const references: readonly (readonly [kind: string, reference: string])[] = [
  ['a variable', '${HUB_SECRET}'],
  ['a file', 'file:~/vault/token'],
  ['a command', 'cmd:look here --as me'],
  ['1Password', 'op://Private/My hub/token'],
];

describe('the token of a hub and of those who call it', () => {
  for (const [kind, reference] of references) {
    it(`is found by a reference to ${kind}, and is in no file, no log and no output`, async (t) => {
      const vault = await openVault(t);
      const { token, run } = vault;
      const env = { ...vault.env, ...(reference === '${HUB_SECRET}' && { HUB_SECRET: token }) };
      vault.own(`token: ${reference}\n`);
      const { url, hub } = await serve(vault, env);
      const added = await run(['task', 'add', 'x', '--debug'], { env });
      assert.equal(added.status, 0, added.err);
      const without = vault.write('none.yaml', '');
      const stranger = await run(['task', 'list', '--config', without], {
        env: { ...vault.env, SIGNALBOX_URL: url },
      });
      assert.match(stranger.err, /asks who calls/);
      const shown = await run(['config'], { env });
      assert.ok(shown.out.includes(`\ntoken `) && shown.out.includes(` ${reference} `), shown.out);
      const asked = await Promise.all([
        run(['config', '--json'], { env }),
        run(['doctor', '--debug'], { env }),
        run(['status', '--json', '--debug'], { env }),
      ]);
      hub.kill('SIGTERM');
      const said = [...asked, added, shown, await hub.ended].flatMap(({ out, err }) => [out, err]).join('');
      assert.ok(said.includes('"msg":"answered"'), 'the log of the hub is among it');
      assert.ok(!said.includes(token.slice('sbx_'.length)));
      assert.deepEqual(holding(vault, token), []);
      assert.ok(!readFileSync(join(vault.home, 'vault/noted'), 'utf8').includes(token), 'no command line');
    });
  }

  it('may be said by a reference in the environment and in an env file, which may also hold it', async (t) => {
    const vault = await openVault(t);
    const { env, token, run, write } = vault;
    write('work/vault.env', 'SIGNALBOX_TOKEN=file:../vault/token\n');
    const { url } = await serve(vault, env, ['--env-file', 'vault.env']);
    const calls = { ...env, SIGNALBOX_URL: url };
    for (const said of ['op://Private/hub/token', 'cmd:look', 'file:../vault/token', token]) {
      const listed = await run(['task', 'list'], { env: { ...calls, SIGNALBOX_TOKEN: said } });
      assert.equal(listed.status, 0, listed.err);
      write('work/calls.env', `SIGNALBOX_TOKEN="${said}"\n`);
      const same = await run(['task', 'list', '--env-file', 'calls.env'], { env: calls });
      assert.equal(same.status, 0, same.err);
    }
    write('work/calls.env', "SIGNALBOX_TOKEN='op://Private/hub/token'\n");
    const client = new Client({ name: 'Test Client', version: '1' });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [...swift, '--', main, 'mcp'],
        cwd: vault.cwd,
        env: { ...envIn(vault.home), ...calls, SIGNALBOX_TOKEN: 'op://Private/hub/token' },
      }),
    );
    vault.onEnd(() => client.close());
    const listed = await client.callTool({ name: 'task_list', arguments: {} });
    assert.notEqual(listed.isError, true, JSON.stringify(listed.content));
    const before = vault.lookUps();
    const itself = await run(['task', 'list', '--env-file', 'calls.env'], { env: calls });
    assert.equal(itself.status, 5, itself.err);
    assert.equal(vault.lookUps(), before, 'between single quotes it stands for itself');
  });
});

describe('a reference', () => {
  it('is looked up once, and only by what has to show who calls', async (t) => {
    const vault = await openVault(t);
    const { env, run } = vault;
    vault.own('token: cmd:look\n');
    const needless = [
      ['task', 'add', 'without a hub'],
      ['config'],
      ['doctor'],
      ['verify'],
      ['completion', 'bash'],
    ];
    for (const args of needless) await run(args, { env });
    assert.equal(vault.lookUps(), 0);
    const { hub } = await serve(vault, env);
    assert.equal(vault.lookUps(), 1);
    const offered = await run(['__complete', 'bash', 'signalbox', 'task', 'get', ''], { env });
    assert.equal(offered.status, 0);
    assert.equal(vault.lookUps(), 1, 'completing a line asks nobody for a password');
    for (const args of [['task', 'list'], ['doctor']]) {
      const before = vault.lookUps();
      await run(args, { env });
      assert.equal(vault.lookUps(), before + 1, args.join(' '));
    }
    hub.kill('SIGTERM');
    await hub.ended;
    const before = vault.lookUps();
    const open = await serve(vault, { ...env, SIGNALBOX_INSECURE_NO_AUTH: 'true' });
    assert.equal(vault.lookUps(), before + 1, 'a hub that asks nobody may come to ask for it');
    open.hub.kill('SIGTERM');
    await open.hub.ended;
  });
});

describe('a reference that leads nowhere', () => {
  it('is told with its place and how to mend it, and never with what was found', async (t) => {
    const vault = await openVault(t);
    const { env, run, write } = vault;
    write('vault/open', 'hunter2', 0o644);
    write('bin/op', '#!/bin/sh\necho hunter2 >&1\nexit 6\n', 0o700);
    for (const [said, words] of [
      ['${NOWHERE}', /SIGNALBOX_TOKEN: the environment has no NOWHERE, or an empty one\. Set it/],
      ['${SIGNALBOX_TOKEN}', /SIGNALBOX_TOKEN: what was looked up is a reference again/],
      ['file:~/nowhere', /SIGNALBOX_TOKEN: there is no file \S+nowhere\./],
      ['file:~/vault/open', /a right to \S+ \(mode 0644\)\. Run chmod go= /],
      ['cmd:echo hunter2 twice', /SIGNALBOX_TOKEN: what was looked up cannot be the value/],
      ['cmd:echo hunter2; exit 3', /SIGNALBOX_TOKEN: echo ended with exit code 3/],
      ['cmd:echo op://hunter2/x', /what was looked up is a reference again/],
      ['cmd:no-such-program-here', /exit code 127/],
      ['op://Private/x/y', /SIGNALBOX_TOKEN: op ended with exit code 6/],
    ] as const) {
      const { status, out, err } = await run(['serve', '--port', '0', '--debug'], {
        env: { ...env, SIGNALBOX_TOKEN: said },
      });
      assert.notEqual(status, 0);
      assert.match(err, words);
      assert.doesNotMatch(`${out}${err}`, /hunter2/);
    }
    const missing = await run(['serve', '--port', '0'], {
      env: { ...env, PATH: join(vault.home, 'nothing'), SIGNALBOX_TOKEN: 'op://Private/x/y' },
    });
    assert.match(missing.err, /there is no program op on the PATH.*1Password/);
  });

  it('keeps from the hub, and does not lead past it', async (t) => {
    const vault = await openVault(t);
    vault.own('token: cmd:look\n');
    await serve(vault, vault.env);
    const env = { ...vault.env, SIGNALBOX_TOKEN: '${NOWHERE}' };
    for (const args of [['task', 'add', 'x'], ['doctor']]) {
      const { status, out, err } = await vault.run(args, { env });
      assert.notEqual(status, 0);
      assert.match(`${out}${err}`, /SIGNALBOX_TOKEN: the environment has no NOWHERE/);
    }
    assert.match(JSON.stringify(await vault.json(['task', 'list'], { env: vault.env })), /"items":\[\]/);
  });
});

describe('what is run to look a secret up', () => {
  it('ends with the process that was told to stop', async (t) => {
    const vault = await openVault(t);
    const begun = watch(vault.home, { signal: t.signal })[Symbol.asyncIterator]();
    const next = begun.next();
    const env = { ...vault.env, SIGNALBOX_TOKEN: 'cmd:touch ../begun; exec tail -f /dev/null' };
    const hub = vault.start(['serve', '--port', '0'], { env });
    await next;
    while (!readdirSync(vault.home).includes('begun')) await begun.next();
    await begun.return?.();
    hub.kill('SIGTERM');
    const { status, err } = await hub.ended;
    assert.equal(status, 4);
    assert.match(err, /SIGNALBOX_TOKEN: touch was interrupted/);
  });
});

describe('a secret in a file', () => {
  it('is refused with its line and the reason, and not repeated', async (t) => {
    const vault = await openVault(t);
    const { env, token, run } = vault;
    for (const text of [`token: ${token}`, `token: "${token}"`, `token: ''`, `token: op:/x`]) {
      const path = vault.own(`port: 0\n${text}\n`);
      for (const args of [['config'], ['task', 'list'], ['doctor', '--debug']]) {
        const { out, err } = await run(args, { env });
        const said = `${out}${err}`;
        assert.ok(said.includes(`${path}:2: token cannot be what it is: it is a secret`), said);
        assert.match(said, /may only say where it is: \$\{NAME\}, file:PATH, cmd:COMMAND or op:\/\//);
        assert.ok(!said.includes(token));
      }
    }
    for (const text of [`token: "${token}" ${token}`, `token: !${token} x`, `token: [${token}`]) {
      vault.own(`${text}\n`);
      const { status, out, err } = await run(['config'], { env });
      assert.equal(status, 2, err);
      assert.match(err, /signalbox\.yaml:1: /);
      assert.ok(!`${out}${err}`.includes(token), err);
    }
  });

  it('may not be said by a repository at all, which could have it looked up by a command', async (t) => {
    const vault = await openVault(t);
    vault.write('work/signalbox.yaml', 'token: cmd:look\n');
    const { status, err } = await vault.run(['task', 'list'], { env: vault.env });
    assert.equal(status, 2);
    assert.match(err, /signalbox\.yaml:1: token may not be said by a repository.*SIGNALBOX_TOKEN/);
    assert.equal(vault.lookUps(), 0);
  });
});
