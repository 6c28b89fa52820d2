import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client, Progress } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { taskClaim } from '../../src/areas/tasks/operations/claim.ts';
import { taskList } from '../../src/areas/tasks/operations/list.ts';
import { withProgress } from '../../src/surfaces/mcp/progress.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { type Era, connect, eras, resultOf } from './mcp-clients.ts';
import { type Served, serve } from './serving.ts';

const toldSchema = z.object({
  progressToken: z.union([z.string(), z.number()]),
  progress: z.number(),
  total: z.number().optional(),
  message: z.string(),
});

/** A request with a token, and what it is told. */
const request = (progressToken: string | number | undefined, notify?: () => Promise<void>) => {
  const told: z.infer<typeof toldSchema>[] = [];
  const gone = new AbortController();
  const mcpReq: Parameters<typeof withProgress>[0]['mcpReq'] = {
    ...(progressToken !== undefined && { _meta: { progressToken } }),
    signal: gone.signal,
    notify: ({ params }) => {
      told.push(toldSchema.parse(params));
      return notify?.() ?? Promise.resolve();
    },
  };
  return { context: { mcpReq }, told, gone };
};

describe('progress of a call', () => {
  const waits = (clock: ManualClock) => ({ operation: taskClaim, input: { wait_ms: 30_500 }, clock });

  it('is told after a second, then every five, and never after the answer', async () => {
    const clock = new ManualClock();
    const { context, told } = request('p');
    const answer = Promise.withResolvers<string>();
    const call = withProgress(context, waits(clock), () => answer.promise);
    clock.advance(999);
    assert.equal(told.length, 0);
    clock.advance(1);
    const message = 'task_claim has taken 1 s; it waits for 31 s at most';
    assert.deepEqual(told, [{ progressToken: 'p', progress: 1, total: 31, message }]);
    clock.advance(30_000);
    const progress = told.map(({ progress: passed }) => passed);
    assert.deepEqual(progress, [1, 6, 11, 16, 21, 26, 31]);
    clock.advance(5_000);
    assert.deepEqual(told.at(-1)?.total, 36);
    answer.resolve('done');
    assert.equal(await call, 'done');
    clock.advance(60_000);
    assert.equal(told.length, 8);
  });

  it('has no total where the call sets itself no limit', async () => {
    const clock = new ManualClock();
    for (const [operation, input] of [
      [taskList, {}],
      [taskClaim, {}],
      [taskClaim, { wait_ms: -1 }],
    ] as const) {
      const { context, told } = request(7);
      const answer = Promise.withResolvers<void>();
      const call = withProgress(context, { operation, input, clock }, () => answer.promise);
      clock.advance(1_000);
      const message = `${operation.name} has taken 1 s`;
      assert.deepEqual(told, [{ progressToken: 7, progress: 1, message }]);
      answer.resolve();
      await call;
    }
  });

  it('is told to nobody who did not ask, who has cancelled, or who hears no more', async () => {
    const clock = new ManualClock();
    const deaf = request('p', () => Promise.reject(new Error('Not connected')));
    const [silent, cancelled] = [request(undefined), request('p')];
    const answer = Promise.withResolvers<void>();
    const calls = [silent, cancelled, deaf].map(({ context }) =>
      withProgress(context, waits(clock), () => answer.promise),
    );
    cancelled.gone.abort();
    clock.advance(1_000);
    await new Promise(setImmediate);
    clock.advance(60_000);
    assert.deepEqual([silent.told.length, cancelled.told.length, deaf.told.length], [0, 0, 1]);
    answer.resolve();
    await Promise.all(calls);
  });

  it('ends with a call that throws', async () => {
    const clock = new ManualClock();
    const { context, told } = request('p');
    await assert.rejects(
      withProgress(context, waits(clock), () => Promise.reject(new Error('a defect'))),
      /a defect/,
    );
    clock.advance(10_000);
    assert.deepEqual(told, []);
  });
});

const waitingCall = (
  client: Client,
  options: { readonly onprogress?: (progress: Progress) => void; readonly signal?: AbortSignal },
  session: unknown,
) => client.callTool({ name: 'task_claim', arguments: { wait_ms: 50_000, session } }, options);

/** Resolves when this many calls wait in the hub. */
const untilWaiting = async ({ waiting }: Served, count: number): Promise<void> => {
  while ((await waiting()) !== count) await new Promise(setImmediate);
};

const joined = async (
  t: Parameters<typeof connect>[0],
  era: Era,
  over: Parameters<typeof connect>[2]['over'],
) => {
  const served = await serve(t);
  const client = await connect(t, served, { era, over });
  const { session } = await resultOf(client, 'start', { agent: 'ada' });
  return { served, client, session };
};

for (const over of ['over HTTP', 'over stdio', 'of a process'] as const) {
  for (const era of eras) {
    describe(`a call that waits, ${over}, ${era}`, { concurrency: true }, () => {
      it('tells of its progress until it is answered', async (t) => {
        const { served, client, session } = await joined(t, era, over);
        const told: Progress[] = [];
        const heard = Promise.withResolvers<void>();
        const onprogress = (progress: Progress): void => {
          told.push(progress);
          heard.resolve();
        };
        const claimed = waitingCall(client, { onprogress }, session);
        await heard.promise;
        assert.equal(await served.waiting(), 1);
        await resultOf(client, 'task_add', { title: 'One' });
        assert.equal(((await claimed).structuredContent as { id: string }).id, 'T-1');
        const message = 'task_claim has taken 1 s; it waits for 50 s at most';
        assert.deepEqual(told, [{ progress: 1, total: 50, message }]);
        assert.equal(await served.waiting(), 0);
      });

      it('waits no more once it is cancelled', async (t) => {
        const { served, client, session } = await joined(t, era, over);
        const gone = new AbortController();
        const claimed = waitingCall(client, { signal: gone.signal }, session);
        await untilWaiting(served, 1);
        gone.abort('changed my mind');
        await assert.rejects(claimed);
        await untilWaiting(served, 0);
        await resultOf(client, 'task_add', { title: 'One' });
        const { status } = await resultOf(client, 'task_get', { id: 'T-1' });
        assert.equal(status, 'todo');
      });

      // Of a client with a session that is gone nothing is known: it may come back for the answer.
      if (over === 'over HTTP' && era === 'legacy') return;
      it('waits no more once its client has gone', async (t) => {
        const { served, client, session } = await joined(t, era, over);
        const claimed = waitingCall(client, {}, session);
        await untilWaiting(served, 1);
        const rejected = assert.rejects(claimed);
        await client.close();
        await rejected;
        await untilWaiting(served, 0);
      });
    });
  }
}
