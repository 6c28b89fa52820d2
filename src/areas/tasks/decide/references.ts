import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { ancestorsMax, cycleSearchTasksMax } from '../model/limits.ts';
import type { TasksSlice } from '../model/task.ts';
import { limitPassed, listed } from './refusals.ts';

/** TA6: the id of a task in full: a slug belongs to its project. */
export const canonicalId = (slug: string, project: string | undefined): string =>
  project === undefined ? slug : `${project}/${slug}`;

/** TA7: what a reference means for a task of this project: its own project first, then the whole board. */
const resolve = (
  has: (id: string) => boolean,
  reference: string,
  project: string | undefined,
): string | undefined => {
  const inProject = project === undefined ? undefined : canonicalId(reference, project);
  if (inProject !== undefined && has(inProject)) return inProject;
  return has(reference) ? reference : undefined;
};

/** The references in full, each once, in the order given; or which of them lead nowhere. */
export const resolveAll = (
  has: (id: string) => boolean,
  references: readonly string[],
  { task, project }: { readonly task: string; readonly project: string | undefined },
): Outcome<string[]> => {
  const found = new Set<string>();
  const missing: string[] = [];
  for (const reference of references) {
    const id = resolve(has, reference, project);
    if (id === undefined) missing.push(reference);
    else found.add(id);
  }
  return missing.length === 0 ? ok([...found]) : unknownReference(task, missing);
};

const unknownReference = (task: string, missing: readonly string[]): Refusal =>
  refuse(
    'not_found',
    `${task} would refer to what does not exist: ${listed(missing)}. Nothing was changed. Add it first or in the same call, or correct the id.`,
    { missing },
  );

const cycle = (path: readonly string[], relation: 'depends_on' | 'parent'): Refusal =>
  refuse('cycle', `${relation} would run in a circle: ${path.join(' -> ')}. Leave out one of these links.`, {
    path,
    relation,
  });

/** A sequence in which every node comes behind those that it leads to; or a circle. */
export const sortedByNeed = (
  nodes: readonly string[],
  needs: (node: string) => readonly string[],
): Outcome<string[]> => {
  const sorted: string[] = [];
  const begun = new Map<string, 'open' | 'finished'>();
  const path: string[] = [];
  const visit = (node: string): readonly string[] | undefined => {
    const mark = begun.get(node);
    if (mark === 'finished') return undefined;
    if (mark === 'open') return [...path.slice(path.indexOf(node)), node];
    begun.set(node, 'open');
    path.push(node);
    for (const next of needs(node)) {
      const circle = visit(next);
      if (circle !== undefined) return circle;
    }
    path.pop();
    begun.set(node, 'finished');
    sorted.push(node);
    return undefined;
  };
  for (const node of nodes) {
    const circle = visit(node);
    if (circle !== undefined) return cycle(circle, 'depends_on');
  }
  return ok(sorted);
};

/** TA10: whether `id` would come to wait for itself by depending on these. */
export const refuseDependencyCycle = (
  slice: TasksSlice,
  id: string,
  fresh: readonly string[],
): Refusal | undefined => {
  if (fresh.includes(id)) return cycle([id, id], 'depends_on');
  // What nothing depends on cannot be waited for.
  if ((slice.tasks.get(id)?.dependents.length ?? 0) === 0) return undefined;
  const cameFrom = new Map<string, string>(fresh.map((one) => [one, id]));
  const open = [...fresh];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of slice.tasks.get(at)?.dependsOn ?? []) {
      if (next === id) return cycle(pathBack(cameFrom, { to: at, end: id }), 'depends_on');
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, at);
      open.push(next);
    }
    if (cameFrom.size > cycleSearchTasksMax) {
      return limitPassed(
        `More than ${cycleSearchTasksMax} tasks stand before ${id}, which is the limit for checking that no circle arises. Depend on fewer tasks.`,
        cycleSearchTasksMax,
      );
    }
  }
  return undefined;
};

/** The way from `end` over the recorded steps to `to`, and back to `end`. */
const pathBack = (
  cameFrom: ReadonlyMap<string, string>,
  { to, end }: { to: string; end: string },
): string[] => {
  const path = [end];
  for (let at: string | undefined = to; at !== undefined && at !== end; at = cameFrom.get(at)) path.push(at);
  return [...path, end].toReversed();
};

/** TA10, TA12: whether `id` may stand below `parent`. `parentOf` knows new tasks as well. */
export const refuseParent = (
  id: string,
  parent: string,
  parentOf: (id: string) => string | undefined,
): Refusal | undefined => {
  const path = [id];
  for (let at: string | undefined = parent; at !== undefined; at = parentOf(at)) {
    path.push(at);
    if (at === id) return cycle(path, 'parent');
    if (path.length > ancestorsMax + 1) {
      return limitPassed(
        `${id} would stand below more than ${ancestorsMax} parents, which is the limit. Choose a parent further up.`,
        ancestorsMax,
      );
    }
  }
  return undefined;
};
