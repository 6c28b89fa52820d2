import { areas, defaultSettings, initialSlices } from '../src/areas/index.ts';
import { operations } from '../src/areas/operations.ts';
import { identify } from '../src/areas/agents/model.ts';
import { systemClock } from '../src/engine/clock.ts';
import { Engine } from '../src/engine/engine.ts';
import type { Snapshot } from '../src/journal/snapshots.ts';
import type { Store } from '../src/journal/store.ts';
import type { Caller } from '../src/kernel/operation.ts';
import { CollectedLog } from '../src/testing/collected-log.ts';
import { requestText } from './load.ts';

const tasksPerCall = 100;

export type Call = (name: string, input: unknown, agent?: string) => Promise<Record<string, unknown>>;

export const openEngine = async (store: Store, snapshot?: Snapshot): Promise<Engine> => {
  const opened = await Engine.open({
    workspace: 'bench',
    areas,
    settings: defaultSettings,
    initial: initialSlices,
    store,
    clock: systemClock,
    log: new CollectedLog(),
    identify,
    snapshot,
  });
  if (!opened.ok) throw new Error(opened.message);
  return opened.value;
};

/** Calls operations of an engine without a surface; each agent name has a connection of its own. */
export const callerOf =
  (engine: Engine): Call =>
  async (name, input, agent = 'bench') => {
    const caller: Caller = {
      principal: 'owner',
      role: 'admin',
      kind: 'person',
      agent: undefined,
      session: undefined,
      connection: agent,
      client: 'bench',
    };
    const prepared = operations.find((operation) => operation.name === name)?.prepare(input);
    if (!prepared?.ok || prepared.value.kind !== 'command')
      throw new Error(`${name}: ${JSON.stringify(prepared)}`);
    const reply = await engine.execute(caller, prepared.value);
    if (!reply.ok) throw new Error(`${name}: ${reply.message}`);
    return Object.fromEntries(Object.entries(reply.value.value ?? {}));
  };

/** Adds `count` tasks, a hundred in a call, several calls at once. */
export const addTasks = async (
  call: Call,
  count: number,
  over: Readonly<Record<string, unknown>> = {},
): Promise<void> => {
  const calls: Promise<unknown>[] = [];
  for (let left = count; left > 0; left -= 100) {
    const tasks = Array.from({ length: Math.min(100, left) }, (_, i) => ({
      title: `Task ${left - i} of the bench`,
      body: 'What is to be done, in a sentence or two, as a person would write it down.',
      priority: (i % 5) + 1,
      labels: ['bench', `group-${i % 7}`],
      ...over,
    }));
    calls.push(call('task_add', { tasks }));
    if (calls.length === 20) await Promise.all(calls.splice(0));
  }
  await Promise.all(calls);
};

/**
 * Puts tasks on the board of a hub, and agents who may claim all of them; gives the text of a request for each claim. The
 * agents take turns.
 */
export const claimable = async (
  port: number,
  { agents, claimsPerAgent }: { readonly agents: number; readonly claimsPerAgent: number },
): Promise<readonly string[]> => {
  const sessions: string[] = [];
  for (let i = 0; i < agents; i += 1) {
    const { session } = await callOf(port, 'start', { agent: `agent-${i}`, wip_limit: claimsPerAgent });
    sessions.push(String(session));
  }
  const claims = agents * claimsPerAgent;
  for (let i = 0; i < claims / tasksPerCall; i += 1) {
    const many = Array.from({ length: tasksPerCall }, (_, j) => ({
      title: `Task ${i * tasksPerCall + j} of the bench`,
      body: 'What is to be done, in a sentence or two, as a person would write it down.',
      priority: ((i + j) % 5) + 1,
      labels: ['bench', `group-${j % 7}`],
    }));
    await callOf(port, 'task_add', { tasks: many });
  }
  return Array.from({ length: claims }, (_, i) =>
    requestText('/v1/operations/task_claim', '{}', { 'Signalbox-Session': sessions[i % agents] ?? '' }),
  );
};

/** Calls an operation of a hub over HTTP; throws what it refuses. */
export const callOf = async (
  port: number,
  operation: string,
  input: unknown,
): Promise<Record<string, unknown>> => {
  const response = await fetch(`http://127.0.0.1:${port}/v1/operations/${operation}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(input),
  });
  const answer = Object.fromEntries(Object.entries((await response.json()) ?? {}));
  if (!response.ok) throw new Error(`${operation}: ${JSON.stringify(answer)}`);
  return answer;
};
