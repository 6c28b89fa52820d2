/* Streams of `subscriptions/listen` and of sessions: what they tell, to whom, and how many there may be. */
import assert from 'node:assert/strict';
import { type TestContext, describe, it } from 'node:test';
import { ok } from '../../src/kernel/errors.ts';
import { type EventStream, type Message, RawMcp, begin, initialize, modern, request } from './raw-mcp.ts';
import { type Served, type Wrap, post, serve } from './serving.ts';

const board = 'signalbox://board';

const inWorkspace = (workspace: string) => ({ 'signalbox-workspace': workspace });

const serveTwo = async (context: TestContext): Promise<Served> => {
  const served = await serve(context);
  for (const name of ['north', 'south']) await post(served, 'workspace_add', { body: { name } });
  return served;
};

const addTask = async (served: Served, workspace: string): Promise<void> => {
  const { status } = await post(served, 'task_add', {
    body: { title: 'x' },
    headers: inWorkspace(workspace),
  });
  assert.equal(status, 200);
};

/** A stream that has been told what it will hear. */
const listen = async (
  client: RawMcp,
  notifications: object = { resourceSubscriptions: [board] },
): Promise<EventStream> => {
  const { body, headers } = modern(7, 'subscriptions/listen', { notifications });
  const stream = await client.postStream(body, headers);
  const acknowledged = await stream.message();
  assert.equal(acknowledged.method, 'notifications/subscriptions/acknowledged');
  assert.deepEqual(acknowledged.params?.['notifications'], notifications);
  return stream;
};

const subscribed = async (
  context: TestContext,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<EventStream> => {
  const { client } = await begin(context, url, headers);
  const stream = await client.get();
  const { status } = await client.post(request(1, 'resources/subscribe', { uri: board }));
  assert.equal(status, 200);
  return stream;
};

const isUpdate = ({ method, params }: Message): boolean =>
  method === 'notifications/resources/updated' && params?.['uri'] === board;

const untilUpdate = async (stream: EventStream): Promise<void> => {
  while (!isUpdate(await stream.message())) continue;
};

/** What is still told before the server ends the stream. */
const restOf = async (stream: EventStream): Promise<readonly Message[]> => {
  const messages: Message[] = [];
  for (let event = await stream.next(); event !== undefined; event = await stream.next()) {
    if (event.message !== undefined) messages.push(event.message);
  }
  return messages;
};

describe('a stream', () => {
  it('acknowledges what it will tell, and tells it under the id of its request', async (t) => {
    const served = await serve(t);
    const stream = await listen(new RawMcp(t, `${served.url}/mcp`));
    await addTask(served, 'main');
    const { method, params } = await stream.message();
    assert.equal(method, 'notifications/resources/updated');
    assert.deepEqual(params, { uri: board, _meta: { 'io.modelcontextprotocol/subscriptionId': 7 } });
  });

  it('of one workspace hears nothing of another, in either era and in any mode', async (t) => {
    const served = await serveTwo(t);
    const base = `${served.url}/mcp`;
    const streamsOf = async (workspace: string): Promise<readonly EventStream[]> => [
      await listen(new RawMcp(t, base, inWorkspace(workspace))),
      await listen(new RawMcp(t, `${base}/full`, inWorkspace(workspace))),
      await subscribed(t, base, inWorkspace(workspace)),
    ];
    const [north, south] = [await streamsOf('north'), await streamsOf('south')];
    await addTask(served, 'north');
    for (const stream of north) await untilUpdate(stream);
    await addTask(served, 'south');
    for (const stream of south) await untilUpdate(stream);
    await served.surface.close();
    for (const stream of [...north, ...south]) assert.deepEqual((await restOf(stream)).filter(isUpdate), []);
  });

  it('tells that there are other tools when the default mode changes, unless its address names a mode', async (t) => {
    const served = await serve(t);
    const base = `${served.url}/mcp`;
    const streamsAt = async (url: string): Promise<readonly EventStream[]> => [
      await listen(new RawMcp(t, url), { toolsListChanged: true }),
      await subscribed(t, url, {}),
    ];
    const [open, fixed] = [await streamsAt(base), await streamsAt(`${base}/full`)];
    await post(served, 'mode_set', { body: { mode: 'minimal' } });
    for (const stream of open) {
      assert.equal((await stream.message()).method, 'notifications/tools/list_changed');
    }
    await served.surface.close();
    for (const stream of fixed) {
      assert.deepEqual(
        (await restOf(stream)).filter(({ method }) => method !== undefined),
        [],
      );
    }
  });

  it('is ended with a last answer when the hub stops', async (t) => {
    const served = await serve(t);
    const stream = await listen(new RawMcp(t, `${served.url}/mcp`));
    await served.surface.close();
    const last = await stream.message();
    assert.deepEqual([last.id, last.result?.['resultType']], [7, 'complete']);
    assert.equal(await stream.next(), undefined);
  });
});

describe('a stream that is asked for', () => {
  it('is refused for a workspace that there is not, and says which there are', async (t) => {
    const served = await serve(t);
    const { body, headers } = modern(7, 'subscriptions/listen', {
      notifications: { toolsListChanged: true },
    });
    const client = new RawMcp(t, `${served.url}/mcp`, inWorkspace('nowhere'));
    const { status, messages } = await client.post(body, headers);
    assert.equal(status, 200);
    assert.equal(messages[0]?.id, 7);
    assert.match(messages[0]?.error?.message ?? '', /no workspace "nowhere".*workspace_list/);
  });

  it('is refused when it would be one too many', async (t) => {
    const served = await serve(t, undefined, { limits: { listenStreamsPerPrincipalMax: 2 } });
    const client = new RawMcp(t, `${served.url}/mcp`);
    const open = [await listen(client), await listen(client)];
    const { body, headers } = modern(8, 'subscriptions/listen', {
      notifications: { toolsListChanged: true },
    });
    const ask = () => client.post(body, headers);
    const refused = await ask();
    assert.equal(refused.status, 200);
    assert.equal(refused.messages[0]?.id, 8);
    assert.equal(refused.messages[0]?.error?.code, 1036);
    assert.match(refused.messages[0]?.error?.message ?? '', /2 streams of yours are open.*Close one/);
    assert.equal(open.length, 2);
  });

  it('counts, and has the hub watched, only as long as somebody listens', async (t) => {
    let watching = 0;
    const ended = Promise.withResolvers<void>();
    const watch: Wrap = (hub) => ({
      changes: async (workspace, listener) => {
        const watched = await hub.changes(workspace, listener);
        if (!watched.ok) return watched;
        watching += 1;
        const end = (): void => {
          watched.value();
          watching -= 1;
          ended.resolve();
        };
        return ok(end);
      },
    });
    const served = await serve(t, watch, { limits: { listenStreamsPerPrincipalMax: 2 } });
    const client = new RawMcp(t, `${served.url}/mcp`);
    const [first, second] = [await listen(client), await listen(client)];
    assert.equal(watching, 1);
    await first.cut();
    await second.cut();
    await ended.promise;
    assert.equal(watching, 0);
    const again = [await listen(client), await listen(client)];
    assert.deepEqual([again.length, watching], [2, 1]);
  });
});

describe('what one handler serves', () => {
  it('is one workspace in one mode, and there is room for a limited number', async (t) => {
    const served = await serve(t, undefined, { limits: { handlersMax: 2 } });
    const client = new RawMcp(t, `${served.url}/mcp`);
    const { body, headers } = modern(1, 'server/discover');
    for (const workspace of ['a', 'b', 'c', 'a']) {
      assert.equal((await client.post(body, { ...headers, ...inWorkspace(workspace) })).status, 200);
    }
    const open = [await listen(client), await listen(new RawMcp(t, `${served.url}/mcp/full`))];
    const refused = await client.post(body, { ...headers, ...inWorkspace('a') });
    assert.deepEqual([open.length, refused.status, refused.messages[0]?.error?.code], [2, 503, 1036]);
  });

  it('refuses everything once the hub stops', async (t) => {
    const served = await serve(t);
    const client = new RawMcp(t, `${served.url}/mcp`);
    await served.mcp.close();
    const { body, headers } = modern(1, 'server/discover');
    for (const answer of [await client.post(body, headers), await client.post(request(1, 'ping'))]) {
      assert.deepEqual([answer.status, answer.messages[0]?.error?.code], [503, 1037]);
    }
  });
});

const toolsAt = async (context: TestContext, url: string): Promise<readonly (readonly string[])[]> => {
  const { body, headers } = modern(1, 'tools/list');
  const { client } = await begin(context, url);
  const answers = [
    await new RawMcp(context, url).post(body, headers),
    await client.post(request(1, 'tools/list')),
  ];
  return answers.map(({ messages: [message] }) => {
    assert(message?.result !== undefined);
    const { tools } = message.result as { tools: { name: string }[] };
    return tools.map(({ name }) => name);
  });
};

describe('an address of MCP', () => {
  it('may name a mode, which decides what is listed in either era', async (t) => {
    const { url, catalogue } = await serve(t);
    const entry = ['start', 'tool_search', 'tool_call'];
    assert.deepEqual(await toolsAt(t, `${url}/mcp/minimal`), [entry, entry]);
    const [all, same] = await toolsAt(t, `${url}/mcp/Full?x=1`);
    assert.deepEqual(all, same);
    assert.equal(all?.length, catalogue.operations.length + 1);
    const [some] = await toolsAt(t, `${url}/mcp/tasks,agents`);
    assert.deepEqual(await toolsAt(t, `${url}/mcp/agents,tasks`), [some, some]);
  });

  it('is refused when there is no such mode, with those that there are', async (t) => {
    const { url } = await serve(t);
    const { body, headers } = modern(1, 'server/discover');
    const client = new RawMcp(t, `${url}/mcp/everything`);
    for (const answer of [await client.post(body, headers), await client.post(initialize('2025-06-18'))]) {
      assert.deepEqual([answer.status, answer.messages[0]?.error?.code], [400, -32602]);
      assert.match(answer.messages[0]?.error?.message ?? '', /no mode "everything".*minimal, standard, full/);
    }
    for (const path of ['/mcp//', '/mcp/a/b', `/mcp/${'a'.repeat(201)}`]) {
      const { status, messages } = await new RawMcp(t, `${url}${path}`).post(body, headers);
      assert.deepEqual([status, messages[0]?.error?.code], [404, 1006], path);
    }
    const put = await fetch(`${url}/mcp/full`, { method: 'PUT' });
    assert.deepEqual([put.status, put.headers.get('allow')], [405, 'GET, POST, DELETE']);
  });
});
