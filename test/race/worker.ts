import { appendFileSync, openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { operations } from '../../src/areas/operations.ts';
import { LocalHub } from '../../src/host/local-hub.ts';
import { type Outcome, ok, refuse } from '../../src/kernel/errors.ts';
import type { Operation } from '../../src/kernel/operation.ts';
import { openWorkspaces } from './workspaces.ts';

/**
 * One process of the race: opens the journal itself, as a stdio server without a hub does, and lets several agents work
 * until nothing is free, as often as it is told. Every answer that was given is written to a file before the next call
 * is made, so that after a `kill -9` the test knows what had been acknowledged.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    acks: { type: 'string' },
    name: { type: 'string' },
    clients: { type: 'string' },
    work: { type: 'string' },
  },
});
const { data = '', acks = '', name = '', clients = '1', work = 'claim' } = values;

export interface Ack {
  readonly agent: string;
  readonly op: string;
  readonly task: string;
  readonly epoch: number;
}

/** What it is told, and what it says. */
export type Told = 'go' | 'stop';
export type Said = 'ready' | 'acknowledged' | 'idle';

const say = (said: Said): void => {
  process.send?.(said);
};

const file = openSync(acks, 'a');
const acknowledge = (ack: Ack): void => {
  writeSync(file, `${JSON.stringify(ack)}\n`);
  say('acknowledged');
};

const find = (wanted: string): Outcome<Operation> => {
  const found = operations.find((operation) => operation.name === wanted);
  return found === undefined ? refuse('unknown_operation', wanted) : ok(found);
};

const workspaces = await openWorkspaces(data);
const hub = new LocalHub({ workspaces, find, defaultWorkspace: 'main', version: 'test', store: 'sqlite' });

/** An agent that has started; it works when it is told to. */
const client = async (number: number): Promise<() => Promise<void>> => {
  const agent = `${name}-${number}`;
  const caller = {
    principal: 'owner',
    role: 'admin' as const,
    kind: 'person' as const,
    agent: undefined,
    session: undefined,
    connection: agent,
    client: 'race',
  };
  let calls = 0;
  const call = async (operation: string, input: unknown) => {
    calls += 1;
    const requestId = `${agent}-${process.pid}-${calls}`;
    const reply = await hub.call({
      operation,
      input,
      caller,
      workspace: undefined,
      requestId,
      signal: undefined,
    });
    return reply.ok ? { ...reply, fields: fieldsOf(reply.value.value) } : reply;
  };
  const started = await call('start', { agent, wip_limit: 500 });
  if (!started.ok) throw new Error(started.message);
  return async () => {
    for (;;) {
      const claimed = await call('task_claim', {});
      if (!claimed.ok && claimed.code === 'nothing_free') return;
      if (!claimed.ok) throw new Error(`${claimed.code}: ${claimed.message}`);
      const { task, epoch } = claimed.fields;
      acknowledge({ agent, op: 'claim', task, epoch });
      if (work === 'claim') continue;
      const done = await call('task_done', { id: task, epoch, result: `by ${agent}` });
      if (!done.ok) throw new Error(`${done.code}: ${done.message}`);
      acknowledge({ agent, op: 'done', task, epoch });
    }
  };
};

const fieldsOf = (value: unknown): { readonly task: string; readonly epoch: number } => {
  const members = new Map(Object.entries(value ?? {}));
  return { task: String(members.get('id')), epoch: Number(members.get('epoch')) };
};

// All have started before any works, so that a process which was slow to start has its share of the work.
const agents = await Promise.all(Array.from({ length: Number(clients) }, (_, i) => client(i)));

const end = (reason: unknown): void => {
  appendFileSync(2, `${name}: ${String(reason)}\n`);
  process.exit(1);
};

// Nobody is there any more who could tell it to stop.
process.once('disconnect', () => process.exit(1));
process.on('message', (told: Told) => {
  if (told === 'stop') void hub.close().then(() => process.exit(0), end);
  else void Promise.all(agents.map((begin) => begin())).then(() => say('idle'), end);
});
say('ready');
