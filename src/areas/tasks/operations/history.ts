import { never } from '../../../kernel/assert.ts';
import type { Entry, EntryOf } from '../../../kernel/entry.ts';
import { isoTime } from '../../../kernel/instants.ts';
import type { PlanValues, TasksEvent } from '../model/events.ts';

const isOurs = (entry: Entry): entry is EntryOf<TasksEvent> => entry.type.startsWith('tasks.');

const because = (reason: string | undefined): string => (reason === undefined ? '' : `: ${reason}`);

/** What an entry did to a task, in one sentence. Long texts are named with their length; the task has them in full. */
export const historyLine = (entry: Entry, id: string): string => {
  if (!isOurs(entry)) return entry.type;
  switch (entry.type) {
    case 'tasks.added':
      return `added as "${entry.data.title}"`;
    case 'tasks.claimed': {
      const { agent, from, reason } = entry.data;
      return from === undefined
        ? `claimed by ${agent}${because(reason)}`
        : `taken over by ${agent} from ${from.agent}${because(reason)}`;
    }
    case 'tasks.edited':
      return `set ${planWords(entry.data)}`;
    case 'tasks.ticked':
      return tickWords(entry.data);
    case 'tasks.noted':
      return `noted: ${entry.data.text}`;
    case 'tasks.submitted':
      return 'asked for review';
    case 'tasks.resumed':
      return 'went on after review';
    case 'tasks.blocked':
      return `blocked${because(entry.data.reason)}`;
    case 'tasks.unblocked':
      return `unblocked${because(entry.data.reason)}`;
    case 'tasks.cancelled':
      return `cancelled${because(entry.data.reason)}`;
    case 'tasks.reopened':
      return `reopened${because(entry.data.reason)}`;
    case 'tasks.finished':
      return `finished${because(entry.data.result)}${entry.data.openItemsReason === undefined ? '' : `; items left open${because(entry.data.openItemsReason)}`}`;
    case 'tasks.released':
      return 'released';
    case 'tasks.expired':
      return `released ${id}, because the session of ${entry.data.agent} expired`;
    default:
      return never(entry);
  }
};

const tickWords = ({
  done,
  open,
}: {
  readonly done: readonly number[];
  readonly open: readonly number[];
}): string =>
  [done.length > 0 ? `ticked ${done.join(', ')}` : '', open.length > 0 ? `unticked ${open.join(', ')}` : '']
    .filter((words) => words !== '')
    .join('; ');

const planWords = (plan: PlanValues): string => {
  const {
    title,
    body,
    priority,
    labels,
    sprint,
    parent,
    dependsOn,
    requires,
    files,
    acceptance,
    due,
    links,
  } = plan;
  const words: readonly (string | undefined)[] = [
    title && `title "${title}"`,
    body === undefined ? undefined : body === null ? 'no body' : `body (${body.length} characters)`,
    priority === undefined ? undefined : `priority ${priority}`,
    listWords('labels', labels),
    sprint === undefined ? undefined : `sprint ${sprint ?? 'none'}`,
    parent === undefined ? undefined : `parent ${parent ?? 'none'}`,
    listWords('depends_on', dependsOn),
    listWords('requires', requires),
    listWords('files', files),
    acceptance && `checklist of ${acceptance.length}`,
    due === undefined ? undefined : `due ${due === null ? 'none' : isoTime(due)}`,
    listWords('links', links),
  ];
  return words.filter((word) => word !== undefined).join('; ');
};

const listWords = (name: string, list: readonly string[] | undefined): string | undefined =>
  list && `${name} ${list.length === 0 ? 'none' : list.join(', ')}`;
