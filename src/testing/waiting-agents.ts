/* Agents that wait and read over a workspace of two processes, for tests. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { messagesIntent } from '../areas/messages/decide/index.ts';
import { operations } from '../areas/operations.ts';
import type { Reply } from '../engine/answers.ts';
import type { Engine } from '../engine/engine.ts';
import { present } from '../kernel/assert.ts';
import type { Outcome } from '../kernel/errors.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { answerOver } from './busy-workspace.ts';
import { caller, open } from './engine-harness.ts';
import { turns } from './at-rest.ts';

type Input = Readonly<Record<string, unknown>>;

const waitedSchema = z.looseObject({
  messages: z.array(z.looseObject({ id: z.string(), text: z.string() })),
  events: z.array(z.looseObject({ kind: z.string(), ref: z.string() })),
  more: z.number().optional(),
  cursor: z.string(),
  up_to: z.object({ messages: z.number().optional() }).optional(),
});

export { turns };

const preparedWait = (input: Input) => {
  const prepared = present(
    operations.find(({ name }) => name === 'wait'),
    'there is wait',
  ).prepare(input);
  assert.ok(prepared.ok && prepared.value.kind === 'query', JSON.stringify(prepared));
  return prepared.value;
};

export const waiting = (
  engine: Engine,
  agent: string,
  { signal, ...input }: Input & { signal?: AbortSignal } = {},
) => engine.query({ ...caller, connection: agent }, preparedWait(input), { signal });

export const valueOf = (outcome: Outcome<Reply>) => {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return waitedSchema.parse(outcome.value.value);
};

/** Waits for what is there already. */
export const look = async (engine: Engine, agent: string, input: Input = {}) =>
  valueOf(await waiting(engine, agent, { wait_ms: 0, ...input }));

export const textsOf = ({ messages }: z.infer<typeof waitedSchema>) => messages.map(({ text }) => text);

export const send = (engine: Engine, from: string, input: Input) =>
  answerOver(engine, from, { operation: 'message_send', input: { text: 'x', ...input } });

/** A process in which ada and bob are there, and another one on the same journal. */
export const twoProcesses = async () => {
  const vault = createMemoryVault();
  const [one, two] = [await open(vault), await open(vault)];
  for (const agent of ['ada', 'bob'])
    await answerOver(one.engine, agent, { operation: 'start', input: { agent } });
  return { vault, one: one.engine, two: two.engine, clock: one.clock };
};

/** What the host does four times a second: writes down what has arrived. */
export const flush = async (engine: Engine): Promise<void> => {
  assert.ok(
    (await engine.report('deliver', messagesIntent({ type: 'deliver', cursors: engine.carried.take() }))).ok,
  );
};
