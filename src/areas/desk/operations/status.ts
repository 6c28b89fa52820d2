import { z } from 'zod';
import { type Scope, mayKnow } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { type Instant, isoTime } from '../../../kernel/instants.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import type { Slices } from '../../../kernel/slices.ts';
import { agentTier, onlyPartition, seenAt } from '../../agents/model.ts';
import { heldLeases, waitingFor } from '../../leases/model/index.ts';
import { undeliveredCount, unreadOf } from '../../messages/model/index.ts';
import { countOf, isHeld, readyCount, tasksIn } from '../../tasks/model/index.ts';

/** How many of each list are shown. */
const shownMax = 10;

/** AC22 */
const openWords =
  'open: whoever reaches this hub acts as its owner (--insecure-no-auth); signalbox auth enable ends that';

const count = z.number().optional();

const listOf = <T extends z.ZodType>(item: T) =>
  z
    .strictObject({ items: z.array(item), total: z.number() })
    .optional()
    .describe(`the first ${shownMax}, and how many there are; for a call that names no agent`);

export const status = defineOperation({
  name: 'status',
  journal: 'workspace',
  category: 'workspaces',
  summary: 'See who does what, and what is ready.',
  description: `See at a glance how much is open, ready, held, blocked and done, and how many agents are active; counts of nothing are left out. A call that names no agent is also told which tasks are in progress, who holds locks and who is active, up to ${shownMax} of each; task_list, lock_list and agent_list name all.`,
  role: 'reader',
  rate: 'read',
  errors: [],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'What is going on', input: {} }],
  input: z.strictObject({}),
  output: z.strictObject({
    workspace: z.string(),
    access: z.string().optional().describe('only of a hub that does not ask who calls'),
    tasks: z.strictObject({
      todo: count,
      ready: count.describe('of todo: claimable'),
      in_progress: count,
      in_review: count,
      blocked: count,
      done: count,
      cancelled: count,
    }),
    agents: z.strictObject({ active: count, idle: count, stale: count, abandoned: count }),
    unread_messages: count.describe('yours'),
    undelivered_messages: count.describe('that somebody has not read; for a call that names no agent'),
    in_progress: listOf(
      z.strictObject({ id: z.string(), title: z.string(), holder: z.string(), since: z.string() }),
    ),
    locks: listOf(
      z.strictObject({
        name: z.string(),
        holder: z.string(),
        since: z.string(),
        waiting: count.describe('how many wait for it'),
      }),
    ),
    active: listOf(z.strictObject({ agent: z.string(), last_seen: z.string() })),
  }),
  query: (slices, _input, facts) => {
    const { messages } = slices;
    const { now, workspace, actor, settings } = facts;
    const { agent, scope } = actor;
    const of = <T extends object>(category: string, told: () => T): Partial<T> =>
      mayKnow(scope, category) ? told() : {};
    return ok({
      workspace,
      ...(settings.access.isOpen() && { access: openWords }),
      tasks: of('tasks', () => countsOf(slices)),
      agents: of('agents', () => counted(tiersOf(slices, now))),
      ...of('messages', () =>
        agent === undefined
          ? counted({ undelivered_messages: undeliveredCount(messages) })
          : counted({ unread_messages: unreadOf(messages, agent, facts).size }),
      ),
      ...(agent === undefined && goingOn(slices, now, scope)),
    });
  },
});

/** Counts of nothing say nothing. */
const counted = <Name extends string>(counts: Readonly<Record<Name, number>>): { [K in Name]?: number } => {
  const some: { [K in Name]?: number } = {};
  for (const name in counts) if (counts[name] > 0) some[name] = counts[name];
  return some;
};

const countsOf = ({ tasks }: Slices) =>
  counted({
    todo: countOf(tasks, 'todo'),
    ready: readyCount(tasks),
    in_progress: countOf(tasks, 'in_progress'),
    in_review: countOf(tasks, 'in_review'),
    blocked: countOf(tasks, 'blocked'),
    done: countOf(tasks, 'done'),
    cancelled: countOf(tasks, 'cancelled'),
  });

const tiersOf = ({ agents }: Pick<Slices, 'agents'>, now: Instant) => {
  const tiers = { active: 0, idle: 0, stale: 0, abandoned: 0 };
  for (const agent of agents.agents.values()) tiers[agentTier(agents, agent, now)] += 1;
  return tiers;
};

/** DE15 */
const goingOn = (slices: Slices, now: Instant, scope: Scope | undefined) => ({
  ...(mayKnow(scope, 'tasks') && named('in_progress', inProgress(slices))),
  ...(mayKnow(scope, 'leases') && named('locks', locks(slices))),
  ...(mayKnow(scope, 'agents') && named('active', active(slices, now))),
});

interface List<T> {
  readonly items: readonly T[];
  readonly total: number;
}

const named = <Name extends string, T>(
  name: Name,
  { items, total }: List<T>,
): { [K in Name]?: { items: T[]; total: number } } => {
  const list: { [K in Name]?: { items: T[]; total: number } } = {};
  if (total > 0) list[name] = { items: [...items], total };
  return list;
};

/** In the order of the board. */
const inProgress = ({ tasks }: Slices) => ({
  items: tasksIn(tasks, 'in_progress', shownMax).flatMap(({ id, title, state }) =>
    isHeld(state) ? [{ id, title, holder: state.hold.holder, since: isoTime(state.claimedAt) }] : [],
  ),
  total: countOf(tasks, 'in_progress'),
});

/** Those that have been held longest first. */
const locks = ({ leases }: Slices) => {
  const held = heldLeases(leases);
  return {
    items: held.slice(0, shownMax).map(({ lock: name, holder, since }) => ({
      name,
      holder,
      since: isoTime(since),
      ...counted({ waiting: waitingFor(leases, name) }),
    })),
    total: held.length,
  };
};

/** Those that were seen last first. */
const active = ({ agents }: Slices, now: Instant) => {
  const seen = [...agents.agents.scan('all', onlyPartition)]
    .filter((agent) => agentTier(agents, agent, now) === 'active')
    .map((agent) => ({ agent: agent.name, at: seenAt(agents, agent) }))
    .toSorted((a, b) => b.at - a.at);
  return {
    items: seen.slice(0, shownMax).map(({ agent, at }) => ({ agent, last_seen: isoTime(at) })),
    total: seen.length,
  };
};
