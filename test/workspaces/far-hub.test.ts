/* A hub that was started elsewhere, and processes in repositories that use it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { z } from 'zod';
import { envIn } from '../cli/program.ts';
import { main, swift } from '../host/processes.ts';
import { type Ground, openGround } from './repositories.ts';

const origin = 'git@git.example:web/shop.git';

const answerSchema = z.looseObject({ workspace: z.string() });

/** An MCP client whose server was started in a folder. */
const clientIn = async (ground: Ground, folder: string) => {
  const client = new Client({ name: 'Test Client', version: '1' });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  client.onclose = resolve;
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [...swift, main, 'mcp'],
      cwd: ground.at(folder),
      env: envIn(ground.home),
      stderr: 'ignore',
    }),
  );
  ground.onEnd(async () => {
    // The process keeps journals in the home; closing gives up waiting for its end after a while, the event does not.
    await client.close();
    await closed;
  });
  const workspace = async (): Promise<string> => {
    const { structuredContent } = await client.callTool({ name: 'tool_call', arguments: { name: 'status' } });
    return answerSchema.parse(structuredContent).workspace;
  };
  return { client, workspace };
};

const hubIn = async (ground: Ground, folder: string) => {
  const hub = ground.start(['serve', '--port', '0', '--insecure-no-auth'], { cwd: ground.at(folder) });
  const said = await hub.says('Ctrl-C');
  const [, url = '', workspace = ''] = /ready on (\S+) \(workspace "([^"]+)"/.exec(said) ?? [];
  return { hub, url, workspace };
};

describe('signalbox mcp in a repository', () => {
  it('works on the workspace of the repository, also when the hub has another one and when it is gone', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.clone('shop', 'second', origin);
    const { hub, workspace } = await hubIn(ground, 'work');
    assert.equal(workspace, 'main');
    const agents = [await clientIn(ground, 'shop'), await clientIn(ground, 'second')];
    for (const agent of agents) assert.equal(await agent.workspace(), 'shop');
    assert.deepEqual([ground.remembered('shop'), ground.remembered('second')], ['shop', 'shop']);
    hub.kill('SIGKILL');
    await hub.ended;
    for (const agent of agents) assert.equal(await agent.workspace(), 'shop');
  });

  it('works without a hub on the same workspace', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.git('shop', 'worktree', 'add', '--quiet', ground.at('tree'));
    for (const folder of ['tree', 'shop'])
      assert.equal(await (await clientIn(ground, folder)).workspace(), 'shop', folder);
    assert.equal(await (await clientIn(ground, 'work')).workspace(), 'main');
  });
});

describe('a hub that is started in a repository', () => {
  it('has the workspace of that for calls that name none', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    const { url, workspace } = await hubIn(ground, 'shop');
    assert.equal(workspace, 'shop');
    const answer = await fetch(`${url}/v1/operations/status`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    });
    assert.equal(answerSchema.parse(await answer.json()).workspace, 'shop');
  });
});

describe('a hub that is named by its address', () => {
  it('finds the workspace of a repository for whoever has a clone of it', async (t) => {
    const [here, there] = [await openGround(t), await openGround(t)];
    const { url } = await hubIn(there, 'work');
    const env = { SIGNALBOX_URL: url };
    there.repository('shop', origin);
    here.git('', 'clone', '--quiet', there.at('shop'), here.at('mine'));
    here.git('mine', 'remote', 'set-url', 'origin', 'https://git.example/web/shop');
    assert.equal((await there.arrive('shop')).workspace, 'shop');
    const shown = await here.arrive('mine', { env });
    assert.deepEqual([shown.workspace, shown.hub, shown.origin], ['shop', url, 'git.example/web/shop']);
    const unknown = await here.run(['task', 'list', '--workspace', 'shops'], { env });
    assert.equal(unknown.status, 3);
    assert.match(unknown.err, /Did you mean "shop"/);
  });
});
