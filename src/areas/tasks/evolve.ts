import { never, present } from '../../kernel/assert.ts';
import type { Author, EntryOf, Seq } from '../../kernel/entry.ts';
import type { Instant } from '../../kernel/instants.ts';
import { emptyTrail, extend } from '../../kernel/trail.ts';
import type { PlanValues, TasksEvent } from './model/events.ts';
import { freeFiles, holdFiles } from './model/held-files.ts';
import { bodyKeptCharactersMax, lossesPerAgentMax } from './model/limits.ts';
import {
  type Loss,
  type Task,
  type TaskState,
  type TasksSlice,
  holdIn,
  isOpen,
  laneKey,
} from './model/task.ts';

type Of<T extends TasksEvent['type']> = EntryOf<Extract<TasksEvent, { readonly type: T }>>;

/** Who did it, as records name them. */
export const authorName = ({ agent, principal }: Author): string => agent ?? principal;

const todo: TaskState = { status: 'todo' };
const none: readonly never[] = [];

export const evolve = (slice: TasksSlice, entry: EntryOf<TasksEvent>): TasksSlice => {
  switch (entry.type) {
    case 'tasks.added':
      return added(slice, entry);
    case 'tasks.claimed':
      return claimed(slice, entry);
    case 'tasks.edited':
      return edited(slice, entry);
    case 'tasks.ticked':
      return ticked(slice, entry);
    case 'tasks.noted':
      return update(slice, entry, (task) => ({ ...task, notes: extend(task.notes, entry.seq) }));
    case 'tasks.submitted':
      return submitted(slice, entry);
    case 'tasks.resumed':
      return resumed(slice, entry);
    case 'tasks.blocked':
      return setState(slice, entry, {
        status: 'blocked',
        reason: entry.data.reason,
        by: authorName(entry.actor),
        since: entry.time,
      });
    case 'tasks.unblocked':
    case 'tasks.released':
      return setState(slice, entry, todo);
    case 'tasks.cancelled':
      return cancelled(slice, entry);
    case 'tasks.reopened':
      return reopened(slice, entry);
    case 'tasks.finished':
      return finished(slice, entry);
    case 'tasks.expired':
      return expired(slice, entry);
    default:
      return never(entry);
  }
};

/** An entry about one task. */
type About = Exclude<EntryOf<TasksEvent>, Of<'tasks.added'> | Of<'tasks.expired'>>;

const taskAt = (slice: TasksSlice, id: string): Task =>
  present(slice.tasks.get(id), `entries are about tasks that were added, and "${id}" was not`);

/** Changes the task that an entry is about, and adds the entry to its history. */
const update = (
  slice: TasksSlice,
  { seq, time, data }: Pick<About, 'seq' | 'time'> & { readonly data: { readonly id: string } },
  change: (task: Task) => Task,
): TasksSlice => {
  const before = taskAt(slice, data.id);
  const after = change(before);
  return replace(slice, before, { ...after, updatedAt: time, trail: extend(before.trail, seq) });
};

const setState = (
  slice: TasksSlice,
  entry: Pick<About, 'seq' | 'time'> & { readonly data: { readonly id: string; readonly revision: number } },
  state: TaskState,
): TasksSlice => update(slice, entry, (task) => ({ ...task, state, revision: entry.data.revision }));

/** Puts a changed task in its place, and lets the lanes and the index of held files follow. */
const replace = (slice: TasksSlice, before: Task, after: Task): TasksSlice => {
  const tasks = slice.tasks.put(after);
  const lanes = moveLane(slice.lanes, before, after);
  const heldFiles = moveFiles(slice.heldFiles, before, after);
  return tasks === slice.tasks && lanes === slice.lanes && heldFiles === slice.heldFiles
    ? slice
    : { ...slice, tasks, lanes, heldFiles };
};

const openLane = (task: Task): string | undefined => (isOpen(task.state) ? laneKey(task) : undefined);

const moveLane = (lanes: TasksSlice['lanes'], before: Task | undefined, after: Task): TasksSlice['lanes'] => {
  const from = before && openLane(before);
  const to = openLane(after);
  if (from === to) return lanes;
  let next = lanes;
  const left = from === undefined ? undefined : next.get(from);
  if (left !== undefined) {
    next = left.open === 1 ? next.remove(left.key) : next.put({ ...left, open: left.open - 1 });
  }
  if (to === undefined) return next;
  const { project, requires } = after;
  return next.put({ key: to, project, requires, open: (next.get(to)?.open ?? 0) + 1 });
};

const moveFiles = (index: TasksSlice['heldFiles'], before: Task, after: Task): TasksSlice['heldFiles'] => {
  if (index === undefined) return undefined;
  const [from, to] = [holdIn(before.state)?.holder, holdIn(after.state)?.holder];
  if (from === to && before.files === after.files) return index;
  const freed = from === undefined ? index : freeFiles(index, before);
  return to === undefined ? freed : holdFiles(freed, after, to);
};

const added = (slice: TasksSlice, { seq, time, data }: Of<'tasks.added'>): TasksSlice => {
  const dependsOn = data.dependsOn ?? none;
  const unmet = countUnmet(slice, dependsOn);
  const task: Task = {
    id: data.id,
    number: data.number,
    title: data.title,
    state: todo,
    priority: data.priority,
    labels: data.labels ?? none,
    project: data.project,
    sprint: data.sprint,
    parent: data.parent,
    dependsOn,
    dependents: none,
    unmet,
    requires: data.requires ?? none,
    files: data.files ?? none,
    acceptance: data.acceptance?.map((text) => ({ text, done: false })) ?? none,
    due: data.due,
    revision: 1,
    readySince: unmet === 0 ? time : undefined,
    createdAt: time,
    updatedAt: time,
    body: kept(data.body, seq),
    linksSeq: data.links === undefined ? undefined : seq,
    resultSeq: undefined,
    notes: emptyTrail,
    trail: extend(emptyTrail, seq),
  };
  return {
    ...slice,
    tasks: linkDependents(slice.tasks, data.id, { from: none, to: dependsOn }).put(task),
    lanes: moveLane(slice.lanes, undefined, task),
    counted: Math.max(slice.counted, data.number),
  };
};

const countUnmet = (slice: TasksSlice, dependsOn: readonly string[]): number =>
  dependsOn.filter((id) => slice.tasks.get(id)?.state.status !== 'done').length;

/** Keeps `dependents` the reverse of `dependsOn` when that changes. */
const linkDependents = (
  tasks: TasksSlice['tasks'],
  id: string,
  { from, to }: { readonly from: readonly string[]; readonly to: readonly string[] },
): TasksSlice['tasks'] => {
  let next = tasks;
  const change = (of: string, dependents: (old: readonly string[]) => readonly string[]): void => {
    const task = next.get(of);
    if (task !== undefined) next = next.put({ ...task, dependents: dependents(task.dependents) });
  };
  for (const gone of from) if (!to.includes(gone)) change(gone, (old) => old.filter((one) => one !== id));
  for (const fresh of to) if (!from.includes(fresh)) change(fresh, (old) => [...old, id]);
  return next;
};

/** A task with so many unmet dependencies. Its place in the queue begins anew when it has waited for one. */
const withUnmet = (task: Task, unmet: number, at: Instant): Task => {
  if (unmet === task.unmet) return task;
  return { ...task, unmet, readySince: unmet === 0 ? at : task.unmet === 0 ? undefined : task.readySince };
};

/** Lets the tasks that depend on this one wait for one more or one less. */
const shiftDependents = (
  slice: TasksSlice,
  id: string,
  { by, at }: { by: 1 | -1; at: Instant },
): TasksSlice => {
  const { dependents } = taskAt(slice, id);
  if (dependents.length === 0) return slice;
  let { tasks } = slice;
  for (const one of dependents) {
    const task = present(tasks.get(one), 'dependents exist');
    tasks = tasks.put(withUnmet(task, task.unmet + by, at));
  }
  return { ...slice, tasks };
};

const claimed = (slice: TasksSlice, entry: Of<'tasks.claimed'>): TasksSlice => {
  const { seq, time, data } = entry;
  const hold = { holder: data.agent, session: data.session, epoch: seq };
  const before = taskAt(slice, data.id);
  const submittedAt = before.state.status === 'in_review' ? before.state.submittedAt : time;
  const next = setState(
    slice,
    entry,
    data.status === 'in_review'
      ? { status: 'in_review', hold, claimedAt: time, submittedAt }
      : { status: 'in_progress', hold, claimedAt: time },
  );
  const { from } = data;
  if (from === undefined || from.agent === data.agent) return next;
  return withLosses(next, from.agent, [
    { task: data.id, seq, at: time, why: 'taken_over', by: data.agent, reason: data.reason },
  ]);
};

const withLosses = (slice: TasksSlice, agent: string, fresh: readonly Loss[]): TasksSlice => {
  const old = slice.losses.get(agent)?.losses ?? [];
  return {
    ...slice,
    losses: slice.losses.put({ agent, losses: [...old, ...fresh].slice(-lossesPerAgentMax) }),
  };
};

const edited = (slice: TasksSlice, entry: Of<'tasks.edited'>): TasksSlice => {
  const { seq, time, data } = entry;
  const before = taskAt(slice, data.id);
  const { dependsOn } = data;
  const linked =
    dependsOn === undefined
      ? slice
      : { ...slice, tasks: linkDependents(slice.tasks, data.id, { from: before.dependsOn, to: dependsOn }) };
  return update(linked, entry, (task) => {
    const changed = { ...withPlan(task, data, seq), revision: data.revision };
    return dependsOn === undefined ? changed : withUnmet(changed, countUnmet(slice, dependsOn), time);
  });
};

const kept = (body: string | null | undefined, seq: Seq): string | Seq | undefined =>
  body === null || body === undefined || body.length <= bodyKeptCharactersMax ? (body ?? undefined) : seq;

const withPlan = (task: Task, plan: PlanValues, seq: number): Task => ({
  ...task,
  title: plan.title ?? task.title,
  priority: plan.priority ?? task.priority,
  labels: plan.labels ?? task.labels,
  sprint: plan.sprint === undefined ? task.sprint : (plan.sprint ?? undefined),
  parent: plan.parent === undefined ? task.parent : (plan.parent ?? undefined),
  dependsOn: plan.dependsOn ?? task.dependsOn,
  requires: plan.requires ?? task.requires,
  files: plan.files ?? task.files,
  acceptance: plan.acceptance ?? task.acceptance,
  due: plan.due === undefined ? task.due : (plan.due ?? undefined),
  body: plan.body === undefined ? task.body : kept(plan.body, seq),
  linksSeq: plan.links === undefined ? task.linksSeq : plan.links.length === 0 ? undefined : seq,
});

const ticked = (slice: TasksSlice, entry: Of<'tasks.ticked'>): TasksSlice => {
  const { done, open } = entry.data;
  const by = authorName(entry.actor);
  return update(slice, entry, (task) => ({
    ...task,
    acceptance: task.acceptance.map((item, i) => {
      if (done.includes(i + 1)) return { text: item.text, done: true, by };
      return open.includes(i + 1) ? { text: item.text, done: false } : item;
    }),
  }));
};

const submitted = (slice: TasksSlice, entry: Of<'tasks.submitted'>): TasksSlice => {
  const { state } = taskAt(slice, entry.data.id);
  if (state.status !== 'in_progress') return slice;
  const { hold, claimedAt } = state;
  return setState(slice, entry, { status: 'in_review', hold, claimedAt, submittedAt: entry.time });
};

const resumed = (slice: TasksSlice, entry: Of<'tasks.resumed'>): TasksSlice => {
  const { state } = taskAt(slice, entry.data.id);
  if (state.status !== 'in_review') return slice;
  const { hold, claimedAt } = state;
  return setState(slice, entry, { status: 'in_progress', hold, claimedAt });
};

const cancelled = (slice: TasksSlice, entry: Of<'tasks.cancelled'>): TasksSlice => {
  const { seq, time, actor, data } = entry;
  const by = authorName(actor);
  const next = setState(slice, entry, { status: 'cancelled', reason: data.reason, by, at: time });
  if (data.holder === undefined || data.holder === actor.agent) return next;
  return withLosses(next, data.holder, [
    { task: data.id, seq, at: time, why: 'cancelled', by, reason: data.reason },
  ]);
};

const reopened = (slice: TasksSlice, entry: Of<'tasks.reopened'>): TasksSlice => {
  const { time, data } = entry;
  const wasDone = taskAt(slice, data.id).state.status === 'done';
  const next = update(slice, entry, (task) => ({
    ...task,
    state: todo,
    revision: data.revision,
    resultSeq: undefined,
    readySince: task.unmet === 0 ? time : undefined,
  }));
  return wasDone ? shiftDependents(next, data.id, { by: 1, at: time }) : next;
};

const finished = (slice: TasksSlice, entry: Of<'tasks.finished'>): TasksSlice => {
  const { seq, time, actor, data } = entry;
  const next = update(slice, entry, (task) => ({
    ...task,
    state: { status: 'done', by: authorName(actor), at: time },
    revision: data.revision,
    resultSeq: data.result === undefined ? undefined : seq,
  }));
  return shiftDependents(next, data.id, { by: -1, at: time });
};

const expired = (slice: TasksSlice, { seq, time, data }: Of<'tasks.expired'>): TasksSlice => {
  let next = slice;
  for (const { id, revision } of data.released) {
    next = setState(next, { seq, time, data: { id, revision } }, todo);
  }
  const losses = data.released.map(
    ({ id }): Loss => ({ task: id, seq, at: time, why: 'expired', by: undefined, reason: undefined }),
  );
  return withLosses(next, data.agent, losses);
};
