import { type Rank, compareRanks } from '../../../kernel/table.ts';
import { inRankOrder } from '../model/ready.ts';
import {
  type Status,
  type Task,
  type TasksSlice,
  cancelledDependencies,
  holdIn,
  isReady,
  partitionsOf,
  rankOf,
  readyPartition,
} from '../model/task.ts';

export const sorts = ['rank', 'created', 'updated', 'due', 'priority'] as const;

export type Sort = (typeof sorts)[number];

export interface Filter {
  readonly statuses: ReadonlySet<Status>;
  readonly ready?: boolean | undefined;
  readonly flagged?: boolean | undefined;
  readonly project?: string | undefined;
  readonly sprint?: string | undefined;
  readonly label?: string | undefined;
  readonly holder?: string | undefined;
  readonly requires?: string | undefined;
  readonly parent?: string | undefined;
  /** What the id begins with, in either case. */
  readonly id?: string | undefined;
  readonly text?: string | undefined;
}

export interface Wanted {
  readonly sort: Sort;
  /** The place of the last task of the page before. */
  readonly after: Rank | undefined;
  readonly limit: number;
}

export interface Page {
  readonly tasks: readonly Task[];
  readonly total: number;
  /** The place of the last task, when more follow. */
  readonly last: Rank | undefined;
}

/** More than any rank, so that priorities do not mix. */
const priorityWeight = 1e13;

/** The place of a task in a sort, counted upwards. */
const places: Readonly<Record<Sort, (task: Task) => Rank>> = {
  rank: rankOf,
  created: (task) => [-task.createdAt, -task.number],
  updated: (task) => [-task.updatedAt, -task.number],
  due: (task) => [task.due ?? Number.MAX_SAFE_INTEGER, task.number],
  priority: (task) => [task.priority * priorityWeight + rankOf(task)[0], task.number],
};

/** One page of the tasks that pass a filter. */
export const pageOf = (slice: TasksSlice, filter: Filter, wanted: Wanted): Page => {
  const partitions = partitionsFor(slice, filter);
  return partitions !== undefined && wanted.sort === 'rank'
    ? streamed(slice, partitions, wanted)
    : selected(slice, filter, wanted);
};

/** The partitions that hold exactly what the filter lets through, if there are such. */
const partitionsFor = (slice: TasksSlice, filter: Filter): readonly string[] | undefined => {
  const { statuses, ready, project, ...rest } = filter;
  if (Object.values(rest).some((value) => value !== undefined)) return undefined;
  if (ready === undefined && project === undefined) return standing(slice, statuses);
  if (ready !== true) return undefined;
  if (!statuses.has('todo')) return [];
  return [...slice.lanes.values()]
    .filter((lane) => project === undefined || lane.project === project)
    .map(({ key }) => readyPartition(key));
};

const standing = (slice: TasksSlice, statuses: Iterable<Status>): readonly string[] =>
  [...statuses].flatMap((status) => partitionsOf(slice, status));

const countIn = ({ tasks }: TasksSlice, partitions: readonly string[]): number =>
  partitions.reduce((sum, partition) => sum + tasks.count('board', partition), 0);

/** Takes the page from the orders, however many tasks there are. */
const streamed = (slice: TasksSlice, partitions: readonly string[], { after, limit }: Wanted): Page => {
  const tasks: Task[] = [];
  let more = false;
  for (const task of inRankOrder(slice, { partitions, after })) {
    more = tasks.length === limit;
    if (more) break;
    tasks.push(task);
  }
  const total = countIn(slice, partitions);
  return pageWith(tasks, { total, more, place: rankOf });
};

const pageWith = (
  tasks: readonly Task[],
  {
    total,
    more,
    place,
  }: { readonly total: number; readonly more: boolean; readonly place: (task: Task) => Rank },
): Page => {
  const last = tasks.at(-1);
  return { tasks, total, last: more && last !== undefined ? place(last) : undefined };
};

/** Where to look for all that passes the filter: among as few tasks as an order allows. */
const sourcesFor = (slice: TasksSlice, { statuses, holder, parent }: Filter): readonly Iterable<Task>[] => {
  const { tasks } = slice;
  if (parent !== undefined) return [tasks.scan('parent', parent)];
  if (holder !== undefined) return [tasks.scan('holder', holder)];
  const partitions = standing(slice, statuses);
  // Going through an order costs about three times as much for each task as going through all without one.
  return countIn(slice, partitions) * 3 > tasks.size
    ? [tasks.values()]
    : partitions.map((partition) => tasks.scan('board', partition));
};

/** Goes once through all that could pass and keeps the best of those behind `after`. */
const selected = (slice: TasksSlice, filter: Filter, { sort, after, limit }: Wanted): Page => {
  const place = places[sort];
  const passes = testFor(slice, filter);
  const best: { readonly at: Rank; readonly task: Task }[] = [];
  let total = 0;
  for (const source of sourcesFor(slice, filter)) {
    for (const task of source) {
      if (!passes(task)) continue;
      total += 1;
      const at = place(task);
      if (after !== undefined && compareRanks(at, after) <= 0) continue;
      const worst = best.at(-1);
      const full = best.length > limit;
      if (full && worst !== undefined && compareRanks(at, worst.at) >= 0) continue;
      best.splice(placeAmong(best, at), 0, { at, task });
      if (full) best.pop();
    }
  }
  const more = best.length > limit;
  return pageWith(
    best.slice(0, limit).map(({ task }) => task),
    { total, more, place },
  );
};

/** Where a rank belongs in a sorted list. */
const placeAmong = (sorted: readonly { readonly at: Rank }[], at: Rank): number => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = sorted[middle];
    if (there !== undefined && compareRanks(there.at, at) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

type Test = (task: Task) => boolean;

/** One test for all members of a filter that are given. */
const testFor = (slice: TasksSlice, filter: Filter): Test => {
  const { statuses, ready, flagged, project, sprint, label, holder, requires, parent } = filter;
  const text = filter.text?.toLowerCase();
  const id = filter.id?.toLowerCase();
  const tests: readonly (Test | undefined)[] = [
    project === undefined ? undefined : (task) => task.project === project,
    sprint === undefined ? undefined : (task) => task.sprint === sprint,
    parent === undefined ? undefined : (task) => task.parent === parent,
    holder === undefined ? undefined : (task) => holdIn(task.state)?.holder === holder,
    label === undefined ? undefined : (task) => task.labels.includes(label),
    requires === undefined ? undefined : (task) => task.requires.includes(requires),
    ready === undefined ? undefined : (task) => isReady(task) === ready,
    flagged === undefined ? undefined : (task) => cancelledDependencies(slice, task).length > 0 === flagged,
    id === undefined ? undefined : (task) => task.id.toLowerCase().startsWith(id),
    text === undefined ? undefined : (task) => task.title.toLowerCase().includes(text),
  ];
  const given = tests.filter((test) => test !== undefined);
  return (task) => statuses.has(task.state.status) && given.every((test) => test(task));
};
