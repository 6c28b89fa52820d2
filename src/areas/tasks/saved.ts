import type { SavedRow } from '../../kernel/area.ts';
import { present } from '../../kernel/assert.ts';
import { flatten, trailOf } from '../../kernel/trail.ts';
import { type AgentLosses, type Lane, type Task, type TasksSlice, initialTasks } from './model/task.ts';

/** A task in JSON's terms: trails flat, and members without a value left out. */
interface SavedTask extends Omit<Task, 'notes' | 'trail'> {
  readonly notes: readonly number[];
  readonly trail: readonly number[];
}

type Part =
  | { readonly part: 'task'; readonly row: SavedTask }
  | { readonly part: 'lane'; readonly row: Lane }
  | { readonly part: 'losses'; readonly row: AgentLosses }
  | { readonly part: 'counted'; readonly row: number };

const parts: readonly string[] = ['task', 'lane', 'losses', 'counted'] satisfies readonly Part['part'][];

export function* save(slice: TasksSlice): Iterable<Part> {
  for (const task of slice.tasks.values()) {
    yield { part: 'task', row: { ...task, notes: flatten(task.notes), trail: flatten(task.trail) } };
  }
  for (const row of slice.lanes.values()) yield { part: 'lane', row };
  for (const row of slice.losses.values()) yield { part: 'losses', row };
  yield { part: 'counted', row: slice.counted };
}

/** The slice in bulk form, as replay goes on with it. */
export const load = (rows: Iterable<SavedRow>): TasksSlice => {
  let { tasks, lanes, losses, counted } = initialTasks;
  tasks = tasks.bulk();
  for (const saved of rows) {
    const { part, row } = present(asPart(saved), 'a snapshot holds the parts that its version writes');
    if (part === 'task') tasks = tasks.put(restored(row));
    else if (part === 'lane') lanes = lanes.put(row);
    else if (part === 'losses') losses = losses.put(row);
    else counted = row;
  }
  return { tasks, lanes: lanes.bulk(), losses: losses.bulk(), heldFiles: undefined, counted };
};

/** Every record has all members in the same order, which keeps reading them fast. */
const restored = (row: SavedTask): Task => ({
  id: row.id,
  number: row.number,
  title: row.title,
  state: row.state,
  priority: row.priority,
  labels: shared(row.labels),
  project: row.project,
  sprint: row.sprint,
  parent: row.parent,
  dependsOn: shared(row.dependsOn),
  dependents: shared(row.dependents),
  unmet: row.unmet,
  requires: shared(row.requires),
  files: shared(row.files),
  acceptance: row.acceptance.length === 0 ? none : row.acceptance,
  due: row.due,
  revision: row.revision,
  readySince: row.readySince,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  body: row.body,
  linksSeq: row.linksSeq,
  resultSeq: row.resultSeq,
  notes: trailOf(row.notes),
  trail: trailOf(row.trail),
});

const none: readonly never[] = [];

const shared = (list: readonly string[]): readonly string[] => (list.length === 0 ? none : list);

const asPart = (saved: SavedRow): Part | undefined => (isPart(saved) ? saved : undefined);

const isPart = (saved: SavedRow): saved is Part => parts.includes(saved.part);
