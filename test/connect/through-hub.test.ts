/* A client that was connected, and a hub that asks who calls: its agents are agents, with a token of their own. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { z } from 'zod';
import { envIn } from '../cli/program.ts';
import { type Ground, openGround } from '../workspaces/repositories.ts';

const server = z.object({
  command: z.string(),
  args: z.array(z.string()),
  env: z.object({ SIGNALBOX_TOKEN: z.string() }),
});
type Server = z.infer<typeof server>;
const whole = z.object({ mcpServers: z.object({ signalbox: server }) });

interface Connected {
  readonly ground: Ground;
  readonly url: string;
  /** What the client starts. */
  readonly server: Server;
}

/** A hub, a repository that has no workspace yet, and Claude Code connected. */
const openConnected = async (context: TestContext): Promise<Connected> => {
  const ground = await openGround(context);
  ground.repository('shop');
  const hub = ground.start(['serve', '--port', '0']);
  const [url = ''] = /http:\S+/.exec(await hub.says('ready on')) ?? [];
  const { status, err } = await ground.person(['connect', 'claude'], { cwd: ground.at('shop') });
  assert.equal(status, 0, err);
  const { mcpServers } = whole.parse(JSON.parse(readFileSync(ground.at('.claude.json'), 'utf8')));
  return { ground, url, server: mcpServers.signalbox };
};

/** Starts it as the client does. */
const started = async (
  { ground, server: { command, args, env } }: Connected,
  folder: string,
  more: readonly string[] = [],
): Promise<Client> => {
  const client = new Client({ name: 'Test Client', version: '1' });
  await client.connect(
    new StdioClientTransport({
      command,
      args: [...args, '--mode', 'full', ...more],
      cwd: ground.at(folder),
      env: { ...envIn(ground.home), ...env },
    }),
  );
  ground.onEnd(() => client.close());
  return client;
};

const call = async (client: Client, name: string, input: Record<string, unknown> = {}) => {
  const { structuredContent, content, isError } = await client.callTool({ name, arguments: input });
  return { value: structuredContent, text: JSON.stringify(content), isError };
};

const tokens = z.object({ items: z.array(z.object({ id: z.string(), label: z.string().optional() })) });

const clientToken = async (ground: Ground): Promise<string | undefined> =>
  tokens
    .parse(JSON.parse((await ground.person(['token', 'list', '--json'])).out))
    .items.find(({ label }) => label === 'claude')?.id;

describe('the token of a client that was connected', () => {
  it('is that of its agents at the hub, in a repository that had no workspace as well', async (t) => {
    const connected = await openConnected(t);
    const { ground } = connected;
    const id = await clientToken(ground);
    assert(id !== undefined);
    const client = await started(connected, 'shop');
    const { value } = await call(client, 'auth_status');
    assert.deepEqual(value, {
      principal: 'owner',
      asks: true,
      kind: 'agent',
      role: 'worker',
      workspaces: ['*'],
      categories: ['*'],
      token: id,
      label: 'claude',
    });
    assert.match((await call(client, 'task_add', { title: 'x' })).text, /T-1/);
    assert.match((await call(client, 'status')).text, /shop/);
    assert.match((await call(client, 'token_create')).text, /needs a person/);
    const undone = await ground.run(['connect', 'claude', '--undo', '--yes'], { cwd: ground.at('shop') });
    assert.deepEqual([undone.status, undone.err], [0, '']);
    const refused = await call(client, 'task_list');
    assert.deepEqual([refused.isError, /was revoked/.test(refused.text)], [true, true], refused.text);
  });

  it('works in workspaces that are there of a hub whose address was given', async (t) => {
    const connected = await openConnected(t);
    const client = await started(connected, 'work', ['--url', connected.url]);
    assert.match((await call(client, 'task_add', { title: 'x' })).text, /T-1/);
    const elsewhere = await started(connected, 'shop', ['--url', connected.url]);
    assert.match((await call(elsewhere, 'task_list')).text, /workspace_add needs the role admin/);
    const added = await connected.ground.run(['task', 'add', 'y'], { cwd: connected.ground.at('shop') });
    assert.equal(added.status, 0, added.err);
    const again = await started(connected, 'shop', ['--url', connected.url]);
    assert.match((await call(again, 'task_list')).text, /y/);
  });
});
