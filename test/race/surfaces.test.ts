import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { type Site, openSite, startHub, stdioClient } from '../host/processes.ts';
import { errorOf, post } from '../surfaces/serving.ts';
import { claimsOf, linesOf } from './journal-check.ts';

const tasks = 300;
const tasksPerAdd = 100;

type Input = Readonly<Record<string, unknown>>;

/** Calls an operation; its value, or the code of the refusal. */
type Ask = (operation: string, input: Input) => Promise<Input | string>;

const valueSchema = z.record(z.string(), z.unknown());

const valueOf = (answer: Input | string): Input => {
  assert(typeof answer !== 'string', `refused: ${JSON.stringify(answer)}`);
  return answer;
};

/** Programs: the session goes into a header. */
const overHttp =
  (url: string, session?: string): Ask =>
  async (operation, input) => {
    const headers = session === undefined ? {} : { 'Signalbox-Session': session };
    const { status, body } = await post({ url }, operation, { body: input, headers });
    return status === 200 ? valueSchema.parse(body) : errorOf(body).code;
  };

/** MCP clients: the session is an argument, or the process behind the client stands for it. */
const overMcp =
  (client: Client, session?: string): Ask =>
  async (operation, input) => {
    const args = session === undefined ? input : { ...input, session };
    const { isError, structuredContent, content } = await client.callTool({
      name: operation,
      arguments: args,
    });
    if (!isError) return valueSchema.parse(structuredContent);
    const [block] = content;
    const text = block?.type === 'text' ? block.text : '';
    return /\[(\w+)\]$/.exec(text)?.[1] ?? text;
  };

const sessionOf = async (ask: Ask, agent: string): Promise<string> =>
  String(valueOf(await ask('start', { agent }))['session']);

const mcpClient = async ({ onEnd }: Site, url: string): Promise<Client> => {
  const client = new Client({ name: 'racer', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url)));
  onEnd(() => client.close());
  return client;
};

const numbers = [1, 2, 3];

/** Three of each kind, started and ready to claim. */
const gather = async (site: Site): Promise<{ readonly url: string; readonly racers: Map<string, Ask> }> => {
  const racers = new Map<string, Ask>();
  const stdio = async (agent: string): Promise<void> => {
    const ask = overMcp(await stdioClient(site));
    await sessionOf(ask, agent);
    racers.set(agent, ask);
  };
  // What starts before there is a hub opens the journal itself, and goes on so.
  await Promise.all(numbers.map((n) => stdio(`journal-${n}`)));
  const { url } = await startHub(site);
  await Promise.all(
    numbers.map(async (n) => {
      await stdio(`stdio-${n}`);
      racers.set(`http-${n}`, overHttp(url, await sessionOf(overHttp(url), `http-${n}`)));
      const client = await mcpClient(site, url);
      racers.set(`mcp-${n}`, overMcp(client, await sessionOf(overMcp(client), `mcp-${n}`)));
    }),
  );
  return { url, racers };
};

it(`12 clients over HTTP, MCP over HTTP and MCP over stdio claim ${tasks} tasks at once: each once`, async (t) => {
  const site = await openSite(t);
  const { url, racers } = await gather(site);
  for (let added = 0; added < tasks; added += tasksPerAdd) {
    const batch = Array.from({ length: tasksPerAdd }, (_, i) => ({ title: `Task ${added + i}` }));
    valueOf(await overHttp(url)('task_add', { tasks: batch }));
  }
  const told: { readonly task: string; readonly agent: string; readonly epoch: number }[] = [];
  /** Claims and finishes one task; false when nothing is free. */
  const work = async (agent: string, ask: Ask): Promise<boolean> => {
    const claimed = await ask('task_claim', {});
    if (claimed === 'nothing_free') return false;
    const { id, epoch } = valueOf(claimed);
    told.push({ task: String(id), agent, epoch: Number(epoch) });
    valueOf(await ask('task_done', { id, epoch }));
    return true;
  };
  const all = [...racers];
  assert.equal(all.length, 12);
  const first = await Promise.all(all.map(([agent, ask]) => work(agent, ask)));
  assert.ok(first.every(Boolean), 'each of them can claim');
  await Promise.all(
    all.map(async ([agent, ask]) => {
      while (await work(agent, ask));
    }),
  );
  const claims = claimsOf(linesOf(join(site.dataDir, 'workspaces', 'main.journal')));
  assert.equal(claims.length, tasks);
  assert.equal(new Set(claims.map(({ task }) => task)).size, tasks);
  assert.deepEqual(
    told.toSorted((a, b) => a.epoch - b.epoch),
    claims,
  );
});
