import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import type { Added } from '../model/events.ts';
import { dependentsMax, lanesMax, tasksMax, tasksPerAddMax } from '../model/limits.ts';
import { type TasksSlice, laneKey } from '../model/task.ts';
import type { AddCommand, Board, NewTask, TasksDecision } from './commands.ts';
import { canonicalId, refuseParent, resolveAll, sortedByNeed } from './references.ts';
import { limitPassed } from './refusals.ts';

const priorityDefault = 3;

/** A new task that has its id and its references in full. */
interface Draft extends Added {
  readonly dependsOn: readonly string[];
  readonly requires: readonly string[];
}

export const add = ({ tasks: slice }: Board, command: AddCommand): TasksDecision => {
  const tooMany = refuseTooMany(slice, command.tasks.length);
  if (tooMany !== undefined) return tooMany;
  const named = nameAll(slice, command.tasks);
  if (!named.ok) return named;
  const drafts = new Map<string, Draft>();
  const has = (id: string): boolean => named.value.has(id) || slice.tasks.has(id);
  for (const [id, { task, number }] of named.value) {
    const draft = draftOf(has, task, { id, number });
    if (!draft.ok) return draft;
    drafts.set(id, draft.value);
  }
  const refusal =
    refuseParents(slice, drafts) ?? refuseLanes(slice, drafts) ?? refuseDependents(slice, drafts);
  if (refusal !== undefined) return refusal;
  // Dependencies are written first, so that each entry finds there what it depends on.
  const sorted = sortedByNeed(
    [...drafts.keys()],
    (id) => drafts.get(id)?.dependsOn.filter((one) => drafts.has(one)) ?? [],
  );
  if (!sorted.ok) return sorted;
  return ok(
    sorted.value
      .flatMap((id) => drafts.get(id) ?? [])
      .map((draft) => ({ type: 'tasks.added', data: lean(draft) })),
  );
};

const refuseTooMany = (slice: TasksSlice, count: number): Refusal | undefined => {
  if (count > tasksPerAddMax) {
    return limitPassed(
      `${count} tasks in one call; the limit is ${tasksPerAddMax}. Add the rest in further calls.`,
      tasksPerAddMax,
    );
  }
  return slice.tasks.size + count > tasksMax
    ? limitPassed(
        `The board has ${slice.tasks.size} tasks, and the limit is ${tasksMax}. Use another workspace.`,
        tasksMax,
      )
    : undefined;
};

interface Named {
  readonly task: NewTask;
  readonly number: number;
}

/** TA5, TA6: every task gets its number and its id. */
const nameAll = (slice: TasksSlice, tasks: readonly NewTask[]): Outcome<ReadonlyMap<string, Named>> => {
  const named = new Map<string, Named>();
  for (const [i, task] of tasks.entries()) {
    const number = slice.counted + 1 + i;
    const id = task.slug === undefined ? `T-${number}` : canonicalId(task.slug, task.project);
    if (named.has(id) || slice.tasks.has(id)) return taken(id, named.has(id));
    named.set(id, { task, number });
  }
  return ok(named);
};

const taken = (id: string, twice: boolean): Refusal =>
  refuse(
    'exists',
    twice
      ? `The call names two tasks ${id}. Nothing was added. Give each its own slug.`
      : `A task ${id} exists already. Nothing was added. Change it with task_update, or choose another slug.`,
    { task: id },
  );

const draftOf = (
  has: (id: string) => boolean,
  task: NewTask,
  { id, number }: { readonly id: string; readonly number: number },
): Outcome<Draft> => {
  const scope = { task: id, project: task.project };
  const dependsOn = resolveAll(has, task.dependsOn ?? [], scope);
  if (!dependsOn.ok) return dependsOn;
  const parents = resolveAll(has, task.parent === undefined ? [] : [task.parent], scope);
  if (!parents.ok) return parents;
  const [parent] = parents.value;
  const { title, body, project, sprint, due } = task;
  return ok({
    id,
    number,
    title,
    priority: task.priority ?? priorityDefault,
    dependsOn: dependsOn.value,
    requires: sortedSet(task.requires ?? []),
    labels: distinct(task.labels ?? []),
    files: distinct(task.files ?? []),
    acceptance: task.acceptance ?? [],
    links: task.links ?? [],
    ...(body !== undefined && body !== '' && { body }),
    ...(project !== undefined && { project }),
    ...(sprint !== undefined && { sprint }),
    ...(parent !== undefined && { parent }),
    ...(due !== undefined && { due }),
  });
};

export const distinct = (list: readonly string[]): string[] => [...new Set(list)];

export const sortedSet = (list: readonly string[]): string[] => distinct(list).toSorted();

/** Without its empty lists, which need no room in the journal. */
const lean = (draft: Draft): Added => {
  const { labels, dependsOn, requires, files, acceptance, links, ...rest } = draft;
  return {
    ...rest,
    ...some({ labels }),
    ...some({ dependsOn }),
    ...some({ requires }),
    ...some({ files }),
    ...some({ acceptance }),
    ...some({ links }),
  };
};

const some = <T extends Readonly<Record<string, readonly string[] | undefined>>>(one: T): Partial<T> =>
  Object.values(one).some((list) => list !== undefined && list.length > 0) ? one : {};

const refuseParents = (slice: TasksSlice, drafts: ReadonlyMap<string, Draft>): Refusal | undefined => {
  const parentOf = (id: string): string | undefined => (drafts.get(id) ?? slice.tasks.get(id))?.parent;
  for (const { id, parent } of drafts.values()) {
    const refusal = parent === undefined ? undefined : refuseParent(id, parent, parentOf);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
};

const refuseLanes = (slice: TasksSlice, drafts: ReadonlyMap<string, Draft>): Refusal | undefined =>
  refuseFreshLanes(
    slice,
    [...drafts.values()].map(({ project, requires }) => laneKey({ project, requires })),
  );

/** TA16: a lane more costs every best-ready search a little, so their number has a limit. */
export const refuseFreshLanes = (slice: TasksSlice, keys: readonly string[]): Refusal | undefined => {
  const fresh = new Set(keys.filter((key) => !slice.lanes.has(key)));
  return slice.lanes.size + fresh.size > lanesMax
    ? limitPassed(
        `The open tasks would have more than ${lanesMax} distinct combinations of project and requires, which is the limit. Use combinations that exist, or labels instead.`,
        lanesMax,
      )
    : undefined;
};

const refuseDependents = (slice: TasksSlice, drafts: ReadonlyMap<string, Draft>): Refusal | undefined => {
  const counts = new Map<string, number>();
  for (const { dependsOn } of drafts.values()) {
    for (const id of dependsOn) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return refuseTooManyDependents(slice, counts);
};

/** TA11 */
export const refuseTooManyDependents = (
  slice: TasksSlice,
  more: ReadonlyMap<string, number>,
): Refusal | undefined => {
  for (const [id, count] of more) {
    if ((slice.tasks.get(id)?.dependents.length ?? 0) + count > dependentsMax) {
      return limitPassed(
        `More than ${dependentsMax} tasks would depend on ${id}, which is the limit. Put a task in between.`,
        dependentsMax,
      );
    }
  }
  return undefined;
};
