import { z } from 'zod';
import type { Entry, Seq } from '../../kernel/entry.ts';
import { entryGuard } from '../../kernel/entry.ts';
import { ok } from '../../kernel/errors.ts';
import { isoTime } from '../../kernel/instants.ts';
import { type Answer, type Facts, withEntries } from '../../kernel/operation.ts';
import type { World } from '../../kernel/slices.ts';
import { newest } from '../../kernel/trail.ts';
import { authorName } from './evolve.ts';
import type { TasksEvent } from './model/events.ts';
import { sessionTier } from '../agents/model.ts';
import { holdNow } from './model/holding.ts';
import { relativesNamedMax } from './model/limits.ts';
import {
  type Task,
  type TasksSlice,
  cancelledDependencies,
  holdIn,
  isReady,
  statuses,
  unmetOf,
} from './model/task.ts';

export type Boards = World<'tasks' | 'agents'>;

const statusOutput = z.enum(statuses);

/** A task in a list: what helps choosing, and nothing that is not there. */
export const itemOutput = z.strictObject({
  id: z.string(),
  title: z.string(),
  status: statusOutput,
  priority: z.number(),
  ready: z.boolean().optional().describe('of todo: claimable'),
  waits_for: z.array(z.string()).optional().describe('dependencies that are not done'),
  cancelled_dependencies: z.array(z.string()).optional(),
  holder: z.string().optional(),
  blocked: z.string().optional().describe('reason'),
  project: z.string().optional(),
  sprint: z.string().optional(),
  parent: z.string().optional(),
  labels: z.array(z.string()).optional(),
  requires: z.array(z.string()).optional(),
  due: z.string().optional(),
});

export type ItemOutput = z.infer<typeof itemOutput>;

const some = (list: readonly string[]): string[] | undefined => (list.length === 0 ? undefined : [...list]);

/** Without the members that have no value; those that always have one stay. */
type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** All in one literal: V8 takes several times as long for members that come behind a spread. What `head` has stays in front. */
function defined<T extends Readonly<Record<string, unknown>>, H extends object = object>(
  members: T,
  head?: H,
): H & Defined<T>;
function defined(
  members: Readonly<Record<string, unknown>>,
  head?: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const kept: Record<string, unknown> = { ...head };
  for (const key in members) if (members[key] !== undefined) kept[key] = members[key];
  return kept;
}

const isDefined = <V>(value: V): value is Exclude<V, undefined> => value !== undefined;

export const viewItem = ({ tasks: slice }: Boards, task: Task): ItemOutput =>
  defined({
    id: task.id,
    title: task.title,
    status: task.state.status,
    priority: task.priority,
    ready: task.state.status === 'todo' ? isReady(task) : undefined,
    waits_for: some(unmetOf(slice, task)),
    cancelled_dependencies: some(cancelledDependencies(slice, task)),
    holder: holdIn(task.state)?.holder,
    blocked: task.state.status === 'blocked' ? task.state.reason : undefined,
    project: task.project,
    sprint: task.sprint,
    parent: task.parent,
    labels: some(task.labels),
    requires: some(task.requires),
    due: task.due === undefined ? undefined : isoTime(task.due),
  });

const relativeOutput = z.strictObject({ id: z.string(), status: statusOutput });

const relativesOutput = z
  .strictObject({ items: z.array(relativeOutput), total: z.number() })
  .describe(`the first ${relativesNamedMax}, and how many there are`);

const noteOutput = z.strictObject({
  seq: z.number(),
  at: z.string(),
  by: z.string(),
  text: z.string(),
});

/** What a task is about, apart from where it stands. */
const cardShape = {
  title: z.string(),
  priority: z.number(),
  body: z.string().optional(),
  links: z.array(z.string()).optional(),
  acceptance: z
    .array(z.strictObject({ n: z.number(), text: z.string(), done: z.boolean(), by: z.string().optional() }))
    .optional(),
  files: z.array(z.string()).optional(),
  labels: z.array(z.string()).optional(),
  requires: z.array(z.string()).optional(),
  project: z.string().optional(),
  sprint: z.string().optional(),
  parent: z.string().optional(),
  due: z.string().optional(),
  depends_on: z.array(relativeOutput).optional(),
  cancelled_dependencies: z.array(z.string()).optional(),
  dependents: relativesOutput.optional(),
  children: relativesOutput.optional(),
  result: z.string().optional(),
  notes: z.array(noteOutput).optional().describe('the latest, oldest first'),
  notes_total: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
};

export const cardOutput = z.strictObject(cardShape);

export type CardOutput = z.infer<typeof cardOutput>;

/** Where a task stands. */
export const standingOutput = z.strictObject({
  status: statusOutput,
  ready: z.boolean().optional().describe('of todo: claimable'),
  hold: z
    .strictObject({
      holder: z.string(),
      yours: z.boolean().describe('held by this session'),
      epoch: z.number(),
      since: z.string(),
      tier: z.string(),
      contestable_at: z.string(),
    })
    .optional(),
  blocked: z.strictObject({ reason: z.string(), by: z.string(), since: z.string() }).optional(),
  closed: z.strictObject({ by: z.string(), at: z.string(), reason: z.string().optional() }).optional(),
});

export const viewStanding = (
  { agents }: Boards,
  task: Task,
  { actor, now }: Pick<Facts, 'actor' | 'now'>,
): z.infer<typeof standingOutput> => {
  const { state } = task;
  switch (state.status) {
    case 'todo':
      return { status: state.status, ready: isReady(task) };
    case 'in_progress':
    case 'in_review':
      return {
        status: state.status,
        hold: {
          holder: state.hold.holder,
          yours: state.hold.session === actor.session,
          epoch: state.hold.epoch,
          since: isoTime(state.claimedAt),
          tier: sessionTier(agents, state.hold.session, now),
          contestable_at: isoTime(holdNow(agents, state.hold).contestableAt),
        },
      };
    case 'blocked':
      return {
        status: state.status,
        blocked: { reason: state.reason, by: state.by, since: isoTime(state.since) },
      };
    case 'done':
      return { status: state.status, closed: { by: state.by, at: isoTime(state.at) } };
    case 'cancelled':
      return { status: state.status, closed: { by: state.by, at: isoTime(state.at), reason: state.reason } };
  }
};

interface Shown<H> {
  readonly task: Task;
  /** How many of the latest notes. */
  readonly notes: number;
  /** What comes before it in the answer. */
  readonly head: H;
}

/** What is known of a task without the journal, and the entries that hold the rest. */
export const viewCard = <H extends object>(
  { tasks: slice }: Boards,
  { task, notes, head }: Shown<H>,
): Answer<H & CardOutput> => {
  const noteSeqs = newest(task.notes, notes).toReversed();
  const { body, linksSeq, resultSeq } = task;
  const seqs = distinct([typeof body === 'number' ? body : undefined, linksSeq, resultSeq, ...noteSeqs]);
  return withEntries(seqs, (entries) => {
    const entryAt = (seq: Seq | undefined): Entry | undefined =>
      seq === undefined ? undefined : entries.find((entry) => entry.seq === seq);
    const card = {
      title: task.title,
      priority: task.priority,
      body: typeof body === 'number' ? bodyIn(entryAt(body)) : body,
      links: linksIn(entryAt(linksSeq)),
      result: resultIn(entryAt(resultSeq)),
      notes: noteSeqs.length === 0 ? undefined : noteSeqs.flatMap((seq) => noteIn(entryAt(seq))),
      acceptance:
        task.acceptance.length === 0 ? undefined : task.acceptance.map((item, i) => ({ n: i + 1, ...item })),
      files: some(task.files),
      labels: some(task.labels),
      requires: some(task.requires),
      project: task.project,
      sprint: task.sprint,
      parent: task.parent,
      due: task.due === undefined ? undefined : isoTime(task.due),
      depends_on: task.dependsOn.length === 0 ? undefined : task.dependsOn.map((id) => relative(slice, id)),
      cancelled_dependencies: some(cancelledDependencies(slice, task)),
      dependents: relatives(task.dependents.length, () =>
        task.dependents.slice(0, relativesNamedMax).map((id) => relative(slice, id)),
      ),
      children: relatives(slice.tasks.count('parent', task.id), () => childrenOf(slice, task.id)),
      notes_total: task.notes.size,
      created_at: isoTime(task.createdAt),
      updated_at: isoTime(task.updatedAt),
    };
    return ok(defined(card, head));
  });
};

const distinct = (seqs: readonly (Seq | undefined)[]): Seq[] =>
  seqs.filter(isDefined).filter((seq, i, all) => all.indexOf(seq) === i);

type Relative = z.infer<typeof relativeOutput>;

const relative = (slice: TasksSlice, id: string): Relative => ({
  id,
  status: slice.tasks.get(id)?.state.status ?? 'todo',
});

const relatives = (
  total: number,
  first: () => Relative[],
): { items: Relative[]; total: number } | undefined => (total === 0 ? undefined : { items: first(), total });

const childrenOf = (slice: TasksSlice, id: string): Relative[] => {
  const children: Relative[] = [];
  for (const child of slice.tasks.scan('parent', id)) {
    if (children.length === relativesNamedMax) break;
    children.push({ id: child.id, status: child.state.status });
  }
  return children;
};

const is = entryGuard<TasksEvent>();

const bodyIn = (entry: Entry | undefined): string | undefined => {
  if (entry === undefined) return undefined;
  if (is(entry, 'tasks.added')) return entry.data.body;
  return is(entry, 'tasks.edited') ? (entry.data.body ?? undefined) : undefined;
};

const linksIn = (entry: Entry | undefined): string[] | undefined => {
  if (entry === undefined) return undefined;
  const links = is(entry, 'tasks.added') || is(entry, 'tasks.edited') ? entry.data.links : undefined;
  return links && [...links];
};

const resultIn = (entry: Entry | undefined): string | undefined =>
  entry !== undefined && is(entry, 'tasks.finished') ? entry.data.result : undefined;

const noteIn = (entry: Entry | undefined): z.infer<typeof noteOutput>[] =>
  entry !== undefined && is(entry, 'tasks.noted')
    ? [{ seq: entry.seq, at: isoTime(entry.time), by: authorName(entry.actor), text: entry.data.text }]
    : [];
