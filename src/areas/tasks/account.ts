import type { Account, HoldChange } from '../../kernel/area.ts';
import type { EntryOf } from '../../kernel/entry.ts';
import type { TasksEvent } from './model/events.ts';
import { historyLine } from './operations/history.ts';

/** What an entry did to which task, and whose hold begins or ends with it. */
export const account = (entry: EntryOf<TasksEvent>): Account => {
  if (entry.type === 'tasks.expired') {
    const { agent, session, released } = entry.data;
    return {
      refs: released.map(({ id }) => id),
      what: `released, because the session of ${agent} expired`,
      holds: released.map(({ id: ref }) => ({ ref, session, how: 'ends' })),
    };
  }
  const { id } = entry.data;
  return { refs: [id], what: historyLine(entry, id), holds: changesOf(entry) };
};

/** After which nobody holds a task. */
const ending: ReadonlySet<TasksEvent['type']> = new Set<TasksEvent['type']>([
  'tasks.released',
  'tasks.blocked',
  'tasks.cancelled',
  'tasks.finished',
]);

const changesOf = (
  entry: Exclude<EntryOf<TasksEvent>, { readonly type: 'tasks.expired' }>,
): readonly HoldChange[] => {
  if (ending.has(entry.type)) return [{ ref: entry.data.id, session: undefined, how: 'ends' }];
  if (entry.type !== 'tasks.claimed') return [];
  const { id: ref, session, from } = entry.data;
  const left: readonly HoldChange[] = from === undefined ? [] : [{ ref, session: from.session, how: 'ends' }];
  return [...left, { ref, session, how: 'begins' }];
};
