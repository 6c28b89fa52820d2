/* A workspace in which a bit of everything has happened, by operations as agents call them. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { operations } from '../areas/operations.ts';
import type { Engine } from '../engine/engine.ts';
import { present } from '../kernel/assert.ts';
import type { Outcome } from '../kernel/errors.ts';
import { graceMs } from '../kernel/hold.ts';
import type { Reply } from '../engine/answers.ts';
import type { ManualClock } from './manual-clock.ts';
import { caller } from './engine-harness.ts';

type Input = Readonly<Record<string, unknown>>;

export interface CalledOperation {
  readonly operation: string;
  readonly input?: Input;
  readonly requestId?: string;
}

/** Calls an operation over the connection of this name, which stands for a session once it has called start. */
export const callOver = (
  engine: Engine,
  connection: string,
  { operation: name, input = {}, requestId }: CalledOperation,
): Promise<Outcome<Reply>> => {
  const operation = present(
    operations.find((one) => one.name === name),
    `there is an operation ${name}`,
  );
  const prepared = operation.prepare(input);
  assert.ok(prepared.ok, JSON.stringify(prepared));
  const from = { ...caller, connection };
  return prepared.value.kind === 'query'
    ? engine.query(from, prepared.value)
    : engine.execute(from, prepared.value, { requestId });
};

/** The answer to a call that must succeed. */
export const answerOver = async (
  engine: Engine,
  connection: string,
  call: CalledOperation,
): Promise<Input> => {
  const outcome = await callOver(engine, connection, call);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return z.record(z.string(), z.unknown()).parse(outcome.value.value);
};

/** A call that is remembered in a workspace that `keepBusy` has filled. */
export const rememberedCall: CalledOperation = {
  operation: 'task_add',
  requestId: 'plan-1',
  input: {
    tasks: [
      { slug: 'todo', title: 'To do', body: 'All of it.', due: '2031-01-01T00:00:00Z' },
      { slug: 'waits', title: 'Waits', depends_on: ['todo', 'done'], parent: 'todo' },
      { slug: 'lane', title: 'In a lane', project: 'shop', requires: ['rust'], labels: ['a', 'b'] },
      { slug: 'held', title: 'Held', files: ['src/**'], acceptance: ['one', 'two'], priority: 1 },
      { slug: 'review', title: 'In review', sprint: 's1' },
      { slug: 'blocked', title: 'Blocked' },
      { slug: 'done', title: 'Done' },
      { slug: 'cancelled', title: 'Cancelled' },
      { slug: 'lost', title: 'Lost' },
    ],
  },
};

/** Leaves agents, sessions live and ended, tasks in every status, notes and losses behind. */
export const keepBusy = async (engine: Engine, clock: ManualClock): Promise<void> => {
  const as = (agent: string, operation: string, input: Input = {}): Promise<Input> =>
    answerOver(engine, agent, { operation, input, requestId: `${agent}-${operation}-${engine.seq}` });
  await as('eve', 'start', { agent: 'eve' });
  await answerOver(engine, 'eve', rememberedCall);
  await as('eve', 'task_claim', { id: 'lost' });
  await as('eve', 'agent_leave');
  clock.advance(graceMs);
  await engine.tick();
  await as('ada', 'start', { agent: 'ada', capabilities: ['rust'], branch: 'main', wip_limit: 7 });
  await as('bob', 'start', { agent: 'bob' });
  await as('ada', 'task_claim', { id: 'held' });
  await as('ada', 'task_update', { id: 'held', tick: [1], note: 'The first is done.' });
  await as('ada', 'task_claim', { id: 'review' });
  await as('ada', 'task_update', { id: 'review', status: 'in_review', note: 'Please look.' });
  await as('ada', 'task_claim', { id: 'blocked' });
  await as('ada', 'task_update', { id: 'blocked', status: 'blocked', reason: 'No design.' });
  await as('ada', 'task_done', { id: 'done', result: 'Works.' });
  await as('bob', 'task_update', {
    id: 'cancelled',
    revision: 1,
    status: 'cancelled',
    reason: 'Not needed.',
  });
  await as('bob', 'task_update', { id: 'todo', note: 'One note.' });
  await as('bob', 'agent_leave');
};
