/* Two hubs, each a process with a data directory of its own, on one database: what one does, who is at the other sees. */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { newCluster } from '../../src/testing/new-cluster.ts';
import { sharedPostgres, withPostgres } from '../../src/testing/postgres-server.ts';
import { redisEnvironment, testsOnRedis } from '../../src/testing/redis-server.ts';
import { type HubProcess, openSite, startHub } from '../host/processes.ts';
import { EventStream, entryIn } from '../surfaces/event-client.ts';
import { type Era, eras, newClient } from '../surfaces/mcp-clients.ts';
import { errorOf, post } from '../surfaces/serving.ts';

const timeout = 120_000;
const board = 'signalbox://board';

type Environment = () => Promise<Readonly<Record<string, string>>>;

const onPostgres: Environment = async () => ({
  SIGNALBOX_STORE: 'postgres',
  SIGNALBOX_POSTGRES_URL: (await sharedPostgres()).url,
});

const onRedis: Environment = async () => {
  const server = await redisEnvironment();
  ok('environment' in server);
  return { SIGNALBOX_STORE: 'redis', SIGNALBOX_REDIS_URL: server.environment.TEST_REDIS_URL };
};

const twoHubs = async (context: TestContext, environment: Environment) => {
  const env = { ...(await environment()), SIGNALBOX_CLUSTER: newCluster() };
  const hub = async () => startHub(await openSite(context), { env });
  const one = await hub();
  return { one, other: await hub() };
};

const addedSchema = z.looseObject({ tasks: z.array(z.looseObject({ id: z.string() })) });
const listedSchema = z.looseObject({ items: z.array(z.looseObject({ title: z.string() })) });

/** Adds a task; its id, once that is acknowledged. */
const add = async (hub: HubProcess, title: string): Promise<string> => {
  const { status, body } = await post(hub, 'task_add', { body: { tasks: [{ title }] } });
  equal(status, 200, JSON.stringify(body));
  return addedSchema.parse(body).tasks[0]?.id ?? '';
};

const titlesAt = async (hub: HubProcess): Promise<readonly string[]> =>
  listedSchema.parse((await post(hub, 'task_list')).body).items.map(({ title }) => title);

/** Joins as an agent; the headers by which it speaks there from then on. */
const join = async (hub: HubProcess, agent: string): Promise<Record<string, string>> => {
  const headers = { 'signalbox-connection': agent };
  equal((await post(hub, 'start', { body: { agent }, headers })).status, 200);
  return headers;
};

const claim = (hub: HubProcess, headers: Record<string, string>, waitMs: number) =>
  post(hub, 'task_claim', { body: { wait_ms: waitMs }, headers });

/** Resolves once a call waits at the hub. */
const someWaiting = async ({ url }: HubProcess): Promise<void> => {
  for (;;) {
    const page = await (await fetch(`${url}/metrics`)).text();
    if (/^signalbox_waits_open\S* [1-9]/m.test(page)) return;
  }
};

/** Subscribes to the board; what it hears of first comes later. */
const subscribedTo = async (context: TestContext, hub: HubProcess, era: Era) => {
  const client = newClient(era);
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', hub.url)));
  context.after(() => client.close());
  const heard = Promise.withResolvers<string>();
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => heard.resolve(params.uri));
  if (era === 'modern') await client.listen({ resourceSubscriptions: [board] });
  else await client.subscribeResource({ uri: board });
  return { heard: heard.promise };
};

const whatIsSeen = (environment: Environment): void => {
  test('what one has acknowledged is in a list that the other is asked for next', {
    timeout,
  }, async (context) => {
    const { one, other } = await twoHubs(context, environment);
    const titles: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      titles.push(`Round ${round}`);
      const [writer, reader] = round % 2 === 0 ? [one, other] : [other, one];
      await add(writer, `Round ${round}`);
      deepEqual((await titlesAt(reader)).toSorted(), titles);
    }
  });

  test('what one does is on the event stream of the other', { timeout }, async (context) => {
    const { one, other } = await twoHubs(context, environment);
    const stream = await EventStream.open(context, other.url);
    equal((await stream.one()).event, 'snapshot');
    for (const title of ['First', 'Second']) {
      const id = await add(one, title);
      const { type, data } = entryIn(await stream.one());
      deepEqual([type, data['id'], data['title']], ['tasks.added', id, title]);
    }
  });

  for (const era of eras) {
    test(`what one does, who subscribes to a resource of the other hears (${era})`, {
      timeout,
    }, async (context) => {
      const { one, other } = await twoHubs(context, environment);
      const { heard } = await subscribedTo(context, other, era);
      await add(one, 'News');
      equal(await heard, board);
    });
  }
};

const whatEnds = (environment: Environment): void => {
  test('a wait ends with the hub that is killed', { timeout }, async (context) => {
    const { one, other } = await twoHubs(context, environment);
    const waiting = rejects(claim(one, await join(one, 'ada'), 50_000), /fetch failed|terminated/);
    await someWaiting(one);
    await one.crash();
    await waiting;
    await add(other, 'All the same');
    deepEqual(await titlesAt(other), ['All the same']);
  });

  test('a wait has its end when the hub is killed that would have ended it', { timeout }, async (context) => {
    const { one, other } = await twoHubs(context, environment);
    await add(one, 'Held');
    const holder = await join(one, 'ada');
    equal((await claim(one, holder, 0)).status, 200);
    const waiter = await join(other, 'bob');
    const waiting = claim(other, waiter, 3_000);
    await someWaiting(other);
    await one.crash();
    const { body } = await waiting;
    equal(errorOf(body).code, 'nothing_free');
    const next = claim(other, waiter, 50_000);
    await someWaiting(other);
    const id = await add(other, 'Free');
    const claimed = await next;
    equal(claimed.status, 200);
    match(JSON.stringify(claimed.body), new RegExp(`"${id}"`));
  });
};

withPostgres('two hubs on one PostgreSQL see each other', 'any', () => whatIsSeen(onPostgres));
withPostgres('waits at two hubs on one PostgreSQL end', 'any', () => whatEnds(onPostgres));
testsOnRedis('two hubs on one Redis see each other', () => whatIsSeen(onRedis));
testsOnRedis('waits at two hubs on one Redis end', () => whatEnds(onRedis));
