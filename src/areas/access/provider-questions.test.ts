import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type LookupFunction, type Socket, createServer } from 'node:net';
import { type TestContext, describe, it } from 'node:test';
import { askProvider } from '../../host/access/oauth/ask-provider.ts';
import { IssuerMetadata } from '../../host/access/oauth/issuer-metadata.ts';
import { QuestionBudget } from '../../host/access/oauth/question-budget.ts';
import { ManualClock } from '../../testing/manual-clock.ts';

describe('an identity provider that changes the protocol', () => {
  /** Answers each request with this, and leaves the connection open. */
  const serveRaw = async (context: TestContext, answer: () => string): Promise<string> => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      socket.on('data', () => socket.write(answer()));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    context.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    assert(typeof address === 'object' && address !== null);
    return `http://127.0.0.1:${address.port}`;
  };
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n';
  const answerOf = (text: string): string =>
    `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;

  it('AC41 has not answered, and is asked again', { timeout: 20_000 }, async (t) => {
    let answer = switching;
    const issuer = await serveRaw(t, () => answer);
    const clock = new ManualClock();
    const ask = askProvider({ issuer, timeoutMs: 5_000, answerBytesMax: 10_000 });
    const metadata = new IssuerMetadata(issuer, ask, clock);
    const first = await metadata.get();
    assert(!first.ok);
    assert.match(first.message, /did not answer \(it changes the protocol\)/);
    answer = answerOf(JSON.stringify({ issuer }));
    clock.advance(5_000);
    assert.deepEqual(await metadata.get(), { ok: true, value: { issuer } });
  });

  it('AC41 keeps nobody waiting beyond the time that an answer may take', { timeout: 20_000 }, async (t) => {
    const never: LookupFunction = () => {};
    for (const lookup of [undefined, never]) {
      const issuer = await serveRaw(t, () => 'HTTP/1.1 100 Continue\r\n\r\n');
      const named = lookup === undefined ? issuer : 'http://localhost:1';
      const ask = askProvider({
        issuer: named,
        timeoutMs: 50,
        answerBytesMax: 10_000,
        ...(lookup && { lookup }),
      });
      const answer = await ask(`${named}/x`);
      assert.match(answer.ok ? '' : answer.message, /did not answer/);
    }
  });
});

describe('questions about tokens not seen before', () => {
  const open = () => {
    const clock = new ManualClock();
    const budget = new QuestionBudget(clock.monotonic);
    /** How many of a hundred may be asked. */
    const taken = (hasFailed: boolean, isAnswered: boolean): number => {
      let count = 0;
      for (let n = 0; n < 100; n += 1) {
        if (!budget.take(hasFailed)) continue;
        count += 1;
        if (isAnswered) budget.answered();
      }
      return count;
    };
    return { clock, budget, taken };
  };

  it('AC41 are twenty in a second at most, and of networks that guess half as many', () => {
    const { clock, taken } = open();
    assert.deepEqual([taken(true, true), taken(false, true), taken(false, true)], [10, 10, 0]);
    clock.advance(500);
    assert.deepEqual([taken(true, true), taken(false, true)], [0, 10], 'what is left to others comes first');
    clock.advance(60_000);
    assert.deepEqual([taken(false, true), taken(true, true)], [20, 0]);
  });

  it('AC41 are twenty at once at most, and of networks that guess half as many', () => {
    const { clock, budget, taken } = open();
    assert.equal(taken(true, false), 10);
    clock.advance(1_000);
    assert.deepEqual([taken(true, false), taken(false, false)], [0, 10]);
    clock.advance(1_000);
    assert.equal(budget.take(false), false);
    budget.answered();
    assert.deepEqual([budget.take(false), budget.take(false)], [true, false]);
  });
});
