import { type Outcome, type Refusal, ok } from '../../../kernel/errors.ts';
import type { PlanValues } from '../model/events.ts';
import { fileConflict } from '../model/held-files.ts';
import { type ChecklistItem, type Task, type TasksSlice, holdIn, isOpen, laneKey } from '../model/task.ts';
import { distinct, refuseFreshLanes, refuseTooManyDependents, sortedSet } from './add.ts';
import { filesHeld } from './claim.ts';
import type { Board, PlanChange } from './commands.ts';
import { refuseDependencyCycle, refuseParent, resolveAll } from './references.ts';

/** The plan fields that would really be different, checked; empty when none would. */
export const changesOf = (board: Board, task: Task, plan: PlanChange): Outcome<PlanValues> => {
  const slice = board.tasks;
  const references = referencesOf(slice, task, plan);
  if (!references.ok) return references;
  const values: PlanValues = {
    ...(plan.title !== undefined && plan.title !== task.title && { title: plan.title }),
    ...(plan.priority !== undefined && plan.priority !== task.priority && { priority: plan.priority }),
    ...(plan.sprint !== undefined && plan.sprint !== (task.sprint ?? null) && { sprint: plan.sprint }),
    ...(plan.due !== undefined && plan.due !== (task.due ?? null) && { due: plan.due }),
    ...(plan.body !== undefined && { body: plan.body === '' ? null : plan.body }),
    ...(plan.links !== undefined && { links: plan.links }),
    ...changedList(task, 'labels', plan.labels && distinct(plan.labels)),
    ...changedList(task, 'requires', plan.requires && sortedSet(plan.requires)),
    ...changedList(task, 'files', plan.files && distinct(plan.files)),
    ...changedChecklist(task, plan.acceptance),
    ...references.value,
  };
  const refusal = refuseChange(board, task, values);
  return refusal ?? ok(values);
};

const changedList = <K extends 'labels' | 'requires' | 'files' | 'dependsOn'>(
  task: Task,
  member: K,
  list: readonly string[] | undefined,
): { readonly [M in K]?: readonly string[] } => {
  if (list === undefined || sameList(list, task[member])) return {};
  const changed: { [M in K]?: readonly string[] } = {};
  changed[member] = list;
  return changed;
};

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i]);

/** TA32: an item whose text stays as it was keeps its tick. */
const changedChecklist = (
  task: Task,
  texts: readonly string[] | undefined,
): Pick<PlanValues, 'acceptance'> => {
  const old = task.acceptance;
  if (
    texts === undefined ||
    sameList(
      texts,
      old.map(({ text }) => text),
    )
  )
    return {};
  const itemFor = (text: string): ChecklistItem =>
    old.find((item) => item.text === text) ?? { text, done: false };
  return { acceptance: texts.map(itemFor) };
};

const referencesOf = (
  slice: TasksSlice,
  task: Task,
  plan: PlanChange,
): Outcome<Pick<PlanValues, 'dependsOn' | 'parent'>> => {
  const scope = { task: task.id, project: task.project };
  const has = (id: string): boolean => slice.tasks.has(id);
  const dependsOn = resolveAll(has, plan.dependsOn ?? [], scope);
  if (!dependsOn.ok) return dependsOn;
  const parents = resolveAll(has, typeof plan.parent === 'string' ? [plan.parent] : [], scope);
  if (!parents.ok) return parents;
  const parent = parents.value[0] ?? null;
  return ok({
    ...(plan.parent !== undefined && parent !== (task.parent ?? null) && { parent }),
    ...changedList(task, 'dependsOn', plan.dependsOn && dependsOn.value),
  });
};

const refuseChange = (board: Board, task: Task, values: PlanValues): Refusal | undefined => {
  const slice = board.tasks;
  const { dependsOn, parent, requires } = values;
  const fresh = dependsOn?.filter((id) => !task.dependsOn.includes(id)) ?? [];
  return (
    refuseTooManyDependents(slice, new Map(fresh.map((id) => [id, 1]))) ??
    refuseDependencyCycle(slice, task.id, fresh) ??
    (typeof parent === 'string'
      ? refuseParent(task.id, parent, (id) => slice.tasks.get(id)?.parent)
      : undefined) ??
    (requires !== undefined && isOpen(task.state)
      ? refuseFreshLanes(slice, [laneKey({ project: task.project, requires })])
      : undefined) ??
    refuseHeldFiles(board, task, values.files)
  );
};

/** TA21: whoever holds a task cannot come to hold files of another's that way. */
const refuseHeldFiles = (
  board: Board,
  task: Task,
  files: readonly string[] | undefined,
): Refusal | undefined => {
  const holder = holdIn(task.state)?.holder;
  const index = board.tasks.heldFiles;
  if (files === undefined || holder === undefined || index === undefined) return undefined;
  const conflict = fileConflict(index, { agent: holder, task: task.id, files });
  return conflict && filesHeld(board, task, { candidate: task.id, ...conflict });
};
