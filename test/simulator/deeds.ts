import { lockNames } from './ledger/locks.ts';
import type { Random } from './random.ts';

export type Input = Readonly<Record<string, unknown>>;

/** What an agent wants to have done. */
export interface Wish {
  readonly operation: string;
  readonly input: Input;
}

/** What an agent remembers of its answers. */
export class Memory {
  /** The tasks that it was given, with their epochs. */
  readonly tasks = new Map<string, number>();
  readonly locks = new Map<string, number>();
  cursor: string | undefined;
}

interface Choosing {
  readonly random: Random;
  readonly memory: Memory;
  readonly name: string;
  readonly others: readonly string[];
  /** Numbers what is said, so that no text is said twice. */
  readonly number: number;
}

type Choose = (choosing: Choosing) => Wish;

const taskIds = ['T-1', 'T-2', 'T-3', 'T-4', 'T-5', 'T-6'];

const wish = (operation: string, input: Input): Wish => ({ operation, input });

const mine = (known: ReadonlyMap<string, number>, random: Random, others: readonly string[]): string =>
  known.size > 0 && random.chance(0.85) ? random.pick([...known.keys()]) : random.pick(others);

/** Names the epoch now and then. */
const sure = (known: ReadonlyMap<string, number>, id: string, { random }: Choosing): Input => {
  const epoch = known.get(id);
  return epoch !== undefined && random.chance(0.5) ? { epoch } : {};
};

const add: Choose = ({ random, name, number }) => {
  const title = (i: number): string => `${name} ${number}.${i}`;
  const depends = random.chance(0.25) ? { depends_on: [random.pick(taskIds)] } : {};
  return random.chance(0.6)
    ? wish('task_add', { tasks: [1, 2, 3].map((i) => ({ title: title(i) })) })
    : wish('task_add', { title: title(0), priority: 1 + random.below(4), ...depends });
};

const claim: Choose = ({ random }) => {
  const which = random.chance(0.5) ? {} : { id: random.pick(taskIds) };
  const waiting = random.chance(0.25) ? { wait_ms: 20 + random.below(8_000) } : {};
  const reason = random.chance(0.2) ? { reason: 'It has been silent.' } : {};
  return wish('task_claim', { ...which, ...waiting, ...reason });
};

const finish: Choose = (choosing) => {
  const { random, memory } = choosing;
  const id = mine(memory.tasks, random, taskIds);
  return wish(random.chance(0.65) ? 'task_done' : 'task_release', {
    id,
    ...sure(memory.tasks, id, choosing),
  });
};

const update: Choose = (choosing) => {
  const { random, memory, name, number } = choosing;
  const id = mine(memory.tasks, random, taskIds);
  return random.weighted<() => Wish>([
    [3, () => wish('task_update', { id, note: `${name} ${number}` })],
    [2, () => wish('task_update', { id, status: random.pick(['in_review', 'in_progress']) })],
    [1, () => wish('task_update', { id, status: 'blocked', reason: 'It rains.' })],
    [1, () => wish('task_update', { id, status: 'todo', revision: 1 + random.below(4) })],
    [1, () => wish('task_update', { id, priority: 1, revision: 1 + random.below(5) })],
    [
      0.5,
      () =>
        wish('task_update', { id, status: 'cancelled', reason: 'No more.', revision: 1 + random.below(4) }),
    ],
  ])();
};

const acquire: Choose = ({ random }) => {
  // Few names are asked for often, so that some wait.
  const one = random.chance(0.4) ? 'pytest' : random.pick(lockNames);
  const name = random.chance(0.2) ? [...new Set([one, random.pick(lockNames)])] : one;
  return wish('lock_acquire', {
    name,
    mode: random.chance(0.25) ? 'shared' : 'exclusive',
    ttl: random.weighted<number | string>([
      [4, 5 + random.below(10)],
      [2, 60],
      [1, 'session'],
    ]),
    ...(random.chance(0.7) && { wait_ms: 20 + Math.floor(random.skewed(0, 25_000)) }),
    ...(random.chance(0.1) && { delay_s: 1 + random.below(5) }),
  });
};

const renew: Choose = ({ random, memory }) => {
  const name = mine(memory.locks, random, lockNames);
  const token = memory.locks.get(name);
  return wish('lock_renew', { name, ...(token !== undefined && random.chance(0.5) && { token }) });
};

const release: Choose = ({ random, memory }) => {
  if (random.chance(0.2)) return wish('lock_release', {});
  const name = mine(memory.locks, random, lockNames);
  const token = memory.locks.get(name);
  return wish('lock_release', {
    name,
    ...(token !== undefined && random.chance(0.4) && { token }),
    ...(random.chance(0.3) && { all: true }),
  });
};

const send: Choose = ({ random, others, name, number }) =>
  wish('message_send', {
    to: random.chance(0.2) ? 'everyone' : random.pick(others),
    text: `${name} ${number}`,
    ...(random.chance(0.2) && { ack_required: true }),
    ...(random.chance(0.1) && { expires_in_s: 1 + random.below(60) }),
  });

const read: Choose = ({ random }) => wish('inbox', random.chance(0.3) ? { ack: ['all'] } : {});

const wait: Choose = ({ random, memory }) =>
  wish('wait', {
    wait_ms: Math.floor(random.skewed(1, 15_000)),
    ...(memory.cursor !== undefined && random.chance(0.4) && { since: memory.cursor }),
  });

const leave: Choose = () => wish('agent_leave', {});

type Kinds = readonly (readonly [weight: number, choose: Choose])[];

const everything: Kinds = [
  [3.5, add],
  [5, claim],
  [2.5, finish],
  [1.5, update],
  [5, acquire],
  [1, renew],
  [2.5, release],
  [3, send],
  [1.5, read],
  [3, wait],
  [0.5, leave],
];

/** All want the same lock, wait for it and give it back soon, so that queues are long. */
const queueUp: Choose = (choosing) => {
  const { random, memory } = choosing;
  if (memory.locks.size > 0 && random.chance(0.8)) return wish('lock_release', {});
  const name = random.chance(0.9) ? 'pytest' : random.pick(lockNames);
  const waiting = random.chance(0.9) ? { wait_ms: 1_000 + random.below(30_000) } : {};
  return wish('lock_acquire', {
    name,
    mode: random.chance(0.1) ? 'shared' : 'exclusive',
    ttl: 5 + random.below(20),
    ...waiting,
  });
};

/** All want whatever task there is, and there are fewer than hands. */
const lookForWork: Choose = (choosing) => {
  const { random, memory } = choosing;
  if (memory.tasks.size > 0 && random.chance(0.7)) return finish(choosing);
  if (random.chance(0.4)) return add(choosing);
  const which = random.chance(0.8) ? {} : { id: random.pick(taskIds) };
  return wish('task_claim', { ...which, wait_ms: 5_000 + random.below(20_000) });
};

/** What the agents of a world are after. */
export type Theme = 'everything' | 'one lock' | 'few tasks';

const wishes: Readonly<Record<Theme, Kinds>> = {
  everything,
  'one lock': [
    [8, queueUp],
    [1, renew],
    [0.5, send],
    [0.5, wait],
    [0.3, leave],
  ],
  'few tasks': [
    [8, lookForWork],
    [0.5, update],
    [0.5, send],
    [0.5, wait],
    [0.3, leave],
  ],
};

export const chooseWish = (theme: Theme, choosing: Choosing): Wish =>
  choosing.random.weighted(wishes[theme])(choosing);
