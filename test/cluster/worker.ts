import { openSync, writeSync } from 'node:fs';
import { Agent } from 'node:http';
import { parseArgs } from 'node:util';
import { type Asked, tryCall } from './call.ts';
import { seeded } from '../seeded.ts';

/**
 * Some of the clients of the campaign, in one process: agents that do a bit of everything, each call at a hub of its
 * choice. What fails is tried again with the same request id, at the other hub. What was answered is written down before
 * the next call is made.
 */
const { values } = parseArgs({
  options: {
    ports: { type: 'string', default: '' },
    acks: { type: 'string', default: '' },
    name: { type: 'string', default: '' },
    clients: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
});
const ports = values.ports.split(',').map(Number);
const clients = Number(values.clients);
const until = performance.now() + Number(values.seconds) * 1_000;
const giveUpMs = 30_000;
const pauseMs = 120;

/** One call that was answered. */
export interface Ack {
  readonly requestId: string;
  readonly operation: string;
  /** Whether it stores something. */
  readonly writes: boolean;
  readonly ms: number;
  readonly tries: number;
}

/** What all of them did. */
export interface Tally {
  readonly calls: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Tries without a good answer, by why. */
  readonly faults: Readonly<Record<string, number>>;
  /** Calls that were given up after all tries. */
  readonly failed: readonly string[];
}

const file = openSync(values.acks, 'a');
const agent = new Agent({ keepAlive: true, maxSockets: clients });
const random = seeded(Number(values.seed));
const pick = <T>(from: readonly [T, ...T[]]): T => from[Math.floor(random() * from.length)] ?? from[0];
const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

let calls = 0;
const refused = new Map<string, number>();
const faults = new Map<string, number>();
const failed: string[] = [];
const count = (counts: Map<string, number>, name: string): void =>
  void counts.set(name, (counts.get(name) ?? 0) + 1);

const reads = new Set(['task_get', 'task_list', 'lock_list', 'agent_list']);

/** A call with all its tries; undefined when it was refused or given up. */
const call = async (asked: Asked): Promise<Readonly<Record<string, unknown>> | undefined> => {
  calls += 1;
  const began = performance.now();
  let hub = random() < 0.5 ? 0 : 1;
  for (let tries = 1; ; tries += 1) {
    const tried = await tryCall(agent, ports[hub] ?? 0, asked);
    if (tried.kind === 'answer') {
      const ack: Ack = {
        requestId: asked.requestId,
        operation: asked.operation,
        writes: !reads.has(asked.operation),
        ms: performance.now() - began,
        tries,
      };
      writeSync(file, `${JSON.stringify(ack)}\n`);
      return tried.value;
    }
    if (tried.kind === 'refused') {
      count(refused, `${asked.operation}: ${tried.code}`);
      return undefined;
    }
    count(faults, tried.why);
    if (performance.now() - began > giveUpMs) {
      failed.push(`${asked.operation}: ${tried.why}`);
      return undefined;
    }
    hub = ports.length - 1 - hub;
    await sleep(20 * Math.min(tries, 10));
  }
};

/** The tasks of an answer. */
const idsIn = (added: Readonly<Record<string, unknown>>): readonly string[] => {
  const { tasks } = added;
  return Array.isArray(tasks) ? tasks.map((task) => String(Object(task).id)) : [];
};

const client = async (index: number): Promise<void> => {
  const name = `${values.name}-${index}`;
  let made = 0;
  let session: string | undefined;
  const ask = (operation: string, input: Readonly<Record<string, unknown>>) => {
    made += 1;
    return call({ operation, input, requestId: `${name}-${made}`, session });
  };
  session = String((await ask('start', { agent: name, wip_limit: 50 }))?.['session']);
  const known: string[] = [];
  const other = () => `${values.name}-${Math.floor(random() * clients)}`;
  const work: readonly [() => Promise<unknown>, ...(() => Promise<unknown>)[]] = [
    async () => {
      const added = await ask('task_add', { title: `Work of ${name}, number ${made}` });
      if (added !== undefined) known.push(...idsIn(added));
    },
    async () => {
      const claimed = await ask('task_claim', {});
      if (claimed === undefined) return;
      const { id, epoch } = claimed;
      await ask('task_update', { id, note: `${name} is at it` });
      await ask('task_done', { id, epoch, result: `done by ${name}` });
    },
    () => ask('message_send', { to: other(), text: `From ${name}, number ${made}` }),
    () => ask('inbox', {}),
    async () => {
      const lock = `shared:${Math.floor(random() * 40)}`;
      const got = await ask('lock_acquire', { name: lock, ttl: 60 });
      if (got !== undefined) await ask('lock_release', { name: lock });
    },
    async () => {
      const id = known.at(-1);
      if (id !== undefined) await ask('task_get', { id });
    },
    () => ask('task_list', { limit: 10 }),
  ];
  while (performance.now() < until) {
    await pick(work)();
    await sleep(random() * 2 * pauseMs);
  }
};

await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
agent.destroy();
const tally: Tally = {
  calls,
  refused: Object.fromEntries(refused),
  faults: Object.fromEntries(faults),
  failed,
};
process.send?.(tally, undefined, undefined, () => process.disconnect());
