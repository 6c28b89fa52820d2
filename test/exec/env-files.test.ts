/* Settings in env files: for the hub, the MCP server and all calls. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { type Place, envIn, openPlace } from '../cli/program.ts';
import { main, swift } from '../host/processes.ts';

const write = ({ cwd }: Place, name: string, ...lines: readonly string[]): string => {
  writeFileSync(join(cwd, name), `${lines.join('\n')}\n`);
  return join(cwd, name);
};

describe('settings in env files', () => {
  it('hold below flags and the environment, above other files, and of two files the later one', async (t) => {
    const place = await openPlace(t);
    write(place, 'one.env', 'SIGNALBOX_AGENT=ada', 'SIGNALBOX_WORKSPACE=shop');
    write(place, 'two.env', 'SIGNALBOX_AGENT=cmd:echo grace');
    writeFileSync(join(place.cwd, 'signalbox.yaml'), 'agent: eve\n');
    const both = ['--env-file', 'one.env', '--env-file', 'two.env'];
    const agentOf = async (args: readonly string[], env = {}): Promise<string> =>
      /"agent":"(\w+)"/.exec(JSON.stringify(await place.json(['start', ...args], { env })))?.[1] ?? '';
    assert.equal((await place.run(['workspace', 'add', 'shop'])).status, 0);
    assert.equal(await agentOf([]), 'eve');
    assert.equal(await agentOf(both), 'grace');
    assert.equal(await agentOf(both, { SIGNALBOX_AGENT: 'bob' }), 'bob');
    assert.equal(await agentOf([...both, '--agent', 'kim']), 'kim');
    const status = JSON.stringify(await place.json(['call', ...both, 'status', '{}']));
    assert.match(status, /"workspace":"shop"/);
  });

  it('are all that is taken from them, and all that is looked up', async (t) => {
    const place = await openPlace(t);
    write(
      place,
      'a.env',
      'TOKEN=cmd:touch was-run',
      'SIGNALBOX_AGENT=cmd:touch was-run',
      'SIGNALBOX_AGENTS=1',
    );
    const env = { SIGNALBOX_AGENT: 'bob' };
    const run = ['run', '--lock', 'a', '--env-file', 'a.env', '--', process.execPath, '-p'];
    const { status, out, err } = await place.run([...run, 'process.env.TOKEN'], { env });
    assert.deepEqual([status, out], [0, 'undefined\n'], err);
    assert.match(err, /SIGNALBOX_AGENTS is no setting/);
    assert(!existsSync(join(place.cwd, 'was-run')));
  });
});

describe('settings in env files, for the commands of the program itself', () => {
  it('are shown by config and examined by doctor, below the environment', async (t) => {
    const place = await openPlace(t);
    const file = write(place, 'a.env', 'SIGNALBOX_WORKSPACE=shop', 'SIGNALBOX_DATA_DIR=board');
    const shown = async (env = {}): Promise<string> =>
      (await place.run(['config', '--env-file', 'a.env'], { env })).out;
    assert.match(await shown(), new RegExp(`^workspace +shop +${file}:1$`, 'm'));
    assert.match(await shown({ SIGNALBOX_WORKSPACE: 'main' }), /^workspace +main +SIGNALBOX_WORKSPACE$/m);
    const examined = await place.run(['doctor', '--env-file', 'a.env']);
    assert(examined.out.includes('/board'), examined.out);
  });

  it('lead login and connect to the hub', async (t) => {
    const place = await openPlace(t);
    write(place, 'url.env', 'SIGNALBOX_URL=http://127.0.0.1:1');
    const login = await place.run(['login', '--env-file', 'url.env']);
    assert.match(login.err, /127\.0\.0\.1:1/);
    write(place, 'a.env', 'SIGNALBOX_DATA_DIR=board');
    const words = ['connect', 'codex', '--project', '--yes', '--env-file', 'a.env'];
    const { out, err } = await place.run(words);
    assert.match(out + err, /"--data-dir", "[^"]*\/board"/);
  });
});

describe('what an env file says of a setting', () => {
  it('is told with its place when it cannot be, and without what was looked up', async (t) => {
    const place = await openPlace(t);
    for (const [line, words] of [
      ['SIGNALBOX_PORT=x1', /a\.env:1 cannot be "x1": it is no port/],
      [
        'SIGNALBOX_PORT=cmd:echo hunter2',
        /a\.env:1: what was looked up for SIGNALBOX_PORT cannot be its value/,
      ],
      ['SIGNALBOX_PORT=${NOWHERE}', /a\.env:1: SIGNALBOX_PORT: the environment has no NOWHERE/],
    ] as const) {
      write(place, 'a.env', line);
      const { status, err } = await place.run(['serve', '--env-file', 'a.env']);
      assert([2, 3].includes(status ?? 0), err);
      assert.match(err, words);
      assert.doesNotMatch(err, /hunter2/);
    }
  });

  it('leads a hub and an MCP server to their data', async (t) => {
    const place = await openPlace(t);
    const file = write(place, 'hub.env', 'SIGNALBOX_PORT=0', 'SIGNALBOX_DATA_DIR=board');
    const said = await place.start(['--env-file', 'hub.env']).says('Ctrl-C');
    assert(said.includes(`data in ~${place.cwd.slice(place.home.length)}/board`), said);
    assert.match(said, /task add "Say hello to the other agents" --data-dir \S+\/board --workspace main$/m);
    const client = new Client({ name: 'Test Client', version: '1' });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [...swift, '--', main, 'mcp', '--env-file', file],
        cwd: place.cwd,
        env: envIn(place.home),
      }),
    );
    place.onEnd(() => client.close());
    await client.callTool({ name: 'task_add', arguments: { title: 'From the client' } });
    const listed = await place.json(['task', 'list', '--data-dir', 'board']);
    assert.match(JSON.stringify(listed), /From the client/);
  });
});
