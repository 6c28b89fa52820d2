import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type AgentLine, HubLine, McpProcess } from '../agent-lines.ts';
import { startFloor, startHub, startLoad } from '../children.ts';
import { requestText } from '../load.ts';
import { type Row, against, bounded, figure } from '../rows.ts';
import { syncP50 } from '../sync-floor.ts';

const waitMs = 20_000;
const processes = 20;
const agentsPerProcess = 5;
const clients = 100;
const messages = 2_000;
const sentPerSecond = 100;
/** The large run. */
const crowd = 1_000;
const senders = 32;
const perSecond = 3_000;
const runMs = 60_000;

/** From sending a message to the moment when the agent that waits for it has it. */
export const deliveryCases = async (): Promise<readonly Row[]> => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-delivery-'));
  try {
    return [
      ...(await throughPipes(join(dir, 'pipes'))),
      ...(await throughHub(join(dir, 'hub'))),
      ...(await inCrowd(join(dir, 'crowd'))),
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
};

const throughPipes = async (dataDir: string): Promise<readonly Row[]> => {
  const pipes = Array.from({ length: processes }, () => new McpProcess(['--data-dir', dataDir]));
  const sender = new McpProcess(['--data-dir', dataDir]);
  await startAgent(sender.line(), 'sender');
  const lines: AgentLine[] = [];
  for (const pipe of pipes) {
    for (let i = 0; i < agentsPerProcess; i += 1)
      lines.push(pipe.line(await startAgent(pipe.line(), nameOf(lines.length))));
  }
  const post = new Post(lines);
  await sendFrom(sender.line(), post);
  const rows = post.rows(`${lines.length} agents in ${processes} stdio processes on one journal`);
  post.end();
  await Promise.all([...pipes, sender].map((pipe) => pipe.stop()));
  return rows;
};

const throughHub = async (dataDir: string): Promise<readonly Row[]> => {
  const hub = await startHub(dataDir);
  const { lines, close } = await crowdOf(hub.port, clients);
  const sender = await senderTo(hub.port);
  const post = new Post(lines);
  await sendFrom(sender, post);
  const rows = post.rows(`${clients} clients of one hub`);
  post.end();
  sender.close();
  close();
  await hub.stop();
  return rows;
};

/** A thousand agents wait, and three thousand messages a second are sent for a minute. */
const inCrowd = async (dataDir: string): Promise<readonly Row[]> => {
  const echo = await startFloor('echo');
  const generator = startLoad();
  const floor = await generator.run({
    port: echo.port,
    connections: 1,
    durationMs: 1_500,
    requests: [requestText('/', '{}')],
    repeat: true,
  });
  const floorUs = floor.p50Us + syncP50(`${dataDir}.sync`);
  await Promise.all([generator.stop(), echo.stop()]);
  const hub = await startHub(dataDir);
  const { lines, close } = await crowdOf(hub.port, crowd);
  const callers = await Promise.all(Array.from({ length: senders }, () => senderTo(hub.port)));
  const post = new Post(lines);
  const began = performance.now();
  const due = pace(perSecond);
  await Promise.all(
    callers.map(async (caller) => {
      for (let n = await due(); n < (perSecond * runMs) / 1_000; n = await due()) await post.send(caller, n);
    }),
  );
  const rate = post.sent / ((performance.now() - began) / 1_000);
  await post.arrived();
  const what = `${crowd} agents on one hub`;
  const rows = [
    bounded(`durable messages sent a second, ${what}, ${runMs / 1_000} s`, [rate, '/s'], {
      atLeast: perSecond * 0.99,
    }),
    ...post.rows(what),
    against(`message delivered, p50, ${what}, to E + F`, [post.at(0.5) * 1_000, 'us'], {
      floor: floorUs,
      target: { atMost: 1_000 },
    }),
  ];
  post.end();
  for (const caller of callers) caller.close();
  close();
  await hub.stop();
  return rows;
};

const sendFrom = async (line: AgentLine, post: Post): Promise<void> => {
  const due = pace(sentPerSecond);
  for (let n = await due(); n < messages; n = await due()) await post.send(line, n);
  await post.arrived();
};

const nameOf = (index: number): string => `agent-${index}`;

const startAgent = async (line: AgentLine, agent: string): Promise<string> => {
  const { session } = await line.call('start', { agent });
  return String(session);
};

const senderTo = async (port: number): Promise<HubLine> => {
  const first = await HubLine.open(port);
  const session = await startAgent(first, 'sender');
  first.close();
  return HubLine.open(port, session);
};

const crowdOf = async (
  port: number,
  count: number,
): Promise<{ readonly lines: readonly AgentLine[]; readonly close: () => void }> => {
  const first = await HubLine.open(port);
  const lines: HubLine[] = [];
  for (let i = 0; i < count; i += 1) lines.push(await HubLine.open(port, await startAgent(first, nameOf(i))));
  first.close();
  return {
    lines,
    close: () => {
      for (const line of lines) line.close();
    },
  };
};

/** Gives out the numbers from 0, `rate` of them a second by the clock. */
const pace = (rate: number): (() => Promise<number>) => {
  const began = performance.now();
  let given = 0;
  return async () => {
    const n = given;
    given += 1;
    for (;;) {
      const earlyMs = (n * 1_000) / rate - (performance.now() - began);
      if (earlyMs <= 0) return n;
      await new Promise((resolve) => void setTimeout(resolve, earlyMs));
    }
  };
};

const waitedSchema = z.object({
  cursor: z.string(),
  messages: z.array(z.object({ id: z.string() })),
});

/** Agents that wait all the time, and what reaches them. */
class Post {
  readonly #agents: number;
  readonly #sentAt = new Map<string, number>();
  readonly #arrivedAt = new Map<string, number>();
  #twice = 0;
  #ended = false;

  constructor(lines: readonly AgentLine[]) {
    this.#agents = lines.length;
    for (const line of lines) void this.#wait(line);
  }

  get sent(): number {
    return this.#sentAt.size;
  }

  /** One message, to each agent in turn. */
  async send(line: AgentLine, n: number): Promise<void> {
    const began = performance.now();
    const { id } = await line.call('message_send', {
      to: nameOf(n % this.#agents),
      text: `Message ${n}: the interface of the parser has changed, see the notes of the task.`,
    });
    this.#sentAt.set(String(id), began);
  }

  /** Waits until everything has arrived, or for what is lost at most this long. */
  async arrived(): Promise<void> {
    for (let left = 500; left > 0 && this.#arrivedAt.size < this.sent; left -= 1)
      await new Promise((resolve) => void setTimeout(resolve, 10));
  }

  at(share: number): number {
    const latencies = [...this.#sentAt].flatMap(([id, at]) => {
      const arrived = this.#arrivedAt.get(id);
      return arrived === undefined ? [] : [arrived - at];
    });
    const sorted = latencies.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  }

  rows(what: string): readonly Row[] {
    const lost = [...this.#sentAt.keys()].filter((id) => !this.#arrivedAt.has(id)).length;
    return [
      figure(`message delivered, p50, ${what}`, this.at(0.5), 'ms'),
      bounded(`message delivered, p99, ${what}`, [this.at(0.99), 'ms'], { atMost: 50 }),
      bounded(`messages lost, ${what}`, [lost, `of ${this.sent}`], { atMost: 0 }),
      bounded(`messages delivered twice, ${what}`, [this.#twice, `of ${this.sent}`], { atMost: 0 }),
    ];
  }

  /** Nobody begins to wait again. */
  end(): void {
    this.#ended = true;
  }

  async #wait(line: AgentLine): Promise<void> {
    for (let since: string | undefined; !this.#ended; ) {
      const answer = waitedSchema.parse(
        await line.call('wait', { wait_ms: waitMs, ...(since !== undefined && { since }) }),
      );
      const now = performance.now();
      for (const { id } of answer.messages) {
        if (this.#arrivedAt.has(id)) this.#twice += 1;
        else this.#arrivedAt.set(id, now);
      }
      since = answer.cursor;
    }
  }
}
