import { type Rank, compareRanks } from '../../../kernel/table.ts';
import { inRankOrder } from '../model/ready.ts';
import {
  type Status,
  type Task,
  type TasksSlice,
  cancelledDependencies,
  holdIn,
  isReady,
  rankOf,
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
    : selected(candidates(slice, filter), filter, { slice, wanted });
};

interface Partitions {
  readonly order: 'ready' | 'status';
  readonly names: readonly string[];
}

/** The partitions that hold exactly what the filter lets through, if there are such. */
const partitionsFor = (slice: TasksSlice, filter: Filter): Partitions | undefined => {
  const { statuses, ready, project, ...rest } = filter;
  if (Object.values(rest).some((value) => value !== undefined)) return undefined;
  if (ready === undefined && project === undefined) return { order: 'status', names: [...statuses] };
  if (ready !== true) return undefined;
  if (!statuses.has('todo')) return { order: 'ready', names: [] };
  const names = [...slice.tasks.partitions('ready')].filter(
    (lane) => project === undefined || slice.tasks.first('ready', lane)?.project === project,
  );
  return { order: 'ready', names };
};

/** Takes the page from the orders, however many tasks there are. */
const streamed = (slice: TasksSlice, { order, names }: Partitions, { after, limit }: Wanted): Page => {
  const tasks: Task[] = [];
  let more = false;
  for (const task of inRankOrder(slice, { order, partitions: names, after })) {
    more = tasks.length === limit;
    if (more) break;
    tasks.push(task);
  }
  const total = names.reduce((sum, name) => sum + slice.tasks.count(order, name), 0);
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

/** The fewest tasks among which all that pass the filter are. */
function* candidates(slice: TasksSlice, { statuses, holder, parent }: Filter): Generator<Task> {
  if (parent !== undefined) yield* slice.tasks.scan('parent', parent);
  else if (holder !== undefined) yield* slice.tasks.scan('holder', holder);
  else for (const status of statuses) yield* slice.tasks.scan('status', status);
}

/** Goes once through all candidates and keeps the best of those behind `after`. */
const selected = (
  tasks: Iterable<Task>,
  filter: Filter,
  { slice, wanted }: { readonly slice: TasksSlice; readonly wanted: Wanted },
): Page => {
  const { sort, after, limit } = wanted;
  const place = places[sort];
  const text = filter.text?.toLowerCase();
  const best: { readonly at: Rank; readonly task: Task }[] = [];
  let total = 0;
  for (const task of tasks) {
    if (!passes(slice, filter, task) || (text !== undefined && !task.title.toLowerCase().includes(text)))
      continue;
    total += 1;
    const at = place(task);
    if (after !== undefined && compareRanks(at, after) <= 0) continue;
    const worst = best.at(-1);
    const full = best.length > limit;
    if (full && worst !== undefined && compareRanks(at, worst.at) >= 0) continue;
    best.splice(placeAmong(best, at), 0, { at, task });
    if (full) best.pop();
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

const passes = (slice: TasksSlice, filter: Filter, task: Task): boolean =>
  filter.statuses.has(task.state.status) &&
  fits(filter.project, task.project) &&
  fits(filter.sprint, task.sprint) &&
  fits(filter.parent, task.parent) &&
  (filter.holder === undefined || holdIn(task.state)?.holder === filter.holder) &&
  (filter.label === undefined || task.labels.includes(filter.label)) &&
  (filter.requires === undefined || task.requires.includes(filter.requires)) &&
  (filter.ready === undefined || isReady(task) === filter.ready) &&
  (filter.flagged === undefined || cancelledDependencies(slice, task).length > 0 === filter.flagged);

const fits = (wanted: string | undefined, is: string | undefined): boolean =>
  wanted === undefined || wanted === is;
